"""Several processes on one listening socket: started, watched, started again, and ended together."""

import asyncio
import signal
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import FrameType
from typing import Any

import uvloop

from aldaba.cli.desk import Failed
from aldaba.cli.listening import GRACE_SECONDS, End, Sockets, serve_here, sockets_of
from aldaba.observability import set_up
from aldaba.settings import Settings
from aldaba.wiring import House

_REST_SECONDS, _LONGEST_REST_SECONDS = 1.0, 10.0
"""So long a worker that ended is mourned before the next one starts; longer where that one could not."""


@dataclass(frozen=True, slots=True)
class _Worker:
    process: SpawnProcess
    ready: Connection
    """Closed by the worker once it serves."""

    @property
    def serves(self) -> bool:
        return self.ready.closed


class Workers:
    """Each process opens a house of its own; the sockets are the parent's: no connection is refused."""

    def __init__(self, settings: Settings, say: Callable[[str], None]) -> None:
        # A read-only view of where values came from cannot be sent to another process; a copy can.
        self._settings, self._say = replace(settings, origins=dict(settings.origins)), say
        self._context = get_context("spawn")
        self._stopping = self._greeted = False
        self._rests = [_REST_SECONDS] * settings.server.workers
        self._workers: list[_Worker] = []

    def serve(self, greet: Callable[[], None]) -> None:
        """Until a signal; raises ``Failed`` when a worker ends before all of them ever served."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        with closing(sockets_of(self._settings)) as sockets:
            self._workers = [self._started(place, sockets) for place in range(self._settings.server.workers)]
            while not self._stopping:
                self._look(sockets)
                if not self._greeted and all(worker.serves for worker in self._workers):
                    self._greeted = True
                    greet()
        self._wait()

    def _look(self, sockets: Sockets) -> None:
        """Wait for something to happen: a worker that is ready, or one that ended."""
        unready = [worker.ready for worker in self._workers if not worker.serves]
        happened = wait([*unready, *(worker.process.sentinel for worker in self._workers)], _REST_SECONDS)
        for place, worker in enumerate(self._workers):
            if worker.ready in happened:
                _take_ready(worker)
            if worker.process.sentinel in happened and not self._stopping:
                self._workers[place] = self._replaced(place, sockets)

    def _replaced(self, place: int, sockets: Sockets) -> _Worker:
        worker = self._workers[place]
        code = worker.process.exitcode
        if not worker.serves and not self._greeted:
            self._stopping = True
            self._tell()
            self._wait()
            raise Failed(f"a worker process ended before it served (exit code {code}); its output says why")
        if worker.serves:
            self._say(f"worker process {worker.process.pid} ended (exit code {code}); another one is started")
            self._rests[place] = _REST_SECONDS
        else:
            # Whatever keeps it from starting, the others serve on.
            self._rests[place] = min(self._rests[place] * 2, _LONGEST_REST_SECONDS)
            self._say(f"a worker process ended before it served (exit code {code}); it is tried again")
        self._rest(self._rests[place])
        # One that started after the word to stop would never hear it.
        return worker if self._stopping else self._started(place, sockets)

    def _rest(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._stopping and time.monotonic() < until:
            wait([], 0.1)

    def _started(self, place: int, sockets: Sockets) -> _Worker:
        # The first one has the operators' listener: counts of several processes are not one truth.
        theirs_too = sockets if place == 0 else replace(sockets, operators=None)
        ours, theirs = self._context.Pipe(duplex=False)
        process = self._context.Process(target=_work, args=(self._settings, theirs_too, theirs), daemon=False)
        process.start()
        theirs.close()
        return _Worker(process, ours)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True
        self._tell()

    def _tell(self) -> None:
        for worker in self._workers:
            if worker.process.is_alive():
                worker.process.terminate()

    def _wait(self) -> None:
        """Each was told once; told again, it would not wait for its balancer."""
        patience = self._settings.server.drain_seconds + GRACE_SECONDS + 5
        for worker in self._workers:
            worker.process.join(patience)
            if worker.process.is_alive():
                worker.process.kill()


def _take_ready(worker: _Worker) -> None:
    try:
        worker.ready.recv()
    except EOFError:
        return  # it ended before it served; its sentinel says so too
    worker.ready.close()


def _work(settings: Settings, sockets: Sockets, ready: Any) -> None:
    """The whole life of one worker process."""
    set_up(level=settings.log.level)
    # Ctrl-C reaches every process of the terminal; the parent's word is the one that counts.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def started(end: End) -> None:
        ready.send(True)
        ready.close()
        parent = parent_process()
        if parent is not None:
            # A parent that was killed leaves nobody to stop us.
            asyncio.get_running_loop().add_reader(parent.sentinel, _orphaned, parent.sentinel, end)

    uvloop.run(
        serve_here(
            settings, prepare=_nothing_more, started=started, sockets=sockets, signals=(signal.SIGTERM,)
        )
    )


def _orphaned(sentinel: int, end: End) -> None:
    asyncio.get_running_loop().remove_reader(sentinel)
    end()


async def _nothing_more(_: House) -> None:
    return None
