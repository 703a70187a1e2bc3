"""The embedded customer directory: the customers this house imported, asked through its own store."""

from collections.abc import Callable

from aldaba.crypto.keyring import Keyring
from aldaba.domain.customer import Customer
from aldaba.service.lookup_digests import card_digests, is_current, tail_digests
from aldaba.service.ports import Store
from aldaba.service.redigesting import Anew, FoundEarlier


class EmbeddedDirectory:
    """Implements ``Directory``; ``rings`` hands out the ring whose peppers digest card numbers.

    ``earlier`` is told of a card that was found under an earlier pepper, with what its digests become.
    """

    def __init__(
        self,
        store: Store,
        rings: Callable[[], Keyring],
        earlier: FoundEarlier = lambda _customer_id, _digest, _anew: None,
    ) -> None:
        self._store, self._rings, self._earlier = store, rings, earlier

    async def by_number(self, customer_id: str) -> Customer | None:
        return await self._store.read(lambda transaction: transaction.customers.find(customer_id))

    async def by_card(self, card_number: str) -> Customer | None:
        keyring = self._rings()
        digests = card_digests(keyring, card_number)
        customer = await self._store.read(lambda transaction: transaction.customers.by_card(digests.all))
        if customer is None:
            return None
        for card in customer.cards:
            if card.digest in digests.earlier and not is_current(card.digest, keyring):
                anew = Anew(digests.current, tail_digests(keyring, card_number).current)
                self._earlier(customer.customer_id, card.digest, anew)
        return customer

    async def session_ended(self, customer_id: str) -> None:
        """Nobody else is to be told: there is no core behind this directory."""
