"""The port to whoever judges the risk of a login: the question, the answer, and what it promises."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Verdict(StrEnum):
    ALLOW = "allow"
    STEP_UP = "step-up"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class RiskQuestion:
    """What the risk engine is told of a login."""

    ccs_id: str
    channel: str
    factor: str
    compromised: bool
    emulator: bool
    sim_id: str | None
    device_id: str | None
    address: str | None
    known_device: bool = True
    """Also where no device is named."""
    sim_changed: bool = False


@dataclass(frozen=True, slots=True)
class RiskAnswer:
    """``lock``, with ``DENY``: the access is to be locked preventively, until an operator lifts it."""

    verdict: Verdict
    reasons: tuple[str, ...] = ()
    lock: bool = False


class Risk(Protocol):
    """Judges a login; being away is answered by configuration, never by an exception."""

    async def assess(self, question: RiskQuestion) -> RiskAnswer: ...
