"""Decoys: the same after a restart, bounded in number, gone with the day, never in a customer's way."""

import asyncio
import json
import statistics
import time

from tests.conftest import Bank, OpenBank
from tests.front_end import FrontEnd
from tests.races.counted_house import Counted, counted
from tests.store.houses import raw
from tests.uniform.histories import unknown

from aldaba.domain.profile import AccessProfile
from aldaba.sandbox.bank import card_number
from aldaba.service.records import decoy_number
from aldaba.store.sql.transaction import SqlTransaction

PASSWORD = "mobile20x"
DRAWN = ("ccsId", "maskedCustomerName", "registrationStatus", "nextLoginActionCode")


async def prelogin(bank: Bank, name: str) -> dict[str, object]:
    body = (await (await bank.ready()).prelogin(name)).json()
    return {key: body[key] for key in DRAWN}


async def guess(bank: Bank, name: str, times: int = 1) -> list[str]:
    front = await bank.ready()
    return [(await front.login(name, f"malo{n:05}x")).json()["code"] for n in range(times)]


def decoys(house: Counted) -> list[AccessProfile]:
    """Every decoy that has a row, found by what it is kept under."""

    def query(transaction: SqlTransaction) -> list[str]:
        rows = raw(transaction).execute("SELECT ccs_id FROM profiles WHERE expires_at IS NOT NULL")
        return [row[0] for row in rows]

    found = []
    for ccs_id in house.house.store.read_blocking(query):
        profile = house.house.store.read_blocking(lambda it, named=ccs_id: it.profiles.find(named))  # type: ignore[misc]  # no type is inferred for a lambda with a default
        if profile is not None:
            found.append(profile)
    return found


def test_a_decoy_says_the_same_after_a_restart_and_its_lock_stands(open_bank: OpenBank) -> None:
    names = ["77000001", "77000002-3", card_number("77000003"), "77000004"]

    async def first() -> list[dict[str, object]]:
        async with open_bank() as bank:
            shown = [await prelogin(bank, name) for name in names]
            assert shown == [await prelogin(bank, name) for name in names]
            assert (await guess(bank, "77000004", 5))[-1] == "8006"
            return shown

    async def again() -> list[dict[str, object]]:
        async with open_bank() as bank:
            assert await guess(bank, "77000004") == ["8006"]
            return [await prelogin(bank, name) for name in names[:-1]]

    before, after = asyncio.run(first()), asyncio.run(again())
    assert before[:-1] == after
    assert len({str(shown["ccsId"]) for shown in before}) == len(names)


def test_an_application_brings_about_so_many_decoys_a_day_and_then_they_share_buckets(
    open_bank: OpenBank,
) -> None:
    async def story() -> None:
        few = {"policy.decoy.per_application_and_day": "5", "policy.decoy.shared_buckets": "2"}
        async with open_bank(**few) as opened, counted(opened) as house:
            await house.morning()
            for number in range(77_000_100, 77_000_105):
                assert await guess(house.bank, str(number)) == ["6666"]
            assert len(decoys(house)) == 5
            codes = [await guess(house.bank, str(number)) for number in range(77_000_200, 77_000_240)]
            assert len(decoys(house)) <= 5 + 2
            # Guessing over many numbers locks the buckets; a prelogin shows what a login then says.
            assert codes[-1] == ["8006"]
            assert (await prelogin(house.bank, "77000241"))["nextLoginActionCode"] in {1, 2, 4}
            for name in [unknown(house) for _ in range(4)]:
                locked = await guess(house.bank, name) == ["8006"]
                assert ((await prelogin(house.bank, name))["nextLoginActionCode"] == 4) is locked
            # Those with a row of their own keep their own count, and customers are untouched.
            assert await guess(house.bank, "77000100", 3) == ["6666"] * 3
            front = await house.bank.ready()
            assert (await front.login("15000030", PASSWORD)).json()["code"] in {"6666", "8006"}
            await front.prelogin("15000030")
            assert (await front.login("15000030", PASSWORD)).status_code == 200

    asyncio.run(story())


