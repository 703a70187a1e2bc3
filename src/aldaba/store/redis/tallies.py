"""Short counters in Valkey or Redis: a flush forgets them, and a house is none the worse for it."""

from datetime import datetime

from aldaba.store.redis.rows import life
from aldaba.store.redis.server import RedisServer, script
from aldaba.store.sql.values import milliseconds

_COUNT = script("count")


class RedisTallies:
    """Implements ``Tallies``, one script each."""

    def __init__(self, server: RedisServer) -> None:
        self._server = server

    async def count(self, name: str, ends_at: datetime, now: datetime, by: int = 1) -> int:
        times = milliseconds(ends_at), milliseconds(now), life(ends_at, now)
        return int(
            await self._server.call(_COUNT, lambda era: [f"aldaba:{era}:count:{{{name}}}"], by, *times)
        )
