"""The sandbox's clock: real time moved forward by hand; the command line follows it through the store."""

import asyncio
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from aldaba.service.ports import Store, Transaction

STATE = "sandbox clock"
FURTHEST = timedelta(days=36_525)
_DURATION = re.compile(r"P(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?", re.ASCII)


class SandboxClock:
    """A callable that tells the time; ``advance`` moves it and keeps the offset in the store."""

    def __init__(self, real: Callable[[], datetime]) -> None:
        self._real = real
        self._offset = timedelta(0)
        # What was read first must not be applied last: it would turn the clock back.
        self._turn = asyncio.Lock()

    def __call__(self) -> datetime:
        return self._real() + self._offset

    async def load(self, store: Store) -> None:
        """Follow what another node or the command line moved."""
        async with self._turn:
            self._offset = await store.read(_kept)

    async def advance(self, store: Store, by: timedelta) -> bool:
        """False, and nothing moved, when it would go further than a sandbox has use for."""

        def act(transaction: Transaction) -> timedelta | None:
            offset = _kept(transaction) + by
            return _put(transaction, offset) if offset <= FURTHEST else None

        async with self._turn:
            moved = await store.run(act)
            self._offset = self._offset if moved is None else moved
        return moved is not None

    async def reset(self, store: Store) -> None:
        async with self._turn:
            self._offset = await store.run(lambda transaction: _put(transaction, timedelta(0)))


def _kept(transaction: Transaction) -> timedelta:
    return timedelta(seconds=float(transaction.house.get(STATE) or 0))


def _put(transaction: Transaction, offset: timedelta) -> timedelta:
    transaction.house.put(STATE, str(offset.total_seconds()))
    return offset


def parse_duration(text: str) -> timedelta | None:
    """ISO 8601 durations of days, hours, minutes and seconds: ``P1D``, ``PT5M``, ``P1DT12H``."""
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
