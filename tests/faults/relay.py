"""Stands between the nodes and a part of theirs: a clean line, until it is made a slow one that breaks."""

import asyncio
import random
import socket
import struct
import threading
from contextlib import suppress
from typing import Self

CHUNK = 65_536
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of no seconds: closing tells the other side that the connection was reset."""


class Relay:
    """Listens on a loopback port, in a thread of its own; ``with`` opens and closes it."""

    def __init__(self, part: str | int, *, seed: int = 1) -> None:
        """``part`` is a socket's path, or a loopback port."""
        self._part = part
        self._chance = random.Random(seed)  # noqa: S311 - a drawn order, the same every time
        self._delay, self._resets = 0.0, 0.0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._open: set[asyncio.Task[None]] = set()
        self.port = 0
        self.resets = 0
        """How many connections it has broken."""

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def worsen(self, delay: float, resets: float) -> None:
        """Each message comes so many seconds late, and so often the connection is reset in its place."""
        self._delay, self._resets = delay, resets

    def mend(self) -> None:
        self.worsen(0.0, 0.0)

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._accepted, "127.0.0.1", 0)

    async def _end(self) -> None:
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        with suppress(OSError, asyncio.CancelledError):
            await self._between(reader, writer)
        writer.close()

    async def _between(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await self._onward()
        ways = [asyncio.create_task(self._asked(reader, back)), asyncio.create_task(_answered(there, writer))]
        try:
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            if ways[0] in done and not ways[0].exception() and ways[0].result():
                for side in (writer, back):
                    _to_be_reset(side)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            back.close()

    async def _onward(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._part, str):
            return await asyncio.open_unix_connection(self._part)
        return await asyncio.open_connection("127.0.0.1", self._part)

    async def _asked(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Hand on what is asked; whether it ended by a reset, before a message went on or just after."""
        while asked := await reader.read(CHUNK):
            if self._delay:
                await asyncio.sleep(self._delay)
            reset = self._chance.random() < self._resets
            if not reset or self._chance.random() < 0.5:
                writer.write(asked)
                await writer.drain()
            if reset:
                self.resets += 1
                return True
        return False


async def _answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while answer := await reader.read(CHUNK):
        writer.write(answer)
        await writer.drain()


def _to_be_reset(side: asyncio.StreamWriter) -> None:
    with suppress(OSError):  # a socket in the file system knows no reset
        side.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
