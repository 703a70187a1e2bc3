"""A gateway that takes messages by HTTP, small enough to misbehave on demand."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.backends.delivery.serving import serving


@dataclass(frozen=True, slots=True)
class Received:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """A well-formed answer of status and body; or ``raw`` as it is, and the connection closed."""

    status: int = 200
    body: bytes = b""
    headers: tuple[str, ...] = ()
    raw: bytes | None = None

    def octets(self) -> bytes:
        if self.raw is not None:
            return self.raw
        lines = (f"HTTP/1.1 {self.status} x", f"Content-Length: {len(self.body)}", *self.headers)
        return "\r\n".join((*lines, "", "")).encode() + self.body


SILENCE = None
"""A reply that never comes."""


@dataclass
class Gateway:
    port: int
    received: list[Received] = field(default_factory=list)


@asynccontextmanager
async def gateway(
    reply: Callable[[Received], Reply | None], tls: ssl.SSLContext | None = None
) -> AsyncIterator[Gateway]:
    opened = Gateway(0)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            received = await _read(reader)
            opened.received.append(received)
            answer = reply(received)
            if answer is SILENCE:
                await asyncio.Event().wait()
            else:
                writer.write(answer.octets())
                await writer.drain()
                if answer.raw is not None:
                    return

    async with serving(talk, tls) as opened.port:
        yield opened


async def _read(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii")
    first, *rest = head.strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(method, target, headers, body)
