"""Turns at one session within this process: many at once wait in line, and do not ask the server for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """First come, first served, by handle. Only spares work: the server's locks and versions decide."""

    def __init__(self) -> None:
        self._lines: dict[str, asyncio.Lock] = {}
        self._lengths: dict[str, int] = {}

    @asynccontextmanager
    async def of(self, handle: str) -> AsyncIterator[None]:
        line = self._lines.setdefault(handle, asyncio.Lock())
        self._lengths[handle] = self._lengths.get(handle, 0) + 1
        try:
            async with line:
                yield
        finally:
            self._lengths[handle] -= 1
            if not self._lengths[handle]:
                del self._lines[handle], self._lengths[handle]
