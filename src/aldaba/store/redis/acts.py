"""Acts over two stores: everything durable in one, sessions in Valkey or Redis beside it, under locks.

Durable first, short-lived second: a crash between leaves a customer logged out, never in. An act is run, and
where it asks for a session that is not held it is rolled back, the session is locked and read, and the act
is run again; so no act waits for the network while it holds the database.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TypeVar

from aldaba.domain.refusals import HouseUnavailable
from aldaba.domain.session import Session
from aldaba.service.endings import ended
from aldaba.service.ports import Clock, Store, Transaction
from aldaba.store.redis.rows import Held, Rows
from aldaba.store.redis.server import PART
from aldaba.store.redis.transaction import HeldSessions, ReadSessions, TransactionBeside, Wanted
from aldaba.store.redis.turns import Turns

T = TypeVar("T")

ROUNDS = 12
"""An act touches a handful of sessions; one that wants ever more of them would never end."""

WAIT_SECONDS = 2.0
"""So long one act waits for the others on its sessions."""

TURN_SECONDS = 0.005


class SessionsBeside:
    """Implements ``Store`` around any other one, whose own session rows stay empty."""

    def __init__(self, store: Store, rows: Rows, clock: Clock) -> None:
        self._store, self._rows, self._clock = store, rows, clock
        self._running: set[asyncio.Task[object]] = set()
        self.turns = Turns()

    async def run(self, act: Callable[[Transaction], T]) -> T:
        try:
            # Most acts touch no session, and are over with this.
            return await self._store.run(_with(act, HeldSessions({}, frozenset())))
        except Wanted as wanted:
            first = wanted
        async with self.turns.of(first.handles[0]):
            task = asyncio.ensure_future(self._carried_out(act, first))
            self._running.add(task)
            task.add_done_callback(self._done)
            # A caller that is cancelled must not leave an act behind whose sessions never followed, nor
            # come with its next act before this one: it would take an attempt back that is being judged.
            return await ended(task)

    async def read(self, query: Callable[[Transaction], T]) -> T:
        known: dict[str, Session | None] = {}
        for _ in range(ROUNDS):
            try:
                return await self._store.read(_with(query, ReadSessions(known)))
            except Wanted as wanted:
                for handle in wanted.handles:
                    known[handle], _version = await self._rows.find(handle)
        raise HouseUnavailable(PART)

    async def settle(self) -> None:
        """Wait for acts whose callers are gone."""
        await asyncio.gather(*self._running, return_exceptions=True)

    def _done(self, task: asyncio.Task[object]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # its caller may be gone, and nobody else would ask

    async def _carried_out(self, act: Callable[[Transaction], T], wanted: Wanted) -> T:
        locks = _Locks(self._rows)
        try:
            answer, changes = await self._committed(act, wanted, locks)
        except HouseUnavailable:
            # The store may have lost its answer only: what was about to end must not live on.
            await locks.give_back(usable=False)
            raise
        except BaseException:
            await locks.give_back(usable=True)
            raise
        try:
            await self._apply(changes, locks)
        except BaseException:
            await locks.give_back(usable=False)
            raise
        await locks.give_back(usable=True)
        return answer

    async def _committed(
        self, act: Callable[[Transaction], T], wanted: Wanted, locks: "_Locks"
    ) -> tuple[T, dict[str, Session | None]]:
        for _ in range(ROUNDS):
            await locks.take(wanted.handles)
            await locks.suspend(wanted.ending)
            sessions = HeldSessions(locks.sessions, locks.suspended)
            try:
                return await self._store.run(_with(act, sessions)), sessions.changes
            except Wanted as more:
                wanted = more
        raise HouseUnavailable(PART)

    async def _apply(self, changes: dict[str, Session | None], locks: "_Locks") -> None:
        """What ended goes first, then tombstones: whoever is left between them can log in again."""
        for handle, session in sorted(changes.items(), key=_turn):
            held = locks.of(handle)
            if session is None:
                await self._rows.erase(held)
            else:
                await self._rows.place(held, session, self._clock())
            locks.given_back(handle)


class _Locks:
    """The sessions one act holds."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._held: dict[str, Held] = {}
        self._suspended: set[str] = set()

    @property
    def sessions(self) -> dict[str, Session | None]:
        return {handle: held.session for handle, held in self._held.items()}

    @property
    def suspended(self) -> frozenset[str]:
        return frozenset(self._suspended)

    async def take(self, handles: Iterable[str]) -> None:
        """Hold these too. Raises ``HouseUnavailable`` when others do not let go of them in time."""
        for handle in sorted(set(handles) - self._held.keys()):
            held = await self._rows.hold(handle)
            if held is None:
                await self._take_in_order({*handles, *self._held})
                return
            self._held[handle] = held

    async def _take_in_order(self, handles: set[str]) -> None:
        # Whoever waits with a lock in hand waits in this order, or two acts could wait for each other.
        await self.give_back(usable=True)
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                for handle in sorted(handles):
                    self._held[handle] = await self._turn(handle)
        except TimeoutError:
            raise HouseUnavailable(PART) from None

    async def _turn(self, handle: str) -> Held:
        while True:
            held = await self._rows.hold(handle)
            if held is not None:
                return held
            await asyncio.sleep(TURN_SECONDS)

    async def suspend(self, handles: Iterable[str]) -> None:
        for handle in handles:
            await self._rows.suspend(self._held[handle])
            self._suspended.add(handle)

    def of(self, handle: str) -> Held:
        return self._held[handle]

    def given_back(self, handle: str) -> None:
        """The session's change gave its lock back."""
        del self._held[handle]

    async def give_back(self, *, usable: bool) -> None:
        held, self._held, self._suspended = self._held, {}, set()
        for each in held.values():
            with suppress(HouseUnavailable):  # a lock that cannot be given back runs out
                await self._rows.release(each, usable=usable)


def _with(
    act: Callable[[Transaction], T], sessions: HeldSessions | ReadSessions
) -> Callable[[Transaction], T]:
    def carried_out(transaction: Transaction) -> T:
        sessions.begin()
        answer = act(TransactionBeside(transaction, sessions))
        sessions.demand()
        return answer

    return carried_out


def _turn(change: tuple[str, Session | None]) -> int:
    _, session = change
    return 0 if session is None else 2 - (session.successor is not None)
