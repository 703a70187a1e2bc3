"""Hard and soft OCRA tokens: their states, which responses are fresh, what locks them, and challenges.

Nothing is computed here. A rule names the *moments* (counter and time step) at which a response would be
good; the caller tries them and hands the one that fitted back.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from aldaba.domain.lockout import Barrier, Guard, Lifter, may_lift
from aldaba.domain.policy import ChallengePolicy, LockoutPolicy

OTP_QUESTION = "00000000"
"""What a token answers when no challenge was shown: its time or counter alone makes the response new."""
MAX_COUNTER = 2**63 - 1
RESYNC_LOOK_AHEAD = 100
"""How many responses may have been shown and not sent when a token is sought (RFC 4226 section 7.4)."""


class TokenStatus(StrEnum):
    """``tokenStatus``; a customer without a token shows ``BASIC``."""

    BASIC = "6"
    HARD_ACTIVE = "56"
    SOFT_PRE_ASSIGNED = "64"
    SOFT_ACTIVE = "66"
    SOFT_DEACTIVATED = "63"


ACTIVE = frozenset({TokenStatus.HARD_ACTIVE, TokenStatus.SOFT_ACTIVE})
"""States in which a token answers challenges."""
SOFT = frozenset({TokenStatus.SOFT_PRE_ASSIGNED, TokenStatus.SOFT_ACTIVE, TokenStatus.SOFT_DEACTIVATED})
"""States of a soft token that some customer holds."""


class TokenAct(StrEnum):
    ASSIGN_HARD = "assign hard"
    ASSIGN_SOFT = "assign soft"
    ACTIVATE = "activate"
    DEACTIVATE = "deactivate"
    REACTIVATE = "reactivate"
    RENEW = "renew"
    """A deactivated soft token begins again on another phone and is to be activated there."""
    REVOKE = "revoke"


_NEXT: dict[tuple[TokenStatus, TokenAct], TokenStatus] = {
    (TokenStatus.BASIC, TokenAct.ASSIGN_HARD): TokenStatus.HARD_ACTIVE,
    (TokenStatus.BASIC, TokenAct.ASSIGN_SOFT): TokenStatus.SOFT_PRE_ASSIGNED,
    (TokenStatus.SOFT_PRE_ASSIGNED, TokenAct.ACTIVATE): TokenStatus.SOFT_ACTIVE,
    (TokenStatus.SOFT_ACTIVE, TokenAct.DEACTIVATE): TokenStatus.SOFT_DEACTIVATED,
    (TokenStatus.SOFT_DEACTIVATED, TokenAct.REACTIVATE): TokenStatus.SOFT_ACTIVE,
    (TokenStatus.SOFT_DEACTIVATED, TokenAct.RENEW): TokenStatus.SOFT_PRE_ASSIGNED,
    **{(status, TokenAct.REVOKE): TokenStatus.BASIC for status in TokenStatus},
}
_ASSIGNING = {"hard": TokenAct.ASSIGN_HARD, "soft": TokenAct.ASSIGN_SOFT}


@dataclass(frozen=True, slots=True)
class Token:
    """A token assigned to a customer; ``sealed_secret`` is its seed under the storage key."""

    serial: str
    kind: str
    suite: str
    sealed_secret: str
    status: TokenStatus
    customer_id: str | None = None
    guard: Guard = field(default_factory=Guard)
    counter: int = 0
    """The next one expected."""
    last_step: int = -1
    """Of the last one-time password; without a counter, neither it nor an earlier step gives another."""
    drift: int = 0
    """Steps by which the token's clock was ahead of ours when it last answered."""
    resyncing: bool = False
    """A response fitted, but only far outside the window: the token needs to be brought into step."""


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """A token as its maker delivers it, the seed still in clear; an empty suite is left to the policy."""

    serial: str
    kind: str
    suite: str
    secret: bytes = field(repr=False)
    counter: int = 0
    drift: int = 0


@dataclass(frozen=True, slots=True)
class BadToken:
    """Which delivered token is refused, by serial number or position, and why; never a secret."""

    place: str
    reason: str


def moved(token: Token, act: TokenAct) -> Token | None:
    """The token after the act; None when its state does not allow it. Revoking takes its customer away."""
    status = _NEXT.get((token.status, act))
    if status is None or (act in _ASSIGNING.values() and act is not _ASSIGNING.get(token.kind)):
        return None
    customer_id = None if status is TokenStatus.BASIC else token.customer_id
    return replace(token, status=status, customer_id=customer_id)


def assigned(token: Token, customer_id: str) -> Token | None:
    """A customer's from now on, with no failures. Spent steps and counters stay spent. None if taken."""
    act = _ASSIGNING.get(token.kind)
    after = None if act is None else moved(token, act)
    return after and replace(after, customer_id=customer_id, guard=Guard())


@dataclass(frozen=True, slots=True)
class Moving:
    """What of a suite moves from one response to the next."""

    counted: bool
    step_seconds: int | None

    @property
    def alone(self) -> bool:
        """Whether a response is new without a challenge."""
        return self.counted or self.step_seconds is not None


@dataclass(frozen=True, slots=True)
class Moment:
    """Where a token may stand: its counter, its time step (None what the suite lacks), its clock's drift."""

    counter: int | None
    step: int | None
    drift: int = 0


Fits = Callable[[Moment], bool]
"""Whether the response at hand is the one of that moment, compared in constant time."""


def moments(token: Token, moving: Moving, now: datetime, rules: ChallengePolicy) -> tuple[Moment, ...]:
    """At which a challenge may have been answered, the likeliest first.

    A challenge is good once, so two may be answered within one time step.
    """
    return tuple(_moments(token, moving, now, rules.look_ahead, rules.drift_steps))


