"""No interleaving of attempts, answers, faults, crashes and time gives a guesser a sixth look."""

from datetime import datetime, timedelta

from hypothesis import settings, strategies
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule
from tests.domain.samples import NOW, TIJUANA

from aldaba.domain.lockout import Guard, LockKind, Reserved, Settlement, refresh, reserve, settle
from aldaba.domain.policy import LockoutPolicy

RULES = LockoutPolicy()
STALE = timedelta(seconds=RULES.reservation_seconds)

steps_of_time = strategies.one_of(
    strategies.integers(0, 15),
    strategies.sampled_from([10, 3_600, 82_800, 86_400, 90_000, 15 * 86_400]),
).map(lambda seconds: timedelta(seconds=seconds))


class Guessing(RuleBasedStateMachine):
    """Many clients before one guard; the model counts looks at the secret by hand."""

    granted = Bundle("granted")
    finished = Bundle("finished")

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.guard = Guard()
        self.asked = 0
        self.open: dict[str, datetime] = {}
        self.charged = 0
        """Attempts since the last right answer or opened lock that failed, a crash's included."""

    def _time_is_up_for_some(self) -> None:
        for name, at in list(self.open.items()):
            if at + STALE <= self.now:
                del self.open[name]
                self.charged += 1

    def _lock_ran_out(self, *, was_locked: bool) -> None:
        if was_locked and not self.guard.locked(self.now):
            self.charged = 0

    @rule(step=steps_of_time)
    def time_passes(self, step: timedelta) -> None:
        self.now += step

    @rule(target=granted)
    def somebody_reserves(self) -> str:
        self.asked += 1
        name = f"attempt-{self.asked}"
        held = self.guard.lock is not None
        self._time_is_up_for_some()
        self.guard, reserved = reserve(self.guard, name, self.now, RULES, TIJUANA)
        self._lock_ran_out(was_locked=held or self.charged >= RULES.failures)
        match reserved:
            case Reserved.GRANTED:
                self.open[name] = self.now
            case Reserved.LOCKED:
                assert self.charged >= RULES.failures
            case Reserved.WAIT:
                assert self.open, "somebody waits though nobody else is at it"
        return name

    @rule(target=finished, name=consumes(granted), settlement=strategies.sampled_from(Settlement))
    def one_is_settled(self, name: str, settlement: Settlement) -> str:
        known = name in self.open
        before = self.guard
        self.guard = settle(self.guard, name, settlement, self.now, RULES, TIJUANA)
        if not known:
            assert self.guard is before, "an attempt that was never granted, or is over, changed something"
            return name
        del self.open[name]
        match settlement:
            case Settlement.WRONG:
                self.charged += 1
            case Settlement.RIGHT:
                assert self.guard.lock is None, "a right answer left a lock"
                self.charged = 0
            case Settlement.WITHDRAWN:
                assert self.guard.failures == before.failures, "a fault of ours was charged"
                assert self.guard.lock == before.lock
        return name

    @rule(name=finished, settlement=strategies.sampled_from(Settlement))
    def one_is_settled_again(self, name: str, settlement: Settlement) -> None:
        before = self.guard
        assert settle(before, name, settlement, self.now, RULES, TIJUANA) is before

    @rule()
    def somebody_looks(self) -> None:
        held = self.guard.lock is not None
        self._time_is_up_for_some()
        self.guard = refresh(self.guard, self.now, RULES, TIJUANA)
        self._lock_ran_out(was_locked=held or self.charged >= RULES.failures)
        assert refresh(self.guard, self.now, RULES, TIJUANA) == self.guard

    @invariant()
    def unfinished_and_failed_together_keep_within_the_limit(self) -> None:
        assert len(self.open) + self.charged <= RULES.failures
        assert len(self.guard.pending) + self.guard.failures <= RULES.failures

    @invariant()
    def the_guard_knows_every_attempt_still_open(self) -> None:
        assert {entry.id for entry in self.guard.pending} == set(self.open)

    @invariant()
    def it_is_locked_when_and_only_when_five_failed(self) -> None:
        assert (self.guard.lock is not None) == (self.guard.failures >= RULES.failures)
        assert self.guard.failures == self.charged

    @invariant()
    def at_most_two_day_locks_are_remembered(self) -> None:
        assert len(self.guard.day_locks) <= RULES.day_locks - 1
        if self.guard.lock is not None and self.guard.lock.kind is LockKind.DAY:
            assert self.guard.day_locks[-1] == self.guard.lock.since


Guessing.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None, database=None)
TestGuessing = Guessing.TestCase
