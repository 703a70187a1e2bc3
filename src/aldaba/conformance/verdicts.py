"""How a check ends: kept, broken, or not provoked with the reason why."""

from dataclasses import dataclass
from enum import StrEnum


class Broken(Exception):
    """The server did not do what the contract says; the text names what was expected and what was found."""


class NotProvoked(Exception):
    """The condition could not be brought about against this server; the text says why."""


class Outcome(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    NOT_PROVOKED = "not provoked"


class Family(StrEnum):
    """What a check is about."""

    SUCCESS = "success"
    ERROR = "error"
    HEADER = "header"
    BODY = "body"
    DECRYPTION = "decryption"
    UNIFORMITY = "uniformity"
    SESSION = "session"
    VECTOR = "vector"
    QUIRK = "quirk"


@dataclass(frozen=True, slots=True)
class Result:
    """How one check ended in one profile, and how long it took."""

    operation: str
    family: Family
    name: str
    profile: str
    outcome: Outcome
    why: str
    seconds: float
