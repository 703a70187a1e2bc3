"""A lean HTTP client for load: prepared requests over kept connections, one in flight on each.

It runs in the benchmark's own process, apart from the server's; what it costs itself is measured too.
"""

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from bench.machine import cpu_seconds, family, percentile

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_LAST_CHUNK = b"\r\n0\r\n\r\n"


@dataclass(slots=True)
class Outcome:
    """What a stretch of load found; ``server_cpu`` and ``client_cpu`` are seconds over all of it."""

    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    answers: list[bytes] = field(default_factory=list)
    seconds: float = 0.0
    server_cpu: float = 0.0
    client_cpu: float = 0.0

    @property
    def done(self) -> int:
        return len(self.latencies)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.done / self.seconds

    @property
    def server_us(self) -> float:
        """The server's CPU microseconds an answer."""
        return self.server_cpu / self.done * 1e6

    @property
    def client_us(self) -> float:
        return self.client_cpu / self.done * 1e6

    def milliseconds(self, percent: float) -> float:
        return percentile(self.latencies, percent) * 1e3

    def expect(self, status: int) -> "Outcome":
        """Itself, if every answer had this status: a benchmark of refusals would be a fine figure."""
        if set(self.statuses) != {status}:
            bad = next((each for each in self.answers if b" %d " % status not in each[:20]), b"")
            raise RuntimeError(f"expected only {status}, got {self.statuses}: {bad[:600].decode('latin-1')}")
        return self


class _Stretch:
    """The requests of one stretch and what has been answered so far."""

    def __init__(self, requests: Sequence[bytes], deadline: float, outcome: Outcome) -> None:
        self._requests = requests
        self._deadline = deadline
        self._next = 0
        self.outcome = outcome
        self.outcome.answers = [b""] * len(requests)

    def take(self) -> int | None:
        index = self._next
        if index >= len(self._requests) or time.perf_counter() >= self._deadline:
            return None
        self._next += 1
        return index

    def request(self, index: int) -> bytes:
        return self._requests[index]

    def answered(self, index: int, answer: bytes, seconds: float) -> None:
        self.outcome.latencies.append(seconds)
        status = int(answer[9:12])
        self.outcome.statuses[status] = self.outcome.statuses.get(status, 0) + 1
        self.outcome.answers[index] = answer


class _Connection(asyncio.Protocol):
    """Sends the next request as soon as the answer to the last one is whole."""

    def __init__(self) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._stretch: _Stretch | None = None
        self._received = b""
        self._index = 0
        self._began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def begin(self, stretch: _Stretch) -> None:
        self._stretch = stretch
        self._send()

    def close(self) -> None:
        self._transport.close()

    def _send(self) -> None:
        assert self._stretch is not None
        index = self._stretch.take()
        if index is None:
            self._end(None)
            return
        self._index, self._began = index, time.perf_counter()
        self._transport.write(self._stretch.request(index))

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._stretch is None or not _whole(self._received):
            return
        answer, self._received = self._received, b""
        self._stretch.answered(self._index, answer, time.perf_counter() - self._began)
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or ConnectionError("the server closed the connection"))

    def _end(self, error: Exception | None) -> None:
        if self.ended.done():
            return
        if error is None:
            self.ended.set_result(None)
        else:
            self.ended.set_exception(error)


def _whole(answer: bytes) -> bool:
    """Whether this is all of an answer; nothing follows it before the next request."""
    head = answer.find(b"\r\n\r\n")
    if head < 0:
        return False
    length = _LENGTH.search(answer, 0, head + 2)
    if length is None and _CHUNKED.search(answer, 0, head + 2):
        return answer.endswith(_LAST_CHUNK)
    return len(answer) >= head + 4 + (int(length[1]) if length else 0)


def _used(pids: Sequence[int]) -> float:
    return sum(map(cpu_seconds, pids))


async def drive(
    port: int, pid: int, requests: Sequence[bytes], in_flight: int, *, seconds: float = 60.0
) -> Outcome:
    """Send the requests, so many at a time, until all are answered or the time is over.

    ``pid`` is the server's; the processor time of what it started before counts as its own.
    """
    loop = asyncio.get_running_loop()
    outcome = Outcome()
    connections = [
        (await loop.create_connection(_Connection, "127.0.0.1", port))[1]
        for _ in range(min(in_flight, len(requests)))
    ]
    pids = family(pid)
    server, client, began = _used(pids), time.process_time(), time.perf_counter()
    stretch = _Stretch(requests, began + seconds, outcome)
    for connection in connections:
        connection.begin(stretch)
    await asyncio.gather(*(connection.ended for connection in connections))
    outcome.seconds = time.perf_counter() - began
    outcome.server_cpu, outcome.client_cpu = _used(pids) - server, time.process_time() - client
    for connection in connections:
        connection.close()
    return outcome