def test_the_rows_of_decoys_are_gone_when_day_locks_count_no_more(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as opened, counted(opened) as house:
            await house.morning()
            await guess(house.bank, "77000300", 2)
            await guess(house.bank, "77000301", 5)
            assert len(decoys(house)) == 2
            await opened.advance("P29D")
            await house.house.sessions.sweep(house.house.clock())
            assert len(decoys(house)) == 2
            await opened.advance("P2D")
            await house.house.sessions.sweep(house.house.clock())
            assert decoys(house) == []
            assert await guess(house.bank, "77000301") == ["6666"]

    asyncio.run(story())


def test_a_session_that_began_with_a_decoy_never_touches_the_customer_who_has_come_since(
    open_bank: OpenBank,
) -> None:
    async def story() -> None:
        async with open_bank() as opened, counted(opened) as house:
            early = await house.bank.ready()
            assert (await early.prelogin("77000400")).status_code == 200
            await imported(house, "77000400")
            honest = await signed_in(house, "77000400")
            for n in range(7):
                answer = await early.login("77000400", f"malo{n:05}x")
                assert answer.status_code == 401
            profile = house.profile("77000400")
            assert profile is not None
            assert not profile.decoy
            assert profile.live_session is not None
            assert (await honest.logout()).status_code == 204
            assert (await signed_in(house, "77000400")).sid is not None

    asyncio.run(story())


def test_the_number_an_unknown_card_pretends_to_have_is_nobodys(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as opened, counted(opened) as house:
            card = card_number("77000003")
            wanted = decoy_number(house.house.vault.keyring(), card)
            await imported(house, wanted)
            await (await signed_in(house, wanted)).logout()
            front = await house.bank.ready()
            shown = (await front.prelogin(card)).json()
            owner = await prelogin(house.bank, wanted)
            assert shown["ccsId"] != owner["ccsId"]
            for n in range(6):
                await front.login(wanted, f"malo{n:05}x")
            assert (await signed_in(house, wanted)).sid is not None

    asyncio.run(story())


async def imported(house: Counted, number: str) -> None:
    line = {
        "customerId": number,
        "name": "ROSA MARTINEZ LOPEZ",
        "customerType": 1551,
        "electronicBanking": "active",
        "access": {"password": PASSWORD, "pin": "30203021"},
    }
    report = await house.house.customer_import.import_lines([json.dumps(line).encode()], actor="test")
    assert report.refused == ()


async def signed_in(house: Counted, number: str) -> FrontEnd:
    front = await house.bank.ready()
    await front.prelogin(number)
    answer = await front.login(number, PASSWORD)
    assert answer.status_code == 200, answer.text
    return front


def test_a_wrong_password_takes_the_same_time_for_somebody_and_for_nobody(open_bank: OpenBank) -> None:
    async def story() -> None:
        # Dear enough that a verification left out would show, and limits high enough that nothing locks.
        limits = {"policy.lockout.failures": "100", "policy.lockout.ceiling": "100"}
        async with open_bank(**{"policy.hash.memory_kib": "4096"}, **limits) as opened:
            names = [("15000030", "77000500"), ("15000029", "77000501")]
            taken: tuple[list[float], list[float]] = ([], [])
            for pair in names:
                fronts = [await opened.ready(), await opened.ready()]
                for front, name in zip(fronts, pair, strict=True):
                    assert (await front.prelogin(name)).status_code == 200
                for n in range(90):
                    for front, name, times in zip(fronts, pair, taken, strict=True):
                        began = time.perf_counter()
                        answer = await front.login(name, f"malo{n:05}x")
                        times.append(time.perf_counter() - began)
                        assert answer.json()["code"] == "6666"
            somebody, nobody = (statistics.median(times) for times in taken)
            assert 0.75 < somebody / nobody < 1.33

    asyncio.run(story())
