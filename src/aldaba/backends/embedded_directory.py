"""The embedded customer directory: the customers this house imported, asked through its own store."""

from collections.abc import Callable

from aldaba.crypto.keyring import Keyring
from aldaba.domain.customer import Customer
from aldaba.service.ports import Store
from aldaba.service.records import card_digest


class EmbeddedDirectory:
    """Implements ``Directory``; ``pepper`` hands out the ring whose pepper digests card numbers."""

    def __init__(self, store: Store, pepper: Callable[[], Keyring]) -> None:
        self._store = store
        self._pepper = pepper

    async def by_number(self, customer_id: str) -> Customer | None:
        return await self._store.read(lambda transaction: transaction.customers.find(customer_id))

    async def by_card(self, card_number: str) -> Customer | None:
        digest = card_digest(self._pepper(), card_number)
        return await self._store.read(lambda transaction: transaction.customers.by_card(digest))

    async def session_ended(self, customer_id: str) -> None:
        """Nobody else is to be told: there is no core behind this directory."""
