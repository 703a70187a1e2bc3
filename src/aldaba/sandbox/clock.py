"""The sandbox's clock: real time moved forward by hand; the command line follows it through the store."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from aldaba.service.ports import Store

STATE = "sandbox clock"
FURTHEST = timedelta(days=36_525)
_DURATION = re.compile(r"P(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?", re.ASCII)


class SandboxClock:
    """A callable that tells the time; ``advance`` moves it and keeps the offset in the store."""

    def __init__(self, real: Callable[[], datetime]) -> None:
        self._real = real
        self._offset = timedelta(0)

    def __call__(self) -> datetime:
        return self._real() + self._offset

    async def load(self, store: Store) -> None:
        kept = await store.read(lambda transaction: transaction.house.get(STATE))
        self._offset = timedelta(seconds=float(kept)) if kept else timedelta(0)

    async def advance(self, store: Store, by: timedelta) -> bool:
        """False, and nothing moved, when it would go further than a sandbox has use for."""
        if self._offset + by > FURTHEST:
            return False
        await self._keep(store, self._offset + by)
        return True

    async def reset(self, store: Store) -> None:
        await self._keep(store, timedelta(0))

    async def _keep(self, store: Store, offset: timedelta) -> None:
        seconds = str(offset.total_seconds())
        await store.run(lambda transaction: transaction.house.put(STATE, seconds))
        self._offset = offset


def parse_duration(text: str) -> timedelta | None:
    """ISO 8601 durations of days, hours, minutes and seconds: ``P1D``, ``PT5M``, ``P1DT12H``."""
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
