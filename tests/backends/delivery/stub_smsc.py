"""An SMSC of our own that misbehaves on demand; written from the specification, not from the client.

It knows nothing of ``aldaba``: what it reads and writes is packed here a second time.
"""

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.backends.delivery.serving import serving

BIND, SUBMIT, DELIVER, UNBIND, ENQUIRE, NACK = 0x09, 0x04, 0x05, 0x06, 0x15, 0x80000000
ANSWER = 0x80000000


@dataclass(frozen=True, slots=True)
class Submitted:
    source: tuple[int, int, str]
    to: str
    validity: str
    registered: int
    coding: int
    octets: bytes
    sequence: int


@dataclass
class Connection:
    writer: asyncio.StreamWriter
    sequence: int = 0

    def send(self, command: int, body: bytes = b"", *, status: int = 0, sequence: int | None = None) -> None:
        if sequence is None:
            self.sequence += 1
            sequence = self.sequence
        self.writer.write(struct.pack(">IIII", 16 + len(body), command, status, sequence) + body)

    def accept(self, submitted: Submitted, message_id: str) -> None:
        self.send(SUBMIT | ANSWER, message_id.encode() + b"\0", sequence=submitted.sequence)

    def refuse(self, submitted: Submitted, status: int) -> None:
        self.send(SUBMIT | ANSWER, status=status, sequence=submitted.sequence)

    def receipt(self, text: str, to: str, *, esm_class: int = 4, tags: bytes = b"") -> None:
        self.send(DELIVER, deliver_body(text.encode("latin-1"), to, esm_class=esm_class, tags=tags))


Behave = Callable[[Connection, Submitted], Awaitable[None]]


@dataclass
class Smsc:
    behave: Behave
    port: int = 0
    bind_status: int = 0
    submitted: list[Submitted] = field(default_factory=list)
    binds: list[tuple[str, str, int]] = field(default_factory=list)
    others: list[tuple[int, int, bytes]] = field(default_factory=list)
    """Every other PDU: command, status, body."""
    silent: bool = False
    """Whether enquire_link is left without an answer."""
    connections: list[Connection] = field(default_factory=list)
    held: asyncio.Event | None = None
    """A bind is answered once this is set."""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(writer)
        self.connections.append(connection)
        while True:
            length, command, status, sequence = struct.unpack(">IIII", await reader.readexactly(16))
            body = await reader.readexactly(length - 16)
            await self._take(connection, command, status, sequence, body)
            await writer.drain()

    async def _take(
        self, connection: Connection, command: int, status: int, sequence: int, body: bytes
    ) -> None:
        if command == BIND:
            system_id, password, rest = body.split(b"\0", 2)
            version = rest[rest.index(b"\0") + 1]
            self.binds.append((system_id.decode(), password.decode(), version))
            if self.held is not None:
                await self.held.wait()
            connection.send(BIND | ANSWER, b"SMSC\0", status=self.bind_status, sequence=sequence)
        elif command == SUBMIT:
            submitted = _submitted(sequence, body)
            self.submitted.append(submitted)
            await self.behave(connection, submitted)
        else:
            self.others.append((command, status, body))
            if command in {UNBIND, ENQUIRE} and not self.silent:
                connection.send(command | ANSWER, sequence=sequence)


@asynccontextmanager
async def smsc(
    behave: Behave, tls: ssl.SSLContext | None = None, *, bind_status: int = 0, silent: bool = False
) -> AsyncIterator[Smsc]:
    opened = Smsc(behave, bind_status=bind_status, silent=silent)
    async with serving(opened.talk, tls) as opened.port:
        yield opened


def _submitted(sequence: int, body: bytes) -> Submitted:
    _, rest = body.split(b"\0", 1)
    source, rest = _address(rest)
    to, rest = _address(rest)
    esm_class, protocol, priority = rest[:3]
    assert (esm_class, protocol, priority) == (0, 0, 0)
    schedule, validity, rest = rest[3:].split(b"\0", 2)
    assert schedule == b""
    registered, replace, coding, default, length = rest[:5]
    assert (replace, default) == (0, 0)
    assert length == len(rest[5:])
    return Submitted(source, to[2], validity.decode(), registered, coding, rest[5:], sequence)


def _address(octets: bytes) -> tuple[tuple[int, int, str], bytes]:
    digits, rest = octets[2:].split(b"\0", 1)
    return (octets[0], octets[1], digits.decode()), rest


def deliver_body(text: bytes, to: str, *, esm_class: int = 4, coding: int = 0, tags: bytes = b"") -> bytes:
    """A deliver_sm from a phone to us."""
    addresses = b"\1\1" + to.encode() + b"\0" + b"\3\1" + b"55555\0"
    flags = bytes([esm_class, 0, 0]) + b"\0\0" + bytes([0, 0, coding, 0, len(text)])
    return b"\0" + addresses + flags + text + tags


def tag(number: int, value: bytes) -> bytes:
    return struct.pack(">HH", number, len(value)) + value


def receipt_text(message_id: str, state: str = "DELIVRD", quoted: str = "") -> str:
    """As the specification's appendix B shows it."""
    return (
        f"id:{message_id} sub:001 dlvrd:001 submit date:2611240645 done date:2611240646 "
        f"stat:{state} err:000 text:{quoted}"
    )
