"""Answers for when what has expired is forgotten: never on the word of a clock that was just set forward."""

from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime

from aldaba.service.ports import Clock

BELIEVED_AFTER = 20
"""So many sweeps, ten minutes of running, until a clock that was set forward is believed."""


class Sweeping:
    """Forgets by the earliest time that the clock told at the latest sweeps."""

    def __init__(
        self,
        sweep: Callable[[datetime], Awaitable[None]],
        clock: Clock,
        believed_after: int = BELIEVED_AFTER,
    ) -> None:
        self._sweep = sweep
        self._clock = clock
        self._told = deque([clock()], maxlen=believed_after)

    async def work_once(self) -> None:
        """One sweep: what had expired at that time goes."""
        self._told.append(self._clock())
        # Forgotten while the clock stands ahead, a spent request would be good again once it is set back.
        await self._sweep(min(self._told))
