"""The HTTP protocol of the server: caps and deadlines for those who never finish, on either side."""

import asyncio
from collections import Counter
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from aldaba.domain.addresses import counted_as

MAX_HEAD_BYTES = 32 * 1024
"""Of a head, and of whatever else is no body: chunk extensions, a trailer that has no end."""


class PatientProtocol(HttpToolsProtocol):
    """Closes a connection that is too long or too late with what it sends or takes (CWE-400).

    Anybody may open a connection. Nobody holds one by sending a byte now and then, or by reading none.
    One request at a time: who sends the next before its answer gets that answer, and the connection is closed
    (RFC 9112 section 9.3.2 lets a server). Trailers are refused: nothing here reads one.
    """

    head_seconds = 10.0
    """From the connection, or the first byte of a later request, to the last header line."""
    body_seconds = 10.0
    """From the last header line to the last byte of the body: at 64 KiB, 6.5 KiB a second at least."""
    write_seconds = 10.0
    """An answer of which the client has taken nothing for so long is given up."""
    connections_per_address: int | None = None
    """None behind a proxy, whose address is everybody's."""

    _by_address: ClassVar[Counter[str]] = Counter()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._bytes_beside_body = 0
        self._in_head = True
        self._ahead = False
        self._late: asyncio.TimerHandle | None = None
        self._taking: asyncio.TimerHandle | None = None
        self._untaken = 0
        self._address = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self._address = counted_as(self.client[0]) if self.client else ""
        self._by_address[self._address] += 1
        limit = self.connections_per_address
        if limit is not None and self._by_address[self._address] > limit:
            transport.abort()
            return
        self._wait(self.head_seconds)
        self._watch_taking()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        if self._taking is not None:
            self._taking.cancel()
        self._by_address[self._address] -= 1
        if self._by_address[self._address] <= 0:
            del self._by_address[self._address]
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._ahead:
            return
        self._bytes_beside_body += len(data)
        super().data_received(data)
        if self._bytes_beside_body > MAX_HEAD_BYTES and not (self._ahead or self.transport.is_closing()):
            self.transport.abort()

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            # Among the headers it would stand past what a gateway looked at (RFC 9110 section 6.5.1).
            raise ValueError("a trailer")
        super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        self._bytes_beside_body = 0
        super().on_body(body)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._wait(self.body_seconds)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._stop_waiting()
        super().on_message_complete()
        self._in_head, self._bytes_beside_body = True, 0

    def on_message_begin(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            # Each request of a pipeline would be taken apart and kept, thousands out of one read.
            self._ahead, self.cycle.keep_alive = True, False
            raise ValueError("a request ahead of the last one's answer")
        if self._late is None:
            self._wait(self.head_seconds)
        super().on_message_begin()

    def send_400_response(self, msg: str) -> None:
        # In the place of an answer still to come it would be taken for that one.
        if not self._ahead:
            super().send_400_response(msg)

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._late = self.loop.call_later(seconds, self._too_late)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _too_late(self) -> None:
        self._late = None
        if not self.transport.is_closing():
            self.transport.abort()

    def _watch_taking(self) -> None:
        self._taking = self.loop.call_later(self.write_seconds, self._look_what_was_taken)

    def _look_what_was_taken(self) -> None:
        # A transport that is closing waits for its reader too, so it is looked at as any other.
        before, self._untaken = self._untaken, self.transport.get_write_buffer_size()
        if before and self._untaken >= before:
            self.transport.abort()
        else:
            self._watch_taking()


def patient(*, connections_per_address: int | None) -> type[PatientProtocol]:
    """One listener's own limit, and its own count: operators are not counted among others."""
    own = {"connections_per_address": connections_per_address, "_by_address": Counter[str]()}
    return type("Patient", (PatientProtocol,), own)
