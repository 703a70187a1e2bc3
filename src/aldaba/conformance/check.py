"""One thing to try on one operation."""

from collections.abc import Callable
from dataclasses import dataclass

from aldaba.conformance.stage import Stage
from aldaba.conformance.verdicts import Family

Play = Callable[[Stage], None]
"""Returns where the contract is kept; raises `Broken` or `NotProvoked`."""


@dataclass(frozen=True, slots=True)
class Check:
    operation: str
    family: Family
    name: str
    play: Play
    profile: str | None = None
    """The one profile in which there is something to try; None for both."""
