"""Stands between a house and its Valkey, and cuts the line at a script: before it runs, or after."""

import asyncio
from collections import Counter
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit

from aldaba.store.redis.server import script

CHUNK = 65_536


class CuttingProxy:
    """An address to give a house as ``redis.url``; ``async with`` opens and closes it."""

    def __init__(self, url: str) -> None:
        self._port = urlsplit(url).port
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self._sha = b""
        self._skipped = 0
        self._ran = False
        self.cuts: Counter[str] = Counter()
        """How often the line was cut, by script."""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"redis://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/0"

    def cut(self, name: str, *, ran: bool, nth: int = 1) -> None:
        """Once, at the so-manieth next call of the script; ``ran``: only its answer is lost."""
        self._name, self._sha, self._ran, self._skipped = name, script(name).sha.encode(), ran, nth - 1

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        with suppress(OSError, asyncio.CancelledError):
            await self._between(reader, writer)
        writer.close()

    async def _between(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            # One command at a time: that is how a pooled connection is used.
            while asked := await reader.read(CHUNK):
                cutting = self._cuts(asked)
                if cutting and not self._ran:
                    return
                back.write(asked)
                await back.drain()
                answer = await there.read(CHUNK)
                if cutting:
                    return
                writer.write(answer)
                await writer.drain()
        finally:
            back.close()

    def _cuts(self, asked: bytes) -> bool:
        if not self._sha or self._sha not in asked:
            return False
        if self._skipped:
            self._skipped -= 1
            return False
        self._sha = b""
        self.cuts[self._name] += 1
        return True
