"""Locks: when failures bring one, how long it stands, and who lifts it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.domain.samples import DAY, MEXICO_CITY, NOW, SECOND, TIJUANA, guarded, lock

from aldaba.domain.lockout import (
    Barrier,
    Guard,
    Lifter,
    Lock,
    LockCause,
    LockKind,
    Reservation,
    Reserved,
    Settlement,
    lift,
    lock_for_failures,
    longer,
    may_lift,
    refresh,
    reserve,
    same_time_tomorrow,
    settle,
)
from aldaba.domain.policy import LockoutPolicy

RULES = LockoutPolicy()
STALE = timedelta(seconds=10)


def tried(guard: Guard, *settlements: Settlement, at: datetime = NOW) -> Guard:
    """One attempt after the other, each granted and settled at once."""
    for number, settlement in enumerate(settlements):
        guard, reserved = reserve(guard, f"try-{number}", at, RULES, MEXICO_CITY)
        assert reserved is Reserved.GRANTED
        guard = settle(guard, f"try-{number}", settlement, at, RULES, MEXICO_CITY)
    return guard


def asked(guard: Guard, at: datetime, rules: LockoutPolicy = RULES) -> tuple[Guard, Reserved]:
    return reserve(guard, "asked", at, rules, MEXICO_CITY)


def pending(count: int, at: datetime = NOW) -> tuple[Reservation, ...]:
    return tuple(Reservation(f"pending-{number}", at) for number in range(count))


WRONG, RIGHT, WITHDRAWN = Settlement.WRONG, Settlement.RIGHT, Settlement.WITHDRAWN


class TestFailures:
    @pytest.mark.parametrize(
        ("settlements", "failures", "locked"),
        [
            ([], 0, False),
            ([WRONG] * 4, 4, False),
            ([WRONG] * 5, 5, True),
            ([WRONG] * 4 + [RIGHT], 0, False),
            ([WRONG] * 4 + [RIGHT] + [WRONG] * 4, 4, False),
            ([WRONG] * 4 + [RIGHT] + [WRONG] * 5, 5, True),
            ([WRONG] * 4 + [WITHDRAWN], 4, False),
            ([WRONG] * 4 + [WITHDRAWN] * 9 + [WRONG], 5, True),
            ([RIGHT] * 20, 0, False),
            ([WITHDRAWN] * 20, 0, False),
        ],
    )
    def test_only_the_fifth_consecutive_failure_locks(
        self, settlements: list[Settlement], failures: int, *, locked: bool
    ) -> None:
        guard = tried(Guard(), *settlements)
        assert (guard.failures, guard.locked(NOW)) == (failures, locked)
        assert guard.pending == ()

    def test_a_locked_guard_grants_nothing(self) -> None:
        guard = tried(Guard(), *[WRONG] * 5)
        assert asked(guard, NOW) == (guard, Reserved.LOCKED)

    @pytest.mark.parametrize("settlement", list(Settlement))
    def test_settling_twice_changes_nothing(self, settlement: Settlement) -> None:
        guard, _ = asked(Guard(failures=2), NOW)
        once = settle(guard, "asked", settlement, NOW, RULES, MEXICO_CITY)
        for again in Settlement:
            assert settle(once, "asked", again, NOW, RULES, MEXICO_CITY) is once

    @pytest.mark.parametrize("settlement", list(Settlement))
    def test_settling_an_attempt_never_granted_changes_nothing(self, settlement: Settlement) -> None:
        guard = Guard(failures=4, pending=pending(1))
        assert settle(guard, "made up", settlement, NOW, RULES, MEXICO_CITY) is guard

    def test_a_right_answer_does_not_open_a_lock_that_fell_while_it_was_looked_at(self) -> None:
        guard = Guard(failures=3, pending=pending(1), lock=lock(LockKind.INDEFINITE))
        settled = settle(guard, "pending-0", RIGHT, NOW, RULES, MEXICO_CITY)
        assert settled == replace(guard, pending=())

    def test_failures_never_turn_an_indefinite_lock_into_a_day_lock(self) -> None:
        standing = lock(LockKind.INDEFINITE)
        guard = Guard(failures=4, pending=pending(1), lock=standing)
        assert settle(guard, "pending-0", WRONG, NOW, RULES, MEXICO_CITY).lock == standing

    @pytest.mark.parametrize("lowered_to", [3, 4])
    def test_a_limit_lowered_to_the_count_or_below_locks_instead_of_waiting_for_ever(
        self, lowered_to: int
    ) -> None:
        guard, reserved = asked(Guard(failures=4), NOW, LockoutPolicy(failures=lowered_to))
        assert reserved is Reserved.LOCKED
        assert guard.locked(NOW)


class TestParallelAttempts:
    def test_the_sixth_at_once_waits_and_leaves_no_lock(self) -> None:
        guard = Guard(pending=pending(5))
        assert asked(guard, NOW) == (guard, Reserved.WAIT)

    def test_failures_and_unfinished_attempts_share_the_limit(self) -> None:
        assert asked(Guard(failures=3, pending=pending(1)), NOW)[1] is Reserved.GRANTED
        assert asked(Guard(failures=3, pending=pending(2)), NOW)[1] is Reserved.WAIT

    def test_one_that_waited_is_granted_when_a_right_one_is_done(self) -> None:
        guard = settle(Guard(failures=3, pending=pending(2)), "pending-0", RIGHT, NOW, RULES, MEXICO_CITY)
        assert asked(guard, NOW)[1] is Reserved.GRANTED

    def test_twenty_right_answers_at_once_leave_no_lock(self) -> None:
        guard, waiting = Guard(), list(range(20))
        while waiting:
            granted = []
            for number in waiting:
                guard, reserved = reserve(guard, str(number), NOW, RULES, MEXICO_CITY)
                if reserved is Reserved.GRANTED:
                    granted.append(number)
            for number in granted:
                guard = settle(guard, str(number), RIGHT, NOW, RULES, MEXICO_CITY)
            waiting = [number for number in waiting if number not in granted]
        assert guard == Guard()


class TestAttemptsLeftByACrash:
    @pytest.mark.parametrize(
        ("after", "failures", "unfinished"),
        [(STALE - SECOND, 0, 1), (STALE, 1, 0), (STALE + SECOND, 1, 0)],
    )
    def test_one_counts_as_failed_after_ten_seconds(
        self, after: timedelta, failures: int, unfinished: int
    ) -> None:
        guard = refresh(Guard(pending=pending(1)), NOW + after, RULES, MEXICO_CITY)
        assert (guard.failures, len(guard.pending)) == (failures, unfinished)

    def test_five_lock_from_the_moment_they_failed(self) -> None:
        guard = refresh(Guard(pending=pending(5)), NOW + timedelta(hours=3), RULES, MEXICO_CITY)
        assert guard.lock == Lock(LockKind.DAY, NOW + STALE, LockCause.FAILURES, until=NOW + STALE + DAY)

    def test_five_left_last_week_do_not_lock_anybody_today(self) -> None:
        guard = refresh(Guard(pending=pending(5)), NOW + 7 * DAY, RULES, MEXICO_CITY)
        assert guard == Guard(day_locks=(NOW + STALE,))

    def test_a_late_right_answer_changes_nothing(self) -> None:
        guard = refresh(Guard(failures=1, pending=pending(1)), NOW + STALE, RULES, MEXICO_CITY)
        assert settle(guard, "pending-0", RIGHT, NOW + STALE, RULES, MEXICO_CITY) is guard

    def test_asking_anew_counts_them_first(self) -> None:
        guard, reserved = asked(Guard(failures=4, pending=pending(1)), NOW + STALE)
        assert reserved is Reserved.LOCKED
        assert guard.locked(NOW + STALE)


class TestDayLocks:
    def test_one_stands_until_the_same_time_next_day_and_leaves_a_clean_count(self) -> None:
        guard = tried(Guard(), *[WRONG] * 5)
        assert asked(guard, NOW + DAY - SECOND)[1] is Reserved.LOCKED
        opened, reserved = asked(guard, NOW + DAY)
        assert reserved is Reserved.GRANTED
        assert (opened.failures, opened.lock) == (0, None)

    @pytest.mark.parametrize(
        ("zone", "before", "after"),
        [
            ("America/Mexico_City", "2026-03-07T12:00", "2026-03-08T12:00"),
            ("America/Tijuana", "2026-03-07T12:00", "2026-03-08T12:00"),
            ("America/Tijuana", "2026-10-31T12:00", "2026-11-01T12:00"),
            ("America/Tijuana", "2026-06-30T23:59", "2026-07-01T23:59"),
            ("America/Tijuana", "2026-12-31T23:59", "2027-01-01T23:59"),
        ],
    )
    def test_the_same_time_is_that_of_the_clock_on_the_wall(self, zone: str, before: str, after: str) -> None:
        place = ZoneInfo(zone)
        now = datetime.fromisoformat(before).replace(tzinfo=place).astimezone(UTC)
        tomorrow = same_time_tomorrow(now, place)
        assert tomorrow.tzinfo is UTC
        assert tomorrow == datetime.fromisoformat(after).replace(tzinfo=place).astimezone(UTC)

    @pytest.mark.parametrize(
        ("before", "hours"),
        [("2026-03-06T12:00", 24), ("2026-03-07T12:00", 23), ("2026-10-31T12:00", 25)],
    )
    def test_summer_time_makes_a_day_of_23_or_25_hours(self, before: str, hours: int) -> None:
        now = datetime.fromisoformat(before).replace(tzinfo=TIJUANA).astimezone(UTC)
        assert same_time_tomorrow(now, TIJUANA) - now == timedelta(hours=hours)

    @pytest.mark.parametrize(
        ("days_ago", "kind"),
        [
            ([], LockKind.DAY),
            ([1], LockKind.DAY),
            ([29, 1], LockKind.INDEFINITE),
            ([30, 1], LockKind.DAY),
            ([31, 30], LockKind.DAY),
        ],
    )
    def test_the_third_within_thirty_days_becomes_indefinite(
        self, days_ago: list[int], kind: LockKind
    ) -> None:
        guard = Guard(failures=4, day_locks=tuple(NOW - days * DAY for days in days_ago))
        failed = tried(guard, WRONG)
        assert failed.lock is not None
        assert failed.lock.kind is kind
        assert (failed.lock.until is None) == (kind is LockKind.INDEFINITE)

    def test_three_days_of_guessing_end_in_an_indefinite_lock(self) -> None:
        guard, kinds = Guard(), []
        for day in range(3):
            guard = tried(guard, *[WRONG] * 5, at=NOW + day * DAY)
            assert guard.lock is not None
            kinds.append(guard.lock.kind)
        assert kinds == [LockKind.DAY, LockKind.DAY, LockKind.INDEFINITE]
        assert asked(guard, NOW + 1000 * DAY)[1] is Reserved.LOCKED

    def test_one_that_was_lifted_still_counts_towards_the_third(self) -> None:
        guard = lift(tried(Guard(), *[WRONG] * 5), Lifter.HELP_DESK)
        assert guard == Guard(day_locks=(NOW,))
        again = lift(tried(guard, *[WRONG] * 5), Lifter.HELP_DESK)
        third = tried(again, *[WRONG] * 5)
        assert third.lock is not None
        assert third.lock.kind is LockKind.INDEFINITE

    def test_after_an_indefinite_lock_the_count_of_day_locks_begins_anew(self) -> None:
        guard = tried(Guard(day_locks=(NOW, NOW)), *[WRONG] * 5)
        assert guard.day_locks == ()

    def test_lock_for_failures_tells_the_kind_and_the_end(self) -> None:
        assert lock_for_failures(NOW, (), RULES, MEXICO_CITY).until == NOW + DAY
        assert lock_for_failures(NOW, (NOW, NOW), RULES, MEXICO_CITY).until is None


class TestLockingAgain:
    @pytest.mark.parametrize(
        ("standing", "new", "kept"),
        [
            (None, LockKind.DAY, LockKind.DAY),
            (LockKind.DAY, LockKind.INDEFINITE, LockKind.INDEFINITE),
            (LockKind.INDEFINITE, LockKind.DAY, LockKind.INDEFINITE),
            (LockKind.PREVENTIVE, LockKind.DAY, LockKind.PREVENTIVE),
        ],
    )
    def test_never_opens_sooner(self, standing: LockKind | None, new: LockKind, kept: LockKind) -> None:
        assert longer(None if standing is None else lock(standing), lock(new)).kind is kept

    def test_the_later_of_two_day_locks_counts(self) -> None:
        early, late = (replace(lock(LockKind.DAY), until=NOW + days * DAY) for days in (1, 2))
        assert longer(early, late) is late
        assert longer(late, early) is late


MATRIX = {
    # lifted by:            D      S      I      token  card
    Lifter.TIME: (True, False, False, False, True),
    Lifter.SET_ACCESS: (True, True, False, False, False),
    Lifter.UNLOCK_ACCESS: (True, True, False, False, False),
    Lifter.HELP_DESK: (True, True, False, True, True),
    Lifter.SECURITY_OFFICER: (True, True, True, True, True),
}


class TestWhatLiftsWhat:
    def test_the_matrix_names_every_lifter(self) -> None:
        assert set(MATRIX) == set(Lifter)

    @pytest.mark.parametrize(
        ("lifter", "barrier", "may"),
        [
            (lifter, barrier, may)
            for lifter, row in MATRIX.items()
            for barrier, may in zip(Barrier, row, strict=True)
        ],
    )
    def test_is_the_table_of_the_policy(self, lifter: Lifter, barrier: Barrier, *, may: bool) -> None:
        assert may_lift(lifter, barrier) is may

    @pytest.mark.parametrize("lifter", list(Lifter))
    @pytest.mark.parametrize("kind", list(LockKind))
    def test_lifting_gives_a_clean_guard_or_leaves_it_as_it_was(self, lifter: Lifter, kind: LockKind) -> None:
        guard = guarded(kind)
        assert lift(guard, lifter) == (Guard() if may_lift(lifter, Barrier(kind.value)) else guard)

    def test_every_kind_of_lock_has_a_barrier_of_the_same_letter(self) -> None:
        assert {kind.value for kind in LockKind} <= {barrier.value for barrier in Barrier}
