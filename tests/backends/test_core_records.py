"""An answer of the core is read strictly, kept sealed, and believed only about the customer asked for."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.backends.core_houses import client_of
from tests.backends.core_stub import COMPANY, PERSON, Core, core_stub
from tests.service.importing import HASH, NUMBER, House, card, record

from aldaba.backends.core_directory import CoreDirectory
from aldaba.backends.core_records import CoreCard, read_customer
from aldaba.crypto.keyring import KeyName, Keyring
from aldaba.domain.customer import Customer
from aldaba.domain.refusals import BackendFailed
from aldaba.service.import_reading import BadLine

RING = Keyring.generate(KeyName, os.urandom, now_id="k1")
CARD = "5204164299999992"


def changed(part: str, **changes: Any) -> dict[str, Any]:
    """The person with one phone or card changed."""
    return {**PERSON, part: [{**PERSON[part][0], **changes}]}


def without(answer: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != name}


@pytest.mark.parametrize("name", PERSON)
def test_every_member_must_be_there(name: str) -> None:
    with pytest.raises(BadLine):
        read_customer(without(PERSON, name), RING)


@pytest.mark.parametrize("name", ["certified", "best", "certifiedAt", "number", "countryCode"])
def test_every_member_of_a_phone_must_be_there(name: str) -> None:
    with pytest.raises(BadLine):
        read_customer({**PERSON, "phones": [without(PERSON["phones"][0], name)]}, RING)


@pytest.mark.parametrize(
    "answer",
    [
        {**PERSON, "customerId": 15000010},
        {**PERSON, "customerId": "15000010-2"},
        {**PERSON, "customerType": 1500},
        {**PERSON, "customerType": "1551"},
        {**PERSON, "electronicBanking": "yes"},
        {**PERSON, "blackListed": "false"},
        {**PERSON, "blackListed": None},
        {**PERSON, "name": " "},
        {**PERSON, "name": "\ud800"},
        {**PERSON, "email": "nobody"},
        {**PERSON, "mobileBanking": {"registrationStatus": "9"}},
        {**PERSON, "legalRepresentatives": COMPANY["legalRepresentatives"]},
        {**PERSON, "phones": PERSON["phones"] * 2},
        {**PERSON, "cards": PERSON["cards"] * 2},
        changed("phones", number="123"),
        changed("phones", certifiedAt="2026-03-01T10:30:00"),
        changed("cards", number="52041642"),
        changed("cards", expires="1330"),
        changed("cards", status="new"),
        changed("cards", cardToken=""),
        changed("cards", cardToken="a b"),
        changed("cards", cardToken="x" * 129),
    ],
)
def test_what_is_not_documented_is_refused_without_a_word_of_it(answer: dict[str, Any]) -> None:
    with pytest.raises(BadLine) as refused:
        read_customer(answer, RING)
    told = refused.value.reason
    assert not any(value in told for value in (CARD, "5556093218", "52041642", "a b", "nobody"))


def test_members_nobody_knows_are_passed_over() -> None:
    plain = read_customer(PERSON, RING)
    more = {**PERSON, "segment": "gold", "access": {"pinHash": HASH}, "token": None}
    assert read_customer(more, RING) == plain
    assert read_customer(changed("cards", nip="1234", nipHash=HASH), RING).cards[0].nip is None


def test_the_same_answer_is_read_to_the_same_customer() -> None:
    assert read_customer(PERSON, RING) == read_customer(PERSON, RING)
    other = Keyring.generate(KeyName, os.urandom, now_id="k2")
    assert read_customer(PERSON, RING) != read_customer(PERSON, other)


def test_no_number_of_a_card_or_phone_is_left_in_what_is_read() -> None:
    shown = repr(read_customer(PERSON, RING))
    assert CARD not in shown
    assert "5556093218" not in shown
    assert CARD not in repr(CoreCard(number=CARD, expires="0530", status="active"))


def test_a_card_token_may_be_left_out() -> None:
    cards = [without(PERSON["cards"][0], "cardToken")]
    assert read_customer({**PERSON, "cards": cards}, RING).cards[0].reference is None
    assert read_customer(PERSON, RING).cards[0].reference == "ct-6f1d0c9a"


Ask = Callable[[CoreDirectory], Awaitable[Customer | None]]


def asked(
    core: Core, ask: Ask, house: House | None = None
) -> tuple[Customer | BackendFailed | None, list[str]]:
    async def story(url_of: Any) -> tuple[Customer | BackendFailed | None, list[str]]:
        client, seen = client_of(url_of, budget_seconds=3.0)
        own = None if house is None else house.store
        rings = (lambda: RING) if house is None else house.vault.keyring
        answer: Customer | BackendFailed | None
        try:
            answer = await ask(CoreDirectory(client, rings, own))
        except BackendFailed as failed:
            answer = failed
        await client.close()
        return answer, [failure.why for failure in seen]

    with core_stub(core) as stub:
        return asyncio.run(story(stub))


def test_an_answer_about_somebody_else_is_a_failure() -> None:
    class Confused(Core):
        def answer(self, _: object) -> tuple[int, dict[str, Any] | None]:
            return 200, COMPANY

    for ask, why in (
        (lambda core: core.by_number(NUMBER), "answer is about another customer"),
        (lambda core: core.by_card(CARD), "answer is about a customer without that card"),
    ):
        failed, causes = asked(Confused(), ask)
        assert isinstance(failed, BackendFailed)
        assert causes == [why]


def test_an_answer_of_the_wrong_shape_is_a_failure_that_is_noted_without_values() -> None:
    core = Core(customers=[changed("phones", number="99887")])
    failed, causes = asked(core, lambda directory: directory.by_number(NUMBER))
    assert isinstance(failed, BackendFailed)
    assert not failed.communication
    assert causes == ["answer: phones[0].number: not ten digits"]


def test_a_number_cannot_lead_elsewhere() -> None:
    core = Core()
    asked(core, lambda directory: directory.by_number("../sessions/ended?x=1"))
    assert core.asked[0].path == "/customers/..%2Fsessions%2Fended%3Fx%3D1"


def test_a_card_number_stands_in_no_address() -> None:
    core = Core()
    asked(core, lambda directory: directory.by_card(CARD))
    assert core.asked[0].path == "/customers/by-card"
    assert core.asked[0].body == {"cardNumber": CARD}


def test_credentials_that_an_import_handed_over_stay_good() -> None:
    house = House()
    handed = record(name="AN OLD NAME", blackListed=True, cards=[card()], access={"pinHash": HASH})
    report = asyncio.run(house.take(handed))
    assert report.accepted == 1, report
    stored = asyncio.run(house.known())
    for ask in (lambda core: core.by_number(NUMBER), lambda core: core.by_card(CARD)):
        customer, _ = asked(Core(), ask, house)
        assert isinstance(customer, Customer)
        assert customer.access == stored.access
        assert customer.access is not None
        assert customer.cards[0].nip == stored.cards[0].nip
        assert customer.cards[0].reference == "ct-6f1d0c9a"
        assert (customer.name, customer.black_listed) == ("ARTURO HERNANDEZ RAMIREZ", False)


def test_a_row_alone_makes_no_customer() -> None:
    house = House()
    asyncio.run(house.take(record()))
    assert asked(Core(customers=[]), lambda core: core.by_number(NUMBER), house) == (None, [])


def test_representatives_keep_what_they_were_handed() -> None:
    house = House()
    people = [{"id": "1", "name": "ROSA", "access": {"pinHash": HASH}}, {"id": "3", "name": "GONE"}]
    line = {"customerId": "15000022", "name": "ACEROS", "customerType": 1506, "legalRepresentatives": people}
    report = asyncio.run(house.take(line))
    assert report.accepted == 1, report
    company, _ = asked(Core(), lambda core: core.by_number("15000022"), house)
    assert isinstance(company, Customer)
    assert [(each.id, each.access is not None) for each in company.representatives] == [
        ("1", True),
        ("2", False),
    ]
