"""The bank's core as customer directory, over HTTP (docs/backends.md)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from aldaba.backends.core_records import Rings, read_customer
from aldaba.backends.http import BackendClient
from aldaba.domain.customer import Card, Customer
from aldaba.service.import_reading import BadLine
from aldaba.service.lookup_digests import card_digests, is_current
from aldaba.service.ports import Store
from aldaba.service.redigesting import Anew, FoundEarlier


class CoreDirectory:
    """Implements ``Directory``. ``own`` is the store whose import handed credentials over to this house.

    Those (``access`` of customer and representatives, NIPs of cards) are added to what the core answers; the
    rest of an imported row is not looked at. ``earlier`` is told of a card whose NIP is kept under an earlier
    pepper, with what its digests become.
    """

    def __init__(
        self,
        core: BackendClient,
        rings: Rings,
        own: Store | None = None,
        earlier: FoundEarlier = lambda _customer_id, _digest, _anew: None,
    ) -> None:
        self._core, self._rings, self._own, self._earlier = core, rings, own, earlier

    async def by_number(self, customer_id: str) -> Customer | None:
        # Looked up in either case, so that a known number costs what an unknown one costs.
        own = await self._handed_over(customer_id)
        path = f"/customers/{quote(customer_id, safe='')}"
        customer = self._read(await self._core.ask("GET", path, idempotent=True))
        if customer is not None and customer.customer_id != customer_id:
            raise self._core.failed("answer is about another customer")
        return None if customer is None else self._with_own(customer, own)

    async def by_card(self, card_number: str) -> Customer | None:
        asked = {"cardNumber": card_number}
        customer = self._read(await self._core.ask("POST", "/customers/by-card", asked, idempotent=True))
        if customer is None:
            return None
        digests = card_digests(self._rings(), card_number)
        if not any(digests.names(card.digest) for card in customer.cards):
            raise self._core.failed("answer is about a customer without that card")
        return self._with_own(customer, await self._handed_over(customer.customer_id))

    async def session_ended(self, customer_id: str) -> None:
        await self._core.ask("POST", "/sessions/ended", {"customerId": customer_id}, idempotent=True)

    def _read(self, answer: Mapping[str, Any] | None) -> Customer | None:
        try:
            return None if answer is None else read_customer(answer, self._rings())
        except BadLine as bad:
            raise self._core.failed(f"answer: {bad.reason}") from None

    async def _handed_over(self, customer_id: str) -> Customer | None:
        if self._own is None:
            return None
        return await self._own.read(lambda query: query.customers.find(customer_id))

    def _with_own(self, customer: Customer, own: Customer | None) -> Customer:
        """The core's customer with the credentials this house was handed over."""
        if own is None:
            return customer
        accesses = {person.id: person.access for person in own.representatives}
        return replace(
            customer,
            access=own.access,
            representatives=tuple(
                replace(person, access=accesses.get(person.id)) for person in customer.representatives
            ),
            cards=tuple(self._with_own_pin(card, own) for card in customer.cards),
        )

    def _with_own_pin(self, card: Card, own: Customer) -> Card:
        """The card with the NIP handed over, under the digest that NIP is sealed by."""
        digests = (card.digest, *card.earlier)
        kept = next((each for digest in digests for each in own.cards if each.digest == digest), None)
        if kept is None:
            return card
        if not is_current(kept.digest, self._rings()):
            self._earlier(own.customer_id, kept.digest, Anew(card.digest, card.tail_digest))
        return replace(card, digest=kept.digest, nip=kept.nip, earlier=digests)
