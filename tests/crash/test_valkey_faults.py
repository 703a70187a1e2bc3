"""Valkey flushed, killed, frozen or set back in the middle of stories: nothing fails open."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial

import httpx
import pytest
from tests.conftest import Bank, OpenBank
from tests.races.ledger import Ledger
from tests.recovery_front_end import (
    NEW_PASSWORD,
    Recovering,
    customer_line,
    done,
    entered,
    identified,
    imported,
    introspected,
    shown,
    told,
    with_code,
    wrong_code,
)
from tests.scorecard.card import Card
from tests.valkey_server import Valkey

from aldaba.sandbox.bank import PASSWORD

CUSTOMER = "15000010"
AWAY = "500 serverUnavailable fatal"
BACK_SECONDS = 5.0


@pytest.fixture
def server() -> Iterator[Valkey]:
    """A Valkey of the test's own, which it may maltreat."""
    server = Valkey()
    yield server
    server.close()


@asynccontextmanager
async def opened(open_bank: OpenBank, server: Valkey) -> AsyncIterator[Bank]:
    async with open_bank(**{"redis.url": server.url}) as bank:
        yield bank


async def back_again(bank: Bank) -> None:
    """The first session opened since the server is back; it must come soon."""
    front = bank.front_end()
    await front.sign_in()
    back = time.monotonic()
    while (await front.call("retrieve_public_key")).status_code != 200:
        assert time.monotonic() - back < BACK_SECONDS
        await asyncio.sleep(0.05)


async def out(front: Recovering) -> None:
    """The session is gone, and the answer says so as it always does."""
    answer = await front.status(CUSTOMER)
    assert (answer.status_code, answer.json()["location"]) == (401, "sid")


def test_a_flush_ends_every_session_and_nothing_else(open_bank: OpenBank, server: Valkey) -> None:
    async def story() -> None:
        async with opened(open_bank, server) as bank:
            front = await entered(bank, CUSTOMER)
            server.flush()
            await out(front)
            done(await (await entered(bank, CUSTOMER)).logout())

    asyncio.run(story())


def test_a_request_without_a_session_is_not_accepted_again_after_a_flush(
    open_bank: OpenBank, server: Valkey
) -> None:
    async def story() -> None:
        async with opened(open_bank, server) as bank:
            front = bank.front_end()
            await front.sign_in()
            headers = front.headers()
            done(await front.call("retrieve_public_key", headers=headers))
            server.flush()
            again = await front.call("retrieve_public_key", headers=headers)
            assert (again.status_code, again.json()["location"]) == (400, "uuid")

    asyncio.run(story())


def test_guesses_are_counted_over_every_flush(open_bank: OpenBank, server: Valkey, card: Card) -> None:
    async def story() -> None:
        async with opened(open_bank, server) as bank:
            limit = bank.house.policy.lockout.failures
            for _ in range(limit + 2):
                front = await identified(bank, CUSTOMER)
                assert (await front.login(CUSTOMER, "wrong20x")).status_code != 200
                server.flush()
            profile = Ledger(bank).profile(CUSTOMER)
            assert profile.password.guard.lock is not None
            told = (
                f"failures counted of {limit + 2} wrong passwords, Valkey flushed after each, until the lock"
            )
            card.exactly("Durability", told, limit, profile.failures)
            front = await identified(bank, CUSTOMER)
            assert (await front.login(CUSTOMER, PASSWORD)).status_code != 200

    asyncio.run(story())


def test_a_code_dies_with_its_session_and_its_tries_stay_counted(open_bank: OpenBank, server: Valkey) -> None:
    async def story() -> None:
        async with opened(open_bank, server) as bank:
            ledger = Ledger(bank)
            front, code = await with_code(bank, CUSTOMER)
            assert (await front.new_access(wrong_code(code), NEW_PASSWORD)).status_code == 401
            before = ledger.codes(CUSTOMER)
            server.flush()
            assert (await front.new_access(code, NEW_PASSWORD)).status_code == 401
            assert ledger.codes(CUSTOMER) == before == 1
            fresh, other = await with_code(bank, CUSTOMER)
            assert (await fresh.new_access(wrong_code(other), NEW_PASSWORD)).status_code == 401
            assert ledger.codes(CUSTOMER) == 2

    asyncio.run(story())


def test_a_challenge_dies_with_its_session(open_bank: OpenBank, server: Valkey) -> None:
    async def story() -> None:
        async with opened(open_bank, server) as bank:
            front = await entered(bank, CUSTOMER)
            question = await front.question()
            response = await shown(bank, CUSTOMER, question)
            server.flush()
            assert (await front.respond(question, response)).status_code == 401
            fresh = await entered(bank, CUSTOMER)
            assert told(await fresh.respond(question, response)).startswith("422")

    asyncio.run(story())


