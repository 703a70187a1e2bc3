"""Two nodes on one PostgreSQL are one bank: whatever node a request comes to, and however many at once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import httpx
import pytest
from tests.conftest import Bank, bank_in
from tests.databases import database_settings
from tests.front_end import FrontEnd

from aldaba.sandbox.bank import phone_number
from aldaba.service.records import ccs_id_of

CUSTOMER, PIN, PASSWORD = "15000030", "30203021", "mobile20x"
FIVE = [f"150000{n}" for n in (24, 25, 26, 27, 28)]
WITHIN_SECONDS = 1.0


class TakingTurns(httpx.AsyncBaseTransport):
    """A load balancer that remembers nobody."""

    def __init__(self, *nodes: Bank) -> None:
        self._nodes = cycle(nodes)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await next(self._nodes).http._transport.handle_async_request(request)


@dataclass(slots=True)
class Pair:
    one: Bank
    other: Bank
    balanced: httpx.AsyncClient

    async def ready(self) -> FrontEnd:
        chosen = self.one.front_end()
        return await FrontEnd(self.balanced, chosen.client_id, chosen.client_secret).ready()

    async def identified(self, customer: str = CUSTOMER) -> FrontEnd:
        front = await self.ready()
        assert (await front.prelogin(customer)).status_code == 200
        return front


@pytest.fixture
def settings(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    with database_settings("postgres", request) as settings:
        yield settings


@asynccontextmanager
async def two_nodes(folder: Path, settings: dict[str, str]) -> AsyncIterator[Pair]:
    async with bank_in(folder, settings) as one, bank_in(folder, settings) as other:
        transport = TakingTurns(one, other)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as balanced:
            yield Pair(one, other, balanced)


def codes(answers: list[httpx.Response]) -> Counter[str]:
    return Counter(
        answer.json()["code"] if answer.status_code >= 400 else str(answer.status_code) for answer in answers
    )


def test_a_story_is_told_by_both_in_turn(tmp_path: Path, settings: dict[str, str]) -> None:
    async def story() -> None:
        async with two_nodes(tmp_path, settings) as pair:
            front = await pair.identified()
            assert (await front.login(CUSTOMER, PASSWORD)).status_code == 200
            assert (await (await pair.identified()).login(CUSTOMER, PASSWORD)).json()["code"] == "8008"
            assert (await front.challenge()).status_code == 200
            assert (await front.logout()).status_code == 204
            again = await pair.identified()
            assert (await again.login(CUSTOMER, PASSWORD)).status_code == 200

    asyncio.run(story())


def test_wrong_pins_at_once_to_both_get_no_more_looks_than_to_one(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    async def story() -> None:
        async with two_nodes(tmp_path, settings) as pair:
            fronts = [await pair.identified() for _ in range(4)]
            guesses = [fronts[n % 4].login(CUSTOMER, f"4{n:07}", "pin") for n in range(60)]
            found = codes(await asyncio.gather(*guesses))
            assert (found["6666"], found["6666"] + found["8006"]) == (4, 60)
            assert (await fronts[0].login(CUSTOMER, PIN, "pin")).json()["code"] == "8006"
            ccs_id = ccs_id_of(pair.one.house.vault.keyring(), CUSTOMER, "")
            profile = await pair.other.house.store.read(lambda query: query.profiles.find(ccs_id))
            assert profile is not None
            assert profile.pin.guard.lock is not None
            assert (profile.pin.guard.failures, profile.pin.guard.pending) == (5, ())

    asyncio.run(story())


def test_right_passwords_at_once_to_both_open_one_session(tmp_path: Path, settings: dict[str, str]) -> None:
    async def story() -> None:
        async with two_nodes(tmp_path, settings) as pair:
            fronts = [await pair.identified() for _ in range(12)]
            found = codes(await asyncio.gather(*(front.login(CUSTOMER, PASSWORD) for front in fronts)))
            assert found["200"] == 1
            assert set(found) <= {"200", "8008", "8006"}

    asyncio.run(story())


def test_a_request_id_is_good_once_whichever_node_it_comes_to(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    async def story() -> None:
        async with two_nodes(tmp_path, settings) as pair:
            front = await pair.ready()
            headers = front.headers()
            asked = [front.call("retrieve_public_key", headers=headers) for _ in range(8)]
            found = Counter(answer.status_code for answer in await asyncio.gather(*asked))
            assert found == {200: 1, 400: 7}

    asyncio.run(story())


def test_what_one_node_changes_the_other_sees_within_a_second(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    async def story() -> None:
        async with two_nodes(tmp_path, settings) as pair:
            front = await pair.other.ready()
            await pair.one.advance("P1D")
            await pair.one.house.supply.rotate_if_due()
            await pair.one.house.administration.registration.disable(front.client_id, "an operator")
            await asyncio.sleep(WITHIN_SECONDS)
            ahead = pair.one.house.clock() - pair.other.house.clock()
            assert abs(ahead.total_seconds()) < 60
            keys = [await bank.house.supply.current() for bank in (pair.one, pair.other)]
            assert keys[0].key_id == keys[1].key_id
            answers = [await front.call("retrieve_public_key") for _ in range(2)]
            assert {answer.status_code for answer in answers} == {401}

    asyncio.run(story())


def test_a_notice_is_told_once(tmp_path: Path, settings: dict[str, str]) -> None:
    async def story() -> None:
        async with two_nodes(tmp_path, settings) as pair:
            for customer in FIVE:
                front = await pair.identified(customer)
                for attempt in range(5):
                    await front.login(customer, f"malo{attempt}clave")
            store = pair.one.house.store
            while await store.read(lambda query: query.notices.due(pair.one.house.clock(), 1)):
                await asyncio.gather(
                    *(bank.house.notices.work_once(bank.house.clock()) for bank in (pair.one, pair.other))
                )
            # What a node's own background work has taken may still be on its way.
            await asyncio.sleep(0.2)
            told = [await pair.one.front_end().messages(f"+52{phone_number(customer)}") for customer in FIVE]
            assert [len(messages) for messages in told] == [1] * 5

    asyncio.run(story())


def test_the_audit_of_both_is_one_chain(tmp_path: Path, settings: dict[str, str]) -> None:
    async def story() -> None:
        async with two_nodes(tmp_path, settings) as pair:
            fronts = [await pair.identified() for _ in range(6)]
            await asyncio.gather(*(front.login(CUSTOMER, f"malo{n}clave") for n, front in enumerate(fronts)))
            await asyncio.gather(*(bank.house.audit.seal() for bank in (pair.one, pair.other)))
            await pair.one.house.audit.seal()
            report = await pair.other.house.audit.verify()
            assert report.intact, report.damages
            assert report.linked > 6

    asyncio.run(story())
