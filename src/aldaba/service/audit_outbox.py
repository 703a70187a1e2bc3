"""Sends the audit on, row by row and in order, at least once; a receiver that is away loses nothing."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from aldaba.service.ports import Clock

PAGE = 100
NOTED_EVERY = 20
"""So many rows at most are sent again after a crash."""
HELD = timedelta(seconds=60)
"""How long one server has the sending to itself without saying so again; one message takes ten at most."""
LONGEST_PAUSE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A linked row and what is sent of it."""

    id: int
    type: str
    at: datetime
    line: bytes


@dataclass(frozen=True, slots=True)
class Turn:
    """Where the sending stands, for the server that has it."""

    last_id: int
    failures: int


class OutboxCursor(Protocol):
    """The durable place in the log, held by one server at a time."""

    async def take(self, holder: str, now: datetime, until: datetime) -> Turn | None:
        """The turn, or None: another server has it, or the pause after a failure is not over."""

    async def rows(self, after: int, most: int) -> Sequence[Outgoing]:
        """Linked rows in their order."""

    async def reached(self, holder: str, last_id: int, until: datetime) -> bool:
        """Note what was sent; False when another server has the turn by now."""

    async def failed(self, holder: str, failures: int, due: datetime) -> None:
        """Nobody sends before then."""


Send = Callable[[Outgoing], Awaitable[str | None]]
"""Sends one row; answers why the receiver did not take it, else None."""
Tell = Callable[[str, int], None]
"""Hears why a row was not taken, and for the how-manieth time in a row."""


class AuditOutbox:
    def __init__(self, cursor: OutboxCursor, send: Send, clock: Clock, holder: str, tell: Tell) -> None:
        self._cursor, self._send, self._clock = cursor, send, clock
        self._holder, self._tell = holder, tell

    async def work_once(self) -> int:
        """Send what is there, if it is this server's turn; answers how many rows the receiver took."""
        now = self._clock()
        turn = await self._cursor.take(self._holder, now, now + HELD)
        if turn is None:
            return 0
        taken, last_id = 0, turn.last_id
        while rows := await self._cursor.rows(last_id, PAGE):
            sent, why = await self._sent(rows)
            taken += len(sent)
            last_id = sent[-1].id if sent else last_id
            if why is not None:
                await self._pause(0 if taken else turn.failures, why)
                break
            if len(sent) < len(rows):
                break
        return taken

    async def _sent(self, rows: Sequence[Outgoing]) -> tuple[list[Outgoing], str | None]:
        sent: list[Outgoing] = []
        why: str | None = None
        for row in rows:
            why = await self._send(row)
            if why is not None:
                break
            sent.append(row)
            if len(sent) % NOTED_EVERY == 0 and not await self._note(row.id):
                return sent, None
        if sent and len(sent) % NOTED_EVERY and not await self._note(sent[-1].id):
            return sent[:-1], None
        return sent, why

    async def _note(self, last_id: int) -> bool:
        return await self._cursor.reached(self._holder, last_id, self._clock() + HELD)

    async def _pause(self, earlier: int, why: str) -> None:
        failures = earlier + 1
        pause = min(LONGEST_PAUSE, timedelta(seconds=2 ** min(failures - 1, 16)))
        self._tell(why, failures)
        await self._cursor.failed(self._holder, failures, self._clock() + pause)
