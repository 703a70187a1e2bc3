"""What one request was charged before a secret was looked at, and what of it is given back when we fail."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TypeVar

from aldaba.domain.refusals import HouseUnavailable
from aldaba.service.endings import ended

T = TypeVar("T")
Undo = Callable[[], Awaitable[object]]


class Charges:
    """Given back, the last first, by an exception that leaves the ``async with`` before they are settled.

    Counters know no attempts, so each must be given back once at most, and never once a look has been judged.
    A request may be cancelled while an act is being answered that is done already: what became of the act is
    waited for, and decides.
    """

    def __init__(self) -> None:
        self._undo: list[Undo] = []

    async def made(self, reserving: Coroutine[Any, Any, T], undo: Callable[[T], Awaitable[object]]) -> T:
        """Reserve; ``undo`` gets what it answered. An answer of False reserved nothing."""
        work = asyncio.ensure_future(reserving)
        try:
            return await ended(work)
        finally:
            if _done(work) and work.result() is not False:
                self.hold(lambda: undo(work.result()))

    def hold(self, undo: Undo) -> None:
        """One more that was made already."""
        self._undo.append(undo)

    async def settled(self, settling: Coroutine[Any, Any, T]) -> T:
        """Judge; once that is done, nothing of this is given back any more, whoever still hears of it."""
        work = asyncio.ensure_future(settling)
        try:
            return await ended(work)
        finally:
            if _done(work):
                self._undo.clear()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None and self._undo:
            await ended(asyncio.ensure_future(self._give_back()))

    async def _give_back(self) -> None:
        while self._undo:
            # A store that is away keeps the charge: an attempt runs out as after a crash, a count by its day.
            with suppress(HouseUnavailable):
                await self._undo.pop()()


def _done(work: "asyncio.Future[Any]") -> bool:
    return work.done() and not work.cancelled() and work.exception() is None
