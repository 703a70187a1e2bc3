"""Short counters in Valkey or Redis: a flush forgets them, and a house is none the worse for it."""

from datetime import datetime

from aldaba.domain.quotas import Sliding
from aldaba.store.redis.rows import life
from aldaba.store.redis.server import RedisServer, script
from aldaba.store.sql.values import milliseconds

_COUNT = script("count")
_SLIDE = script("slide")


class RedisTallies:
    """Implements ``Tallies``, one script each."""

    def __init__(self, server: RedisServer) -> None:
        self._server = server

    async def count(self, name: str, ends_at: datetime, now: datetime, by: int = 1) -> int:
        times = milliseconds(ends_at), milliseconds(now), life(ends_at, now)
        return int(
            await self._server.call(_COUNT, lambda era: [f"aldaba:{era}:count:{{{name}}}"], by, *times)
        )

    async def slide(self, window: Sliding, now: datetime, by: int = 1) -> float:
        numbers = window.number, window.number - 1
        present, before = await self._server.call(
            _SLIDE,
            lambda era: [f"aldaba:{era}:slide:{{{window.series}}}:{number}" for number in numbers],
            by,
            life(window.kept_until, now),
        )
        return window.figure(int(present), int(before))
