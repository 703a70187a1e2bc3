"""What the model remembers of a bank: customers and sessions as plain values, and the numbers of its rules.

Nothing here comes from the server. A value is frozen, so that a set of states can stand for what may have
happened; a field that no rule fixes may hold one thing in one state and another in the next.
"""

from dataclasses import dataclass, replace
from typing import Any

NEVER = float("-inf")
FOR_EVER = float("inf")
DAY = 86_400.0
MEXICO_CITY = -6 * 3_600.0
"""Seconds from UTC; Mexico keeps no summer time since 2022."""

NIP = "1234"
FAILURES_THAT_LOCK = 5
DAY_LOCKS_THAT_STAY = 3
DAY_LOCKS_COUNT_FOR = 30 * DAY
CARD_FAILURES_THAT_LOCK = 3
CARD_FAILURES_OF_A_DAY = 3
PHONE_TRIES_OF_A_SESSION = 3
PHONE_TRIES_OF_A_DAY = 6
CODE_LIVES = 120.0
CODE_REPEATED_AFTER = 30.0
CODE_TRIES_OF_A_SESSION = 3
CODE_TRIES_OF_A_DAY = 9
CODES_OF_A_SESSION = 3
CODES_OF_A_DAY = 10
CHALLENGE_LIVES = 120.0
CHALLENGE_TRIES = 3
TOKEN_FAILURES_THAT_LOCK = 5
STRONG_FOR = 300.0
SESSION_IDLE = 300.0
SESSION_LIVES = 3_600.0
TOMBSTONE_LIVES = 60.0
REPEAT_REFUSED_FOR = SESSION_LIVES
"""As long as a replay could be accepted; how much longer, no rule says."""


@dataclass(frozen=True, slots=True)
class Code:
    """A one-time code of a session; ``value`` None where nobody was told it. Tries and sends only grow."""

    issued: bool = False
    value: str | None = None
    expires: float = NEVER
    sent: float = NEVER
    tries: int = 0
    sends: int = 0


@dataclass(frozen=True, slots=True)
class Session:
    """What a sid names. ``successor``: the session a login put in its place.

    ``born``: the batch whose login made it; ``turned``: the last in which it was ended, replaced, identified
    or had its proofs used up.
    """

    label: str
    application: int
    expires: float
    touched: float
    born: int = -1
    turned: int = -1
    customer: int | None = None
    authenticated: bool = False
    successor: str | None = None
    ended: bool = False
    card: bool = False
    phone: str | None = None
    phone_tries: int = 0
    code: Code = Code()
    question: str | None = None
    question_expires: float = NEVER
    question_tries: int = 0
    strong_until: float = NEVER

    def alive(self, now: float) -> bool:
        return not self.ended and now < self.expires and now < self.touched + SESSION_IDLE


@dataclass(frozen=True, slots=True)
class Guard:
    """Consecutive failures of one secret, until when it is locked, and when it was locked for a day."""

    failures: int = 0
    locked_until: float = NEVER
    day_locks: tuple[float, ...] = ()

    def locked(self, now: float) -> bool:
        return now < self.locked_until

    def at(self, now: float) -> "Guard":
        """A lock that has run out leaves a clean count."""
        return self if self.locked_until == NEVER or self.locked(now) else replace(self, **CLEAN)

    def failed(self, now: float) -> "Guard":
        """One more; the fifth locks until tomorrow, the third such lock in thirty days for good."""
        failures = self.failures + 1
        if failures < FAILURES_THAT_LOCK:
            return replace(self, failures=failures)
        recent = tuple(at for at in self.day_locks if at > now - DAY_LOCKS_COUNT_FOR)
        if len(recent) + 1 >= DAY_LOCKS_THAT_STAY:
            return Guard(failures, FOR_EVER)
        return Guard(failures, now + DAY, (*recent, now))

    def lifted(self) -> "Guard":
        return replace(self, **CLEAN)


CLEAN: dict[str, Any] = {"failures": 0, "locked_until": NEVER}


@dataclass(frozen=True, slots=True)
class Counted:
    """What one day of the bank has seen of a customer; ``phones_sent`` by phone."""

    day: int = -1
    cards: int = 0
    phones: int = 0
    tries: int = 0
    sends: int = 0
    phones_sent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Customer:
    """``live``: the label of the one session logged in; ``changed``: the batch of the last new password."""

    password: str
    phones: tuple[str, ...]
    changed: int = -1
    guard: Guard = Guard()
    live: str | None = None
    card_failures: int = 0
    card_locked_until: float = NEVER
    today: Counted = Counted()
    token_failures: int = 0
    token_locked: bool = False

    def at(self, now: float) -> "Customer":
        """This customer as time alone has made him: a new day, locks that ran out."""
        day = int((now + MEXICO_CITY) // DAY)
        today = self.today if self.today.day == day else Counted(day)
        over = self.card_locked_until != NEVER and now >= self.card_locked_until
        card: dict[str, Any] = {"card_failures": 0, "card_locked_until": NEVER} if over else {}
        return replace(self, guard=self.guard.at(now), today=today, **card)


@dataclass(frozen=True, slots=True)
class State:
    """One way things may stand.

    ``spent``: request ids by application, and until when a repeat must be refused. ``told``: messages of this
    batch that are accounted for, phone and code.
    """

    customers: tuple[Customer, ...]
    sessions: tuple[Session, ...] = ()
    spent: tuple[tuple[int, str, float], ...] = ()
    told: tuple[tuple[str, str], ...] = ()

    def session(self, label: str) -> Session | None:
        return next((each for each in self.sessions if each.label == label), None)

    def with_session(self, session: Session) -> "State":
        others = [each for each in self.sessions if each.label != session.label]
        ordered = sorted([*others, session], key=lambda each: each.label)
        return replace(self, sessions=tuple(ordered))

    def spent_until(self, application: int, request_id: str) -> float:
        """Until when this id must not be taken again; ``NEVER`` where it was not yet brought."""
        return max((until for *of, until in self.spent if of == [application, request_id]), default=NEVER)

    def spending(self, application: int, request_id: str, now: float) -> "State":
        others = [each for each in self.spent if each[:2] != (application, request_id)]
        ordered = sorted([*others, (application, request_id, now + REPEAT_REFUSED_FOR)])
        return replace(self, spent=tuple(ordered))

    def ending(self, label: str | None, batch: int) -> "State":
        """Without this session and the tombstones of those before it."""
        state = self
        for each in self.sessions:
            if label is not None and label in (each.label, each.successor):
                state = state.with_session(replace(each, ended=True, turned=batch))
        return state

    def ending_all(self, customer: int, batch: int) -> "State":
        """Without any session of this customer, logged in or only identified."""
        state = self
        for each in self.sessions:
            if each.customer == customer:
                state = state.with_session(replace(each, ended=True, turned=batch))
        return state

    def with_customer(self, number: int, **changes: Any) -> "State":
        customers = list(self.customers)
        customers[number] = replace(customers[number], **changes)
        return replace(self, customers=tuple(customers))

    def at(self, now: float) -> "State":
        return replace(self, customers=tuple(each.at(now) for each in self.customers), told=())


def midnight_after(now: float) -> float:
    """When the bank's day ends."""
    return ((now + MEXICO_CITY) // DAY + 1) * DAY - MEXICO_CITY
