"""After the same history, a customer nobody knows answers and costs what a known one does."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import OpenBank
from tests.races.counted_house import Counted, counted
from tests.uniform.histories import ACTION, NUMBERS, Seen, action_of, played, unknown

from aldaba.domain.identifiers import luhn_valid
from aldaba.domain.profile import LoginAction
from aldaba.service.records import decoy_number


def wrong(factor: str, times: int) -> list[str]:
    return [factor] * times


HISTORIES = [
    *(["prelogin", *wrong("password", times), "prelogin"] for times in range(7)),
    *(["prelogin v2", *wrong("pin", times), "prelogin v2"] for times in range(7)),
    [
        "prelogin",
        "password",
        "prelogin",
        "password",
        "pin",
        "prelogin",
        "password",
        "pin",
        "password",
        "password",
    ],
    [*wrong("password", 6), "prelogin", "password"],
    [*wrong("pin", 3), "prelogin", *wrong("pin", 3), "new session", "prelogin", "pin"],
    ["prelogin", *wrong("password", 5), "later 3600", "prelogin", "password"],
    ["prelogin", *wrong("password", 5), "later 50400", "prelogin", "password"],
    ["prelogin", *wrong("password", 5), "later 86401", "prelogin", "password", "prelogin"],
    ["prelogin", *wrong("password", 4), "later 11", "prelogin", "password", "prelogin"],
    ["recovery", "password", "recovery", *wrong("password", 5), "recovery", "prelogin"],
    # Ten in the morning and fifteen hours: the bank's midnight lies between.
    ["prelogin", *wrong("password", 3), "later 54000", "prelogin", *wrong("password", 2), "prelogin"],
    ["prelogin", *wrong("pin", 4), "later 54000", "pin", "prelogin v2", "password"],
    # The third day lock of a month is no longer one of a day.
    [*[*wrong("password", 5), "later 90000"] * 3, "prelogin", "password", "later 90000", "prelogin"],
]


async def known(house: Counted, **line: Any) -> str:
    """A customer of the directory, fresh, with PIN and password."""
    number = str(next(NUMBERS))
    record = {
        "customerId": number,
        "name": "ROSA MARTINEZ LOPEZ",
        "customerType": 1551,
        "electronicBanking": "active",
        "access": {"pin": "30203021", "password": "mobile20x"},
    } | line
    report = await house.house.customer_import.import_lines([json.dumps(record).encode()], actor="test")
    assert report.refused == ()
    return number


def card() -> str:
    body = f"5204164{next(NUMBERS)}"
    return next(body + digit for digit in "0123456789" if luhn_valid(body + digit))


def unknown_card(house: Counted) -> tuple[str, str]:
    """A card nobody has, and the number it pretends to belong to."""
    while True:
        number = card()
        imagined = decoy_number(house.house.vault.keyring(), number)
        if action_of(house, imagined) is ACTION:
            return number, imagined


def assert_same(one: list[Seen], other: list[Seen]) -> None:
    differing = [(mine, theirs) for mine, theirs in zip(one, other, strict=True) if mine != theirs]
    assert differing == []
    assert all(seen.looks == (0 if seen.step.startswith(("prelogin", "recovery")) else 1) for seen in one)


@pytest.fixture
def running(open_bank: OpenBank) -> "Iterator[tuple[asyncio.Runner, Counted]]":
    """A counted house on a loop that is kept, its bank at ten in the morning."""
    with asyncio.Runner() as runner:
        opened = open_bank(**{"policy.session.idle_seconds": "1200"})
        bank = runner.run(opened.__aenter__())
        manager = counted(bank)
        house = runner.run(manager.__aenter__())
        runner.run(house.morning())
        yield runner, house
        runner.run(manager.__aexit__(None, None, None))
        runner.run(opened.__aexit__(None, None, None))


def test_the_same_history_ends_in_the_same_bytes_at_the_same_cost(
    running: tuple[asyncio.Runner, Counted],
) -> None:
    runner, house = running

    async def story() -> None:
        for history in HISTORIES:
            assert_same(
                await played(house, unknown(house), history), await played(house, await known(house), history)
            )
            await house.morning()

    runner.run(story())


def test_without_a_prelogin_a_known_customer_without_profile_is_nobody(
    running: tuple[asyncio.Runner, Counted],
) -> None:
    runner, house = running

    async def story() -> None:
        number = await known(house)
        history = [*wrong("password", 2), "password", *wrong("password", 3)]
        assert_same(await played(house, unknown(house), history), await played(house, number, history))
        # Not even the right password of a profile that does not exist yet helps, nor does it tell.
        fresh = await known(house)
        front = await house.bank.ready()
        assert (await front.login(fresh, "mobile20x")).json()["code"] == "6666"

    runner.run(story())


def test_a_decoy_with_a_pin_only_is_like_a_customer_with_a_pin_only(
    running: tuple[asyncio.Runner, Counted],
) -> None:
    runner, house = running

    async def story() -> None:
        for factor in ("pin", "password"):
            history = ["prelogin", *wrong(factor, 4), "prelogin", *wrong(factor, 2), "prelogin"]
            real = await known(house, access={"pin": "30203021"})
            assert_same(
                await played(house, unknown(house, LoginAction.PIN), history),
                await played(house, real, history),
            )

    runner.run(story())


@pytest.mark.parametrize("line", [{"access": {"pin": "30203021"}}, {"access": {}}])
def test_a_password_that_was_never_set_costs_and_answers_what_a_wrong_one_does(
    running: tuple[asyncio.Runner, Counted], line: dict[str, Any]
) -> None:
    runner, house = running

    async def story() -> None:
        history = wrong("password", 6)
        number = await known(house, **line)
        front = await house.bank.ready()
        await front.prelogin(number)
        assert_same(await played(house, unknown(house), history), await played(house, number, history))

    runner.run(story())


@pytest.mark.parametrize("kind", ["D", "S", "I"])
def test_a_lock_costs_a_verification_like_any_refusal(
    running: tuple[asyncio.Runner, Counted], kind: str
) -> None:
    runner, house = running

    async def story() -> None:
        number = await known(house, access={"pin": "30203021", "password": "mobile20x", "locked": kind})
        other = unknown(house)
        await played(house, other, ["prelogin", *wrong("password", 5)])
        history = ["prelogin", *wrong("password", 3)]
        assert_same(await played(house, other, history), await played(house, number, history))
        assert house.hasher.real == []

    runner.run(story())


def test_cards_and_their_decoys_are_one(running: tuple[asyncio.Runner, Counted]) -> None:
    runner, house = running

    async def story() -> None:
        for times in (0, 1, 5, 6):
            (decoy, imagined), real = unknown_card(house), card()
            number = await known(house, cards=[{"number": real, "expires": "1230", "nip": "1234"}])
            front = await house.bank.ready()
            shown = (await front.prelogin(decoy)).json()
            assert await login_id(house, decoy) == imagined
            history = ["prelogin", *wrong("password", times), "prelogin"]
            assert_same(
                await played(house, decoy, history, imagined), await played(house, real, history, number)
            )
            # The number a card leads to leads to the same person when it is asked for itself.
            again = (await (await house.bank.ready()).prelogin(imagined)).json()
            assert again["ccsId"] == shown["ccsId"]
            assert again["maskedCustomerName"] == shown["maskedCustomerName"]

    runner.run(story())


async def login_id(house: Counted, name: str) -> str:
    """The number behind a name, opened from the answer as a front end does."""
    front = await house.bank.ready()
    headers = front.headers()
    sealed = front.seal(headers, "prelogin_v1", "encryptedUserId", name)
    answer = await front.call("prelogin_v1", {"encryptedUserId": sealed}, headers=headers)
    assert front.keys is not None
    aad = (
        "response",
        "/v1/x-global/security/login/validate",
        headers["sid"],
        headers["uuid"],
        "encryptedLoginId",
    )
    return front.keys.open(answer.json()["encryptedLoginId"], aad)


def test_a_representative_nobody_has_is_like_one_that_somebody_is(
    running: tuple[asyncio.Runner, Counted],
) -> None:
    runner, house = running

    async def story() -> None:
        people = [
            {
                "id": number,
                "name": "ELENA TORRES DIAZ",
                "access": {"pin": "30203021", "password": "mobile20x"},
            }
            for number in ("1", "2")
        ]
        for times in (0, 2, 5, 6):
            company = await known(house, customerType=1506, access={}, legalRepresentatives=people)
            person = await known(house)
            history = ["prelogin", *wrong("password", times), "prelogin"]
            real = await played(house, f"{company}-2", history)
            for nobody in (company, person, str(next(NUMBERS))):
                wanted = [f"{nobody}-{n}" for n in range(3, 99) if action_of(house, nobody, str(n)) is ACTION]
                assert_same(real, await played(house, wanted[0], history))

    runner.run(story())


STEPS = st.sampled_from(
    ["password", "pin", "prelogin", "prelogin v2", "recovery", "new session", "later 60", "later 600"]
)


def test_any_history_at_all_tells_nothing(running: tuple[asyncio.Runner, Counted]) -> None:
    runner, house = running

    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(STEPS, min_size=1, max_size=14))
    def told(history: list[str]) -> None:
        async def story() -> None:
            await house.morning()
            other = await played(house, unknown(house), history)
            await house.morning()
            assert_same(other, await played(house, await known(house), history))

        runner.run(story())

    told()
