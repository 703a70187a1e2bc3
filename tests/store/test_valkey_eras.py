"""A Valkey server that was started again: what was asked under the run before is answered by nobody."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from tests.store.houses import NOON, ring, wait
from tests.store.samples import SESSION
from tests.valkey_server import Valkey

from aldaba.domain.refusals import HouseUnavailable
from aldaba.store.redis.rows import Rows
from aldaba.store.redis.server import RedisServer

MANY = 8
UNTIL = NOON + timedelta(hours=1)


@pytest.fixture
def server() -> Iterator[Valkey]:
    server = Valkey()
    yield server
    server.close()


@pytest.fixture
def rows(server: Valkey) -> Iterator[Rows]:
    redis = RedisServer(server.url)
    yield Rows(redis, ring, os.urandom)
    wait(redis.close())


Asked = Callable[[Rows, int], Awaitable[object]]
ASKED: dict[str, Asked] = {
    "claims": lambda rows, number: rows.claim(f"request {number}", UNTIL, NOON),
    "looks": lambda rows, _: rows.find(SESSION.handle),
}


@pytest.mark.parametrize("what", ASKED)
def test_no_connection_of_many_serves_under_the_run_before(server: Valkey, rows: Rows, what: str) -> None:
    """The first of them learns that the server is another; the others are back at the same moment."""

    async def asked(number: int) -> str:
        try:
            await ASKED[what](rows, number)
        except HouseUnavailable:
            return "refused"
        return "answered"

    async def at_once(first: int) -> set[str]:
        return set(await asyncio.gather(*(asked(first + number) for number in range(MANY))))

    async def story() -> None:
        assert await at_once(0) == {"answered"}
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)
        # They find the server another; then they are served again.
        rounds = [(await at_once(first), server.keys()) for first in range(MANY, 5 * MANY, MANY)]
        assert rounds[0] == ({"refused"}, [])
        assert rounds[-1][0] == {"answered"}
        for answers, keys in rounds:
            assert answers == {"answered"} or (answers, keys) == ({"refused"}, [])

    wait(story())


def test_after_the_first_answer_no_kept_connection_of_the_run_before_costs_another(
    server: Valkey, rows: Rows
) -> None:
    async def story() -> None:
        await asyncio.gather(*(rows.claim(f"request {number}", UNTIL, NOON) for number in range(MANY)))
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)
        for number in range(MANY, 2 * MANY):
            with suppress(HouseUnavailable):
                await rows.claim(f"request {number}", UNTIL, NOON)
                break
        again = range(2 * MANY, 3 * MANY)
        assert all(await asyncio.gather(*(rows.claim(f"request {number}", UNTIL, NOON) for number in again)))

    wait(story())
