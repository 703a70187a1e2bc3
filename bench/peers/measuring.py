"""How a peer's work is measured: for a fixed time, by our own works' load generator and on their cores."""

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.figures import PeerWork
from bench.load import Outcome, drive
from bench.machine import family, pin
from bench.measuring import ALL_CORES
from bench.processes import Serving

IN_FLIGHT = (8, 32)
DRAINING_SECONDS = 120.0
"""How long the answers to what is in flight may take when the time is over."""


@dataclass(slots=True)
class Peer:
    """One peer while it is measured, each work for so many seconds at each number in flight."""

    name: str
    seconds: float
    tell: Callable[[str], object]
    version: str = ""
    works: list[PeerWork] = field(default_factory=list)

    def enough(self, a_second: int) -> int:
        """How many requests last that long at every number in flight, at a speed that it does not reach."""
        return int(a_second * self.seconds * len(IN_FLIGHT)) + 1

    async def measure(
        self,
        kind: str,
        work: str,
        server: Serving,
        requests: Sequence[bytes],
        mark: bytes,
        *,
        one_core: bool = False,
    ) -> None:
        """Send the requests in turn; every answer has to hold the mark, as a refusal would not.

        On ``one_core`` the peer has the first and the load generator the last, as the server's own works that
        do not hash; else they share all of them, as its logins. Raises ``RuntimeError`` for another
        answer, and ``TimeoutError`` where the last ones do not come.
        """
        self.tell(f"{self.name}: {work}")
        for pid in family(server.pid):
            pin(pid, ALL_CORES[:1] if one_core else ALL_CORES)
        pin(os.getpid(), ALL_CORES[-1:] if one_core else ALL_CORES)
        try:
            for in_flight in IN_FLIGHT:
                if not requests:
                    break
                async with asyncio.timeout(self.seconds + DRAINING_SECONDS):
                    outcome = await drive(server.port, server.pid, requests, in_flight, seconds=self.seconds)
                # A counter's next codes follow those that were sent.
                requests = requests[outcome.done :]
                self._add(kind, work, in_flight, outcome.expect(200), mark)
        finally:
            pin(os.getpid(), ALL_CORES)

    def _add(self, kind: str, work: str, in_flight: int, outcome: Outcome, mark: bytes) -> None:
        other = next((each for each in outcome.answers if each and mark not in each), None)
        if other is not None:
            raise RuntimeError(f"{self.name} refused: {other[-300:].decode('latin-1')}")
        p50, p99 = outcome.milliseconds(50), outcome.milliseconds(99)
        self.works.append(
            PeerWork(self.name, kind, work, in_flight, outcome.rate, p50, p99, outcome.server_us)
        )
