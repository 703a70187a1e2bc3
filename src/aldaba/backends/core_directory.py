"""The bank's core as customer directory, over HTTP (docs/backends.md)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from aldaba.backends.core_records import Rings, read_customer
from aldaba.backends.http import BackendClient
from aldaba.crypto.digests import equal
from aldaba.domain.customer import Customer
from aldaba.service.import_reading import BadLine
from aldaba.service.ports import Store
from aldaba.service.records import card_digest


class CoreDirectory:
    """Implements ``Directory``. ``own`` is the store whose import handed credentials over to this house.

    Those (``access`` of customer and representatives, NIPs of cards) are added to what the core answers; the
    rest of an imported row is not looked at.
    """

    def __init__(self, core: BackendClient, rings: Rings, own: Store | None = None) -> None:
        self._core = core
        self._rings = rings
        self._own = own

    async def by_number(self, customer_id: str) -> Customer | None:
        # Looked up in either case, so that a known number costs what an unknown one costs.
        own = await self._handed_over(customer_id)
        path = f"/customers/{quote(customer_id, safe='')}"
        customer = self._read(await self._core.ask("GET", path, idempotent=True))
        if customer is not None and customer.customer_id != customer_id:
            raise self._core.failed("answer is about another customer")
        return None if customer is None else _with_own(customer, own)

    async def by_card(self, card_number: str) -> Customer | None:
        asked = {"cardNumber": card_number}
        customer = self._read(await self._core.ask("POST", "/customers/by-card", asked, idempotent=True))
        if customer is None:
            return None
        digest = card_digest(self._rings(), card_number)
        if not any(equal(card.digest, digest) for card in customer.cards):
            raise self._core.failed("answer is about a customer without that card")
        return _with_own(customer, await self._handed_over(customer.customer_id))

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


def _with_own(customer: Customer, own: Customer | None) -> Customer:
    """The core's customer with the credentials this house was handed over."""
    if own is None:
        return customer
    accesses = {person.id: person.access for person in own.representatives}
    card_pins = {card.digest: card.nip for card in own.cards}
    return replace(
        customer,
        access=own.access,
        representatives=tuple(
            replace(person, access=accesses.get(person.id)) for person in customer.representatives
        ),
        cards=tuple(replace(card, nip=card_pins.get(card.digest)) for card in customer.cards),
    )