def otp_moments(token: Token, moving: Moving, now: datetime, rules: ChallengePolicy) -> tuple[Moment, ...]:
    """At which a one-time password (``OTP_QUESTION``) is good; none if the suite does not move by itself."""
    if not moving.alone:
        return ()
    return tuple(moment for moment in moments(token, moving, now, rules) if _unspent(token, moment))


def fitting(candidates: Iterable[Moment], fits: Fits) -> Moment | None:
    """The first that fits. All are tried, so the time taken tells nothing of where the token stands."""
    found = [moment for moment in candidates if fits(moment)]
    return found[0] if found else None


def accepted(token: Token, moment: Moment) -> Token | None:
    """The token after it answered a challenge; None when its counter was spent in the meantime."""
    if moment.counter is not None and moment.counter < token.counter:
        return None
    counter = token.counter if moment.counter is None else moment.counter + 1
    return replace(token, counter=counter, drift=moment.drift, resyncing=False)


def otp_accepted(token: Token, moment: Moment) -> Token | None:
    """The token after its one-time password was used; None when it was spent in the meantime."""
    after = accepted(token, moment)
    if after is None or not _unspent(token, moment):
        return None
    return after if moment.step is None else replace(after, last_step=moment.step)


def strayed(token: Token, moving: Moving, now: datetime, rules: ChallengePolicy, fits: Fits) -> Token:
    """After a wrong response: the token, marked when it would have fitted further out."""
    far = _moments(token, moving, now, RESYNC_LOOK_AHEAD, rules.resync_steps)
    return token if fitting(far, fits) is None else replace(token, resyncing=True)


def resynchronised(
    token: Token, moving: Moving, now: datetime, rules: ChallengePolicy, first: Fits, second: Fits
) -> Token | None:
    """The token found again by two consecutive one-time passwords (RFC 4226 section 7.4); None if it isn't.

    Both are spent by it. Each ``Fits`` judges one of the two; they were shown just before ``now``.
    """
    if not moving.alone:
        return None
    far = _moments(token, moving, now, RESYNC_LOOK_AHEAD, rules.resync_steps)
    pairs = (after for moment in far if _unspent(token, moment) and first(moment) for after in _after(moment))
    found = next((moment for moment in pairs if second(moment)), None)
    return None if found is None else otp_accepted(token, found)


def lockout_rules(rules: ChallengePolicy, lockout: LockoutPolicy) -> LockoutPolicy:
    """The rules of a token's guard: its first lock is indefinite, for only people lift it."""
    return replace(lockout, failures=rules.token_failures, day_locks=1)


def unlocked(token: Token, lifter: Lifter) -> Token:
    """The token without its lock and failures, if this lifter may lift a token's lock; else unchanged."""
    # Not lockout.lift: its rows for the lock's kind would let a recovery open a token.
    if not may_lift(lifter, Barrier.TOKEN):
        return token
    return replace(token, guard=replace(token.guard, lock=None, failures=0))


@dataclass(frozen=True, slots=True)
class Challenge:
    """The one question a session has outstanding; a new one takes its place."""

    question: str
    issued_at: datetime
    expires_at: datetime
    tries: int = 0


def issue(drawn: int, now: datetime, rules: ChallengePolicy) -> Challenge:
    """A challenge out of a drawn number, which is to be random and far larger than a question.

    Its question is never all zeros: its answer would be a one-time password.
    """
    question = f"{1 + drawn % (10**rules.digits - 1):0{rules.digits}d}"
    return Challenge(question, now, now + timedelta(seconds=rules.life_seconds))


def tried(
    challenge: Challenge | None, question: str, now: datetime, rules: ChallengePolicy
) -> Challenge | None:
    """The outstanding challenge with this try charged; None when this question is not (any more) open."""
    if challenge is None or challenge.question != question:
        return None
    if now >= challenge.expires_at or challenge.tries >= rules.tries:
        return None
    return replace(challenge, tries=challenge.tries + 1)


def untried(challenge: Challenge | None, question: str) -> Challenge | None:
    """The challenge with a try given back, for the fault was ours; None when another is outstanding now."""
    if challenge is None or challenge.question != question:
        return None
    return replace(challenge, tries=max(challenge.tries - 1, 0))


def _moments(token: Token, moving: Moving, now: datetime, look_ahead: int, reach: int) -> Iterator[Moment]:
    highest = min(token.counter + look_ahead, MAX_COUNTER)
    counters = range(token.counter, highest + 1) if moving.counted else (None,)
    for counter in counters:
        if moving.step_seconds is None:
            yield Moment(counter, None, token.drift)
            continue
        here = int(now.timestamp()) // moving.step_seconds + token.drift
        for away in sorted(range(-reach, reach + 1), key=abs):
            if here + away >= 0:
                yield Moment(counter, here + away, token.drift + away)


def _unspent(token: Token, moment: Moment) -> bool:
    # A counter moves on by itself, so a step may serve twice.
    return moment.counter is not None or moment.step is None or moment.step > token.last_step


def _after(moment: Moment) -> tuple[Moment, ...]:
    """Where a token may stand when it shows the next response: a counted one need not wait for the clock."""
    counter = None if moment.counter is None else moment.counter + 1
    if moment.step is None:
        return (replace(moment, counter=counter),)
    later = Moment(counter, moment.step + 1, moment.drift + 1)
    return (later,) if counter is None else (replace(moment, counter=counter), later)