def test_a_server_set_back_to_an_older_snapshot_brings_no_session_back(
    open_bank: OpenBank, server: Valkey
) -> None:
    async def story() -> None:
        async with opened(open_bank, server) as bank:
            front = await entered(bank, CUSTOMER)
            await asyncio.to_thread(server.keep)
            done(await front.logout())
            server.kill()
            server.start()
            assert server.keys()
            for _ in range(3):
                assert (await introspected(front)) != {"active": True}
                assert (await front.status(CUSTOMER)).status_code in {401, 500}
            await out(front)

    asyncio.run(story())


async def _customer_at_work(bank: Bank, number: str, seen: Counter[str], ends: float) -> None:
    """In and out, again and again; every answer is noted."""
    while time.monotonic() < ends:
        front = bank.front_end()
        await front.sign_in()
        steps: tuple[Callable[[], Awaitable[httpx.Response]], ...] = (
            front.exchange,
            partial(front.prelogin, number),
            partial(front.login, number, "mobile20x"),
            front.logout,
        )
        for step in steps:
            try:
                answer = await step()
            except KeyError:
                seen["no key told"] += 1  # the front end found an error where the key should be
                break
            seen[told(answer)] += 1
            if answer.status_code >= 400:
                await asyncio.sleep(0.02)
                break


def test_killed_under_load_it_costs_nobody_anything(open_bank: OpenBank, server: Valkey, card: Card) -> None:
    rounds = card.either(2, 40)
    numbers = [f"7200000{n}" for n in range(6)]

    async def story() -> None:
        async with opened(open_bank, server) as bank:
            await imported(bank, *(customer_line(number) for number in numbers))
            seen: Counter[str] = Counter()
            ends = time.monotonic() + 2.0 * rounds
            work = [asyncio.create_task(_customer_at_work(bank, each, seen, ends)) for each in numbers]
            for each in range(rounds):
                card.progress(each, rounds, "kills of Valkey")
                await asyncio.sleep(0.6)
                await asyncio.to_thread(server.kill)
                await asyncio.sleep(0.4)
                await asyncio.to_thread(server.start)
            await asyncio.gather(*work)
            assert seen[AWAY]
            allowed = {"200", "204", AWAY, "no key told"}
            assert {each for each in seen if each not in allowed and not each.startswith("401")} == set()
            charged = sum(Ledger(bank).profile(number).failures for number in numbers)
            told = f"failures charged to customers with the right password, Valkey killed {rounds} times"
            card.exactly("Durability", f"{told}, {seen.total()} answers", 0, charged)
            for number in numbers:
                assert Ledger(bank).profile(number).password.guard.lock is None
                done(await (await entered(bank, number)).logout())

    asyncio.run(story())


@pytest.mark.parametrize("fault", ["killed", "frozen"])
def test_the_first_success_comes_soon_after_it_is_back(
    open_bank: OpenBank, server: Valkey, fault: str
) -> None:
    async def story() -> None:
        async with opened(open_bank, server) as bank:
            done(await (await entered(bank, CUSTOMER)).logout())
            await asyncio.to_thread(server.kill if fault == "killed" else server.freeze)
            front = bank.front_end()
            await front.sign_in()
            for _ in range(2):
                began = time.monotonic()
                assert told(await front.call("retrieve_public_key")) == AWAY
                assert time.monotonic() - began < 9
            ready = await bank.http.get("/health/ready")
            assert (ready.status_code, ready.json()["checks"]["sessions"]) == (503, "unavailable")
            assert (await bank.http.get("/health/live")).status_code == 200
            await asyncio.to_thread(server.start if fault == "killed" else server.thaw)
            await back_again(bank)
            done(await (await entered(bank, CUSTOMER)).logout())
            assert (await bank.http.get("/health/ready")).status_code == 200

    asyncio.run(story())


def test_an_answered_change_of_password_outlives_everything(open_bank: OpenBank, server: Valkey) -> None:
    async def story() -> None:
        async with opened(open_bank, server) as bank:
            front, code = await with_code(bank, CUSTOMER)
            done(await front.new_access(code, NEW_PASSWORD))
            server.kill()
            server.start()
            await back_again(bank)
            assert (await front.new_access(code, "puente77rojo")).status_code in {401, 422}
            done(await (await entered(bank, CUSTOMER, NEW_PASSWORD)).logout())

    asyncio.run(story())
