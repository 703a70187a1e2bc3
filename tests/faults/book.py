"""What front ends were answered, kept so that it can be held against the server afterwards.

Where an answer is missing, or says that the house was unavailable, both outcomes stay possible; what no
possible outcome explains is a broken promise, and is told at once.
"""

from collections import Counter
from dataclasses import dataclass, field

from tests.front_end import FrontEnd

from aldaba.domain.session import Factor

LIMIT = 5
"""The so-manieth wrong secret in a row locks (``policy.lockout.failures``)."""
FACTORS = (Factor.PIN, Factor.PASSWORD)


class Broken(AssertionError):
    """A promise of the server that was not kept."""


@dataclass(slots=True)
class Count:
    """Failures charged to one factor: no fewer than ``least``, and no more than ``most``."""

    least: int = 0
    most: int = 0

    def wrong(self, code: str, whose: str) -> None:
        """A wrong secret was answered."""
        if code == "8006":
            self.refused(whose)
            return
        if self.least >= LIMIT - 1:
            raise Broken(f"{whose}: a look at the secret beyond the limit")
        self.least, self.most = self.least + 1, min(self.most + 1, LIMIT)

    def refused(self, whose: str) -> None:
        """The factor is locked, it was said; or unfinished attempts are all that stands in the way."""
        if self.most < LIMIT - 1:
            raise Broken(f"{whose}: locked after {self.most} failures at most")
        sure = self.least == self.most
        self.least, self.most = LIMIT if sure else max(self.least, LIMIT - 1), LIMIT

    def unknown(self, *, right: bool) -> None:
        """An attempt went without an answer: charged or not, or all is forgiven."""
        self.most = min(self.most + 1, LIMIT)
        if right:
            self.least = 0

    def cleared(self) -> None:
        self.least = self.most = 0

    def explains(self, charged: int) -> bool:
        return self.least <= charged <= self.most

    @property
    def locked(self) -> bool:
        return self.least == LIMIT


@dataclass(slots=True)
class Customer:
    """What is known of one customer of the bank."""

    number: str
    password: str
    pin: str
    counts: dict[Factor, Count] = field(default_factory=lambda: {factor: Count() for factor in FACTORS})
    perhaps: set[str] = field(default_factory=set)
    """Passwords whose setting was not answered."""
    live: FrontEnd | None = None
    """Logged in, as far as was answered."""
    doubtful: bool = False
    """What became of its session is not known: it is left alone until the round is over."""

    def changed(self, password: str) -> None:
        """The change was answered as done."""
        self.password = password
        self.perhaps.clear()
        self.counts[Factor.PASSWORD].cleared()

    def entered(self, front: FrontEnd, factor: Factor) -> None:
        if self.counts[factor].locked:
            raise Broken(f"{self.number}: let in by a locked {factor}")
        self.counts[factor].cleared()
        self.live = front

    def left(self) -> None:
        self.live = None

    def lost(self) -> None:
        """Something asked went without an answer, which may have opened or ended its session."""
        self.live, self.doubtful = None, True


@dataclass(frozen=True, slots=True)
class Answer:
    node: int
    status: int
    path: str
    began: float
    seconds: float


@dataclass(slots=True)
class Book:
    """One round."""

    customers: list[Customer] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    cut: int = 0
    """Requests whose connection was refused or lost."""
    uuids: dict[str, str | None] = field(default_factory=dict)
    """Request ids that were accepted, and the session each was of."""
    ended: list[FrontEnd] = field(default_factory=list)
    spent: set[tuple[str, ...]] = field(default_factory=set)
    """Codes and challenge responses that were accepted."""
    did: Counter[str] = field(default_factory=Counter)
    sessions_may_end: bool = False
    """What stands now may end sessions and access tokens by itself."""

    def accepted(self, uuid: str, sid: str | None) -> None:
        if uuid in self.uuids:
            raise Broken(f"request id {uuid} was accepted twice")
        self.uuids[uuid] = sid

    def spend(self, *what: str) -> None:
        if what in self.spent:
            raise Broken(f"accepted twice: {' '.join(what)}")
        self.spent.add(what)
        self.did[f"{what[0]}s spent"] += 1
