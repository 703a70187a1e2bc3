"""What a walk knows: of each sid what it has proved, of each customer what all sids share."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
from tests.conftest import Bank
from tests.front_end import Keys
from tests.recovery_front_end import Recovering
from tests.scorecard.people import People

LONG_AGO = datetime.min.replace(tzinfo=UTC)
IDLE, CODE_LIVES, STRONG, BURIED = (timedelta(seconds=each) for each in (300, 120, 300, 60))
CERTIFIED = timedelta(minutes=30)
LOCKS = 5


@dataclass(slots=True)
class Facts:
    """What one sid has proved. Times are the latest at which it may still serve.

    ``served``: when it last did so for sure; ``touched``: when it may have been kept awake.
    """

    application: int
    touched: datetime
    served: datetime = LONG_AGO
    keys: Keys = field(default_factory=lambda: Keys("bound-1"))
    keyed: bool = False
    customer: int | None = None
    ccs_id: str | None = None
    inside: bool = False
    status: str = "NONE"
    over: bool = False
    successor: str | None = None
    buried: datetime = LONG_AGO
    card: bool = False
    phone: bool = False
    code: str | None = None
    code_until: datetime = LONG_AGO
    question: str | None = None
    question_until: datetime = LONG_AGO
    strong_until: datetime = LONG_AGO
    rao: str | None = None
    rao_code: str | None = None
    rao_until: datetime = LONG_AGO
    certified_until: datetime = LONG_AGO

    @property
    def idle_at(self) -> datetime:
        return self.touched + IDLE

    def forget(self) -> None:
        self.card = self.phone = False
        self.code = None

    @property
    def stage(self) -> str:
        if self.over or self.successor:
            return "ended"
        if self.inside:
            return "authenticated"
        if self.customer is not None:
            return "identified"
        return "keyed" if self.keyed else "anonymous"


@dataclass(slots=True)
class Account:
    """One customer as all sessions share it."""

    password: str
    failures: int = 0
    live: str | None = None
    devices: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Scene:
    """One walk's world."""

    bank: Bank
    people: People
    chance: random.Random
    accounts: list[Account]
    facts: dict[str, Facts] = field(default_factory=dict)
    spent_jwts: list[str] = field(default_factory=list)
    words: int = 0

    def now(self) -> datetime:
        return self.bank.house.clock()

    def word(self) -> str:
        """A password that nobody has had."""
        self.words += 1
        return f"puente{self.words:02d}rojo"

    def end(self, sid: str | None) -> None:
        """This sid, and those that a login turned into it, are over."""
        for label, facts in self.facts.items():
            if sid is not None and sid in (label, facts.successor):
                facts.over = True


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is: a front end with its sid and what that has proved; ``right``: as it should."""

    scene: Scene
    facts: Facts
    front: Recovering
    right: bool


@dataclass(slots=True)
class Step:
    """A request that may be about to be sent: whether a success is possible, and what it would bring."""

    possible: bool
    send: Callable[[Recovering], Awaitable[httpx.Response]]
    gain: Callable[[Facts, httpx.Response], object] = lambda _facts, _answer: None
    lose: Callable[[httpx.Response], object] = lambda _answer: None
