"""What the house tells of its work to whoever counts or traces it; never a customer's value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from aldaba.service.audit import Event


class Watch(Protocol):
    """Told what took how long, in seconds. Each call is cheap and raises nothing.

    All but ``committed`` are called from the task that serves the request.
    """

    def acted(self, seconds: float) -> None:
        """An act on the store, from its asking to its durable answer."""

    def committed(self, acts: int, seconds: float, events: Sequence[Event]) -> None:
        """A transaction of so many acts is durable, and with it these events; on the writer's thread."""

    def commit_failed(self) -> None:
        """A transaction came to nothing: disk full, I/O error, or locked for too long."""

    def hashed(self, waited: float, seconds: float) -> None:
        """One Argon2id computation, and how long it waited for a thread."""

    def called(self, backend: str, outcome: str, seconds: float) -> None:
        """A call to one of the bank's systems; ``outcome`` is ``ok``, ``not found`` or ``failed``."""

    def carried(self) -> Mapping[str, str]:
        """Headers that tell a backend which trace its call belongs to (W3C Trace Context)."""


class Unwatched:
    """For a house that nobody watches."""

    def acted(self, seconds: float) -> None:
        pass

    def committed(self, acts: int, seconds: float, events: Sequence[Event]) -> None:
        pass

    def commit_failed(self) -> None:
        pass

    def hashed(self, waited: float, seconds: float) -> None:
        pass

    def called(self, backend: str, outcome: str, seconds: float) -> None:
        pass

    def carried(self) -> Mapping[str, str]:
        return {}


@dataclass(frozen=True, slots=True)
class Figures:
    """What the database holds at a moment; a time is None where nothing waits.

    ``sessions_live`` says nothing where sessions are kept beside it.
    """

    sessions_live: int
    audit_unsealed: int
    oldest_unsealed: datetime | None
    notices_waiting: int
    oldest_notice: datetime | None
    key_pairs: Mapping[str, datetime]
    """When the current pair of each purpose was made."""
