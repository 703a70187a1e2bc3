"""What has expired is forgotten, but not on the word of a clock that was just set forward."""

import asyncio
from datetime import UTC, datetime, timedelta

from aldaba.service.sweeping import Sweeping

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Hands:
    """A clock whose hands are set."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def swept(*hours: float, believed_after: int = 3) -> list[float]:
    """By which time, in hours since noon, each sweep went that found the clock at these."""
    clock, told = Hands(), list[datetime]()

    async def sweep(now: datetime) -> None:
        told.append(now)

    sweeping = Sweeping(sweep, clock, believed_after)

    async def story() -> None:
        for each in hours:
            clock.now = NOON + timedelta(hours=each)
            await sweeping.work_once()

    asyncio.run(story())
    return [(each - NOON) / timedelta(hours=1) for each in told]


def test_a_clock_that_goes_on_is_followed_a_few_sweeps_behind() -> None:
    assert swept(1, 2, 3, 4, 5) == [0, 0, 1, 2, 3]


def test_set_forward_and_back_again_it_was_never_believed() -> None:
    assert swept(48, 48, 0, 1) == [0, 0, 0, 0]


def test_set_forward_for_good_it_is_believed_after_so_many_sweeps() -> None:
    assert swept(48, 48, 48, 48) == [0, 0, 48, 48]


def test_set_back_it_is_believed_at_once() -> None:
    assert swept(-1) == [-1]
