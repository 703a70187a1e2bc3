"""What ``Directory`` and ``CardHost`` promise, kept by the embedded adapters and by the bank's core alike."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.backends.core_houses import Bank, bank_on

from aldaba.crypto.digests import Secret
from aldaba.domain.customer import Customer, CustomerType, ElectronicBanking
from aldaba.domain.recovery import certified_phone
from aldaba.domain.refusals import BackendFailed
from aldaba.service.lookup_digests import card_digests, phone_digests
from aldaba.service.personal import personal_data
from aldaba.service.records import open_phone

NUMBER, COMPANY = "15000010", "15000022"
CARD, LOCKED_CARD, NOBODYS_CARD = "5204164299999992", "4111111111111111", "5204164299999984"
NIP = Secret("1234")

Story = Callable[[Bank], Awaitable[None]]


@pytest.fixture(params=["embedded", "core"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def tell(kind: str, story: Story) -> None:
    async def told() -> None:
        async with bank_on(kind) as bank:
            await story(bank)

    asyncio.run(told())


async def person(bank: Bank) -> Customer:
    customer = await bank.directory.by_number(NUMBER)
    assert customer is not None
    return customer


def plain(customer: Customer | None) -> Customer | None:
    """Without what only one of the adapters has: NIPs here, tokens of the card host there."""
    if customer is None:
        return None
    phones = tuple(replace(phone, sealed="") for phone in customer.phones)
    cards = tuple(replace(card, nip=None, reference=None, earlier=()) for card in customer.cards)
    return replace(customer, phones=phones, cards=cards)


def test_a_customer_is_found_by_number(kind: str) -> None:
    async def story(bank: Bank) -> None:
        customer = await person(bank)
        assert (customer.customer_id, customer.name) == (NUMBER, "ARTURO HERNANDEZ RAMIREZ")
        assert (customer.type, customer.electronic_banking) == (
            CustomerType.INDIVIDUAL,
            ElectronicBanking.ACTIVE,
        )
        assert (customer.black_listed, customer.terms_accepted) == (False, True)
        assert (customer.registration_status, customer.email) == ("1", "arturo@example.com")

    tell(kind, story)


def test_a_company_has_its_representatives_and_phones_their_dates(kind: str) -> None:
    async def story(bank: Bank) -> None:
        company = await bank.directory.by_number(COMPANY)
        assert company is not None
        assert [(each.id, each.name) for each in company.representatives] == [
            ("1", "ROSA LUNA"),
            ("2", "RAUL SOTO"),
        ]
        assert company.phones[0].certified_at == datetime(2026, 3, 1, 16, 30, tzinfo=UTC)
        assert company.email is None

    tell(kind, story)


def test_a_customer_is_found_by_card(kind: str) -> None:
    async def story(bank: Bank) -> None:
        assert plain(await bank.directory.by_card(CARD)) == plain(await person(bank))
        company = await bank.directory.by_card(LOCKED_CARD)
        assert company is not None
        assert company.customer_id == COMPANY

    tell(kind, story)


def test_nobody_is_found_by_an_unknown_number_or_card(kind: str) -> None:
    async def story(bank: Bank) -> None:
        assert await bank.directory.by_number("15000099") is None
        assert await bank.directory.by_card(NOBODYS_CARD) is None

    tell(kind, story)


def test_both_adapters_hand_out_the_same_customers() -> None:
    async def found() -> list[Customer | None]:
        async with bank_on("embedded") as here, bank_on("core") as there:
            there.house.vault.ring = here.house.vault.ring
            asked = [
                bank.directory.by_number(number) for number in (NUMBER, COMPANY) for bank in (here, there)
            ]
            return [plain(await one) for one in asked]

    person_here, person_there, company_here, company_there = asyncio.run(found())
    assert person_here == person_there
    assert company_here == company_there


def test_phone_and_card_prove_and_secrets_are_judged_as_ever(kind: str) -> None:
    async def story(bank: Bank) -> None:
        ring, customer = bank.house.vault.ring, await person(bank)
        phone = certified_phone(customer)
        assert phone is not None
        assert phone.best
        assert open_phone(ring, phone.sealed) == "5556093218"
        assert phone.digest == phone_digests(ring, "+52", "5556093218").current
        assert customer.cards[0].digest == card_digests(ring, CARD).current
        assert (customer.cards[0].last4, customer.cards[0].expires) == ("9992", "0530")
        personal = personal_data(ring, customer, "")
        assert personal.is_tail("56093218")
        assert personal.is_tail("99999992")
        assert not personal.is_tail("12345678")

    tell(kind, story)


def test_an_ended_session_is_told(kind: str) -> None:
    tell(kind, lambda bank: bank.directory.session_ended(NUMBER))


def test_only_the_cards_own_nip_verifies(kind: str) -> None:
    async def story(bank: Bank) -> None:
        (card,) = (await person(bank)).cards
        assert await bank.cards.verify(card, NIP)
        for wrong in ("4321", "", "12345", "١٢٣٤", "nip"):
            assert not await bank.cards.verify(card, Secret(wrong))

    tell(kind, story)


def test_no_card_and_a_card_without_nip_never_verify(kind: str) -> None:
    async def story(bank: Bank) -> None:
        (card,) = (await person(bank)).cards
        for nip in (NIP, Secret("0000")):
            assert not await bank.cards.verify(None, nip)
            assert not await bank.cards.verify(replace(card, nip=None, reference=None), nip)

    tell(kind, story)


FAILURES = [
    ("embedded", "down", False),
    ("embedded", "communication", True),
    ("core", "down", False),
    ("core", "slow", False),
    ("core", "drip", False),
    ("core", "drop", False),
    ("core", "garbage", False),
    ("core", "communication", True),
]


@pytest.mark.parametrize(("kind", "mode", "communication"), FAILURES)
def test_every_call_fails_as_a_backend_fails_and_works_again_afterwards(
    kind: str, mode: str, *, communication: bool
) -> None:
    async def story(bank: Bank) -> None:
        (card,) = (await person(bank)).cards
        calls: list[Callable[[], Awaitable[object]]] = [
            lambda: bank.directory.by_number(NUMBER),
            lambda: bank.directory.by_number("15000099"),
            lambda: bank.directory.by_card(CARD),
            lambda: bank.directory.session_ended(NUMBER),
            lambda: bank.cards.verify(card, NIP),
            # Failing tells no more of a card that there is than of one that there is not.
            lambda: bank.cards.verify(None, NIP),
        ]
        bank.switch(mode)
        for call in calls:
            with pytest.raises(BackendFailed) as failed:
                await call()
            assert failed.value.communication is communication
            assert failed.value.__cause__ is None
        bank.switch("ok")
        assert plain(await person(bank)) == plain(await bank.directory.by_card(CARD))
        assert await bank.cards.verify(card, NIP)

    tell(kind, story)
