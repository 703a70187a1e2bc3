"""What a caller may choose: whom the calls are made for, and how often they are tried."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

Clock: TypeAlias = Callable[[], float]
"""Seconds since the epoch."""

real_time: Clock = time.time

LONGEST_WAIT = 2.0


@dataclass(frozen=True, slots=True)
class Retry:
    """How failures that are nobody's fault are met: network failures and 5xx, each time with a new ``uuid``.

    What spends or counts something (a login, a code, a try) is not sent again once its answer was lost, for
    it may have succeeded; name such operations in ``also_lost`` to have them sent again all the same.
    """

    attempts: int = 3
    first_wait: float = 0.2
    also_lost: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.first_wait < 0:
            raise ValueError("at least one attempt, and no negative wait")

    def wait(self, attempt: int) -> float:
        """Seconds before that attempt (0 is the first)."""
        return min(self.first_wait * 2 ** (attempt - 1), LONGEST_WAIT) if attempt else 0.0


@dataclass(frozen=True, slots=True)
class Place:
    """The headers that say where a call comes from."""

    channel: str = "MOVIL"
    country: str = "MX"
    business: str = "GCB"
    language: str = "es"
