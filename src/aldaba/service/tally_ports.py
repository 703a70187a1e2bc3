"""The port of short counters, which shed load."""

from datetime import datetime
from typing import Protocol

from aldaba.domain.quotas import Sliding


class Tallies(Protocol):
    """Counters of windows shorter than a day: they shed load, and who loses one is cost nothing by it."""

    async def count(self, name: str, ends_at: datetime, now: datetime, by: int = 1) -> int:
        """Add and answer the new figure; one whose window has ended begins again."""

    async def slide(self, window: Sliding, now: datetime, by: int = 1) -> float:
        """Add to the present stretch and answer the figure of the window, in one round trip."""
