"""Waiting, for a moment, on attempts of others that are still unfinished."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from aldaba.service.ports import Pause

T = TypeVar("T")

FIRST_PAUSE = 0.01
LONGEST_PAUSE = 0.1


async def until_free(
    reserve: Callable[[], Awaitable[T]], waits: Callable[[T], bool], pause: Pause, limit: float
) -> T:
    """Reserve again while only unfinished attempts stand in the way, for so many seconds at most."""
    waited, length = 0.0, FIRST_PAUSE
    while True:
        answer = await reserve()
        if not waits(answer) or waited >= limit:
            return answer
        await pause(length)
        waited, length = waited + length, min(length * 2, LONGEST_PAUSE)
