"""Access profiles: credentials handed over, set, reset and aged; what is locked and what opens it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.domain.samples import (
    DAY,
    INDIVIDUAL,
    NOW,
    SECOND,
    credential,
    guarded,
    lock,
    profile,
    temporary_pin,
)

from aldaba.domain.customer import InitialAccess
from aldaba.domain.lockout import Guard, Lifter, LockCause, LockKind, Reservation
from aldaba.domain.policy import CLASSIC, PasswordPolicy
from aldaba.domain.profile import (
    AccessProfile,
    Credential,
    CredentialState,
    Expiry,
    LiveSession,
    TemporaryPin,
    aged,
    changed,
    enrolled,
    factor_locked,
    guard_of,
    issued,
    lift_locks,
    locked,
    profile_locked,
    secret_to_verify,
    standing_locks,
    with_access,
    with_guard,
    with_temporary_pin,
)
from aldaba.domain.session import Factor
from aldaba.domain.standing import lock_kind

LATER = NOW + DAY


class TestGuards:
    @pytest.mark.parametrize("factor", list(Factor))
    def test_each_factor_has_its_own(self, factor: Factor) -> None:
        guard = Guard(failures=3)
        changed_profile = with_guard(profile(), factor, guard)
        assert {other: guard_of(changed_profile, other).failures for other in Factor} == {
            other: 3 if other is factor else 0 for other in Factor
        }

    @pytest.mark.parametrize(
        ("guarded_factor", "refused"),
        [
            (Factor.PIN, {Factor.PIN}),
            (Factor.PASSWORD, {Factor.PASSWORD, Factor.BIOMETRIC}),
            (Factor.BIOMETRIC, {Factor.BIOMETRIC}),
        ],
    )
    @pytest.mark.parametrize("kind", list(LockKind))
    def test_a_lock_refuses_its_own_factor_and_the_passwords_also_biometrics(
        self, guarded_factor: Factor, refused: set[Factor], kind: LockKind
    ) -> None:
        held = with_guard(profile(), guarded_factor, guarded(kind))
        assert {factor for factor in Factor if factor_locked(held, factor, NOW, CLASSIC)} == refused


class TestLocksOfTheWholeProfile:
    @pytest.mark.parametrize("factor", list(Factor))
    def test_a_preventive_lock_refuses_every_factor_for_ever(self, factor: Factor) -> None:
        held = locked(profile(), LockKind.PREVENTIVE, LockCause.RISK, NOW, CLASSIC, note="ticket 7")
        assert held.lock is not None
        assert held.lock.note == "ticket 7"
        assert factor_locked(held, factor, NOW + 300 * DAY, CLASSIC)

    @pytest.mark.parametrize(("failures", "refused"), [(0, False), (99, False), (100, True), (101, True)])
    def test_a_hundred_failures_over_all_factors_lock(self, failures: int, *, refused: bool) -> None:
        assert profile_locked(replace(profile(), failures=failures), NOW, CLASSIC) is refused

    @pytest.mark.parametrize(
        ("unused", "refused"),
        [(364 * DAY, False), (365 * DAY, False), (365 * DAY + SECOND, True), (900 * DAY, True)],
    )
    def test_more_than_365_days_without_a_login_lock(self, unused: timedelta, *, refused: bool) -> None:
        assert profile_locked(profile(), NOW + unused, CLASSIC) is refused

    @pytest.mark.parametrize("kind", [LockKind.DAY, LockKind.INDEFINITE])
    def test_the_other_kinds_lock_pin_and_password_each(self, kind: LockKind) -> None:
        held = locked(profile(), kind, LockCause.OPERATOR, NOW, CLASSIC)
        assert held.lock is None
        assert all(factor_locked(held, factor, NOW, CLASSIC) for factor in Factor)
        day_over = factor_locked(held, Factor.PIN, NOW + DAY, CLASSIC)
        assert day_over is (kind is LockKind.INDEFINITE)

    @pytest.mark.parametrize("first", [LockKind.DAY, LockKind.INDEFINITE])
    def test_locking_by_hand_never_shortens_a_lock(self, first: LockKind) -> None:
        held = locked(profile(), first, LockCause.OPERATOR, NOW, CLASSIC)
        again = locked(held, LockKind.DAY, LockCause.IMPORTED, LATER - SECOND, CLASSIC)
        assert factor_locked(again, Factor.PIN, LATER, CLASSIC)
        assert factor_locked(again, Factor.PIN, LATER + DAY, CLASSIC) is (first is LockKind.INDEFINITE)

    def test_locking_by_hand_keeps_failures_and_unfinished_attempts(self) -> None:
        busy = Guard(failures=2, pending=(Reservation("one", NOW),))
        held = locked(profile(credential(guard=busy)), LockKind.DAY, LockCause.OPERATOR, NOW, CLASSIC)
        assert (held.pin.guard.failures, held.pin.guard.pending) == (2, busy.pending)


def fully_locked() -> AccessProfile:
    """Each guard with another kind of lock, the whole with a preventive one, the ceiling reached."""
    held = replace(profile(), lock=lock(LockKind.PREVENTIVE), failures=100)
    held = with_guard(held, Factor.PIN, guarded(LockKind.DAY))
    held = with_guard(held, Factor.PASSWORD, guarded(LockKind.INDEFINITE))
    return with_guard(held, Factor.BIOMETRIC, guarded(LockKind.DAY))


class TestToldKind:
    """What IVR and branch are told of a lock: the gravest that stands."""

    @pytest.mark.parametrize(
        ("changes", "days", "pin", "password"),
        [
            ({}, 0, None, None),
            ({}, 365, None, None),
            ({}, 366, "S", "S"),
            ({"failures": 99}, 0, None, None),
            ({"failures": 100}, 0, "S", "S"),
            ({"pin": credential(guard=guarded(LockKind.DAY))}, 0, "D", None),
            ({"pin": credential(guard=guarded(LockKind.DAY))}, 1, None, None),
            ({"pin": credential(guard=guarded(LockKind.DAY)), "failures": 100}, 0, "S", "S"),
            ({"lock": lock(LockKind.PREVENTIVE), "failures": 100}, 366, "I", "I"),
        ],
    )
    def test_it_is_the_gravest(
        self, changes: dict[str, Any], days: int, pin: str | None, password: str | None
    ) -> None:
        held, then = replace(profile(), **changes), NOW + days * DAY
        assert lock_kind(held, Factor.PIN, then, CLASSIC) == pin
        assert lock_kind(held, Factor.PASSWORD, then, CLASSIC) == password


class TestLifting:
    @pytest.mark.parametrize(
        ("lifter", "standing", "failures"),
        [
            (Lifter.SET_ACCESS, [LockKind.PREVENTIVE], 100),
            (Lifter.UNLOCK_ACCESS, [LockKind.PREVENTIVE], 100),
            (Lifter.HELP_DESK, [LockKind.PREVENTIVE], 0),
            (Lifter.SECURITY_OFFICER, [], 0),
        ],
    )
    def test_lifts_what_the_matrix_allows_and_only_staff_reset_the_ceiling(
        self, lifter: Lifter, standing: list[LockKind], failures: int
    ) -> None:
        held = fully_locked()
        lifted = lift_locks(held, lifter, NOW)
        assert [each.kind for each in lifted.standing] == standing
        assert lifted.profile.failures == failures
        assert set(lifted.lifted) | set(lifted.standing) == set(standing_locks(held, NOW))
        assert all(guard_of(lifted.profile, factor) == Guard() for factor in Factor)

    def test_lifting_lets_a_customer_in_who_was_away_for_a_year(self) -> None:
        back = NOW + 400 * DAY
        assert profile_locked(profile(), back, CLASSIC)
        assert not profile_locked(lift_locks(profile(), Lifter.UNLOCK_ACCESS, back).profile, back, CLASSIC)

    def test_a_lock_that_stays_does_not_count_as_use(self) -> None:
        held = replace(profile(), lock=lock(LockKind.PREVENTIVE))
        assert lift_locks(held, Lifter.HELP_DESK, LATER).profile.active_at == NOW

    def test_a_lock_that_ran_out_is_not_told_as_lifted(self) -> None:
        held = with_guard(profile(), Factor.PIN, guarded(LockKind.DAY))
        assert standing_locks(held, NOW + DAY) == ()
        assert lift_locks(held, Lifter.HELP_DESK, NOW + DAY).lifted == ()


class TestHandedOver:
    def test_a_fresh_profile_without_credentials_has_none(self) -> None:
        fresh = enrolled(INDIVIDUAL, "7001", "2", None, NOW, CLASSIC)
        assert fresh == AccessProfile("7001", "15000010", "2", NOW, NOW)

    def test_credentials_of_the_record_are_active_at_once(self) -> None:
        fresh = enrolled(INDIVIDUAL, "7001", "", InitialAccess(pin="p", password="w"), NOW, CLASSIC)
        assert (fresh.pin.sealed, fresh.password.sealed) == ("p", "w")
        assert {fresh.pin.state, fresh.password.state} == {CredentialState.ACTIVE}
        assert (fresh.temporary_pin, fresh.lock, fresh.revision) == (None, None, 1)

    def test_what_a_record_leaves_out_stays(self) -> None:
        before = locked(
            profile(credential("p"), credential("w")), LockKind.INDEFINITE, LockCause.OPERATOR, NOW, CLASSIC
        )
        after = with_access(before, InitialAccess(password="new"), LATER, CLASSIC)
        assert after.pin == before.pin
        assert after.password.sealed == "new"
        assert after.password.guard.lock == before.password.guard.lock
        assert with_access(before, InitialAccess(), LATER, CLASSIC) == replace(before, revision=1)

    def test_a_temporary_pin_of_the_record_expires_what_came_with_it(self) -> None:
        access = InitialAccess(pin="p", password="w", temporary_pin="t")
        fresh = with_access(profile(), access, NOW, CLASSIC)
        assert fresh.temporary_pin == TemporaryPin("t", NOW, NOW + timedelta(hours=72))
        assert {fresh.pin.expired, fresh.password.expired} == {Expiry.RESET}

    @pytest.mark.parametrize("letter", ["D", "S", "I"])
    def test_a_lock_of_the_record_is_laid(self, letter: str) -> None:
        held = with_access(profile(), InitialAccess(locked=letter), NOW, CLASSIC)
        assert {each.kind.value for each in standing_locks(held, NOW)} == {letter}
        assert {each.cause for each in standing_locks(held, NOW)} == {LockCause.IMPORTED}
        assert factor_locked(held, Factor.PIN, NOW, CLASSIC)

    def test_records_that_come_every_night_do_not_grow_the_history(self) -> None:
        kept = profile()
        for night in range(20):
            access = InitialAccess(pin=f"p{night}", password=f"w{night}")
            kept = with_access(kept, access, NOW + night * DAY, CLASSIC)
        assert kept.pin.history == ("p18", "p17", "p16", "p15", "p14")
        assert len(kept.password.history) == 5

    def test_a_new_secret_has_a_clean_count_and_keeps_the_lock(self) -> None:
        before = replace(credential("old", guarded(LockKind.INDEFINITE)), expired=Expiry.RESET)
        after = issued(before, "new", LATER)
        assert (after.sealed, after.expired, after.history) == ("new", None, ("old",))
        assert (after.guard.failures, after.guard.lock) == (0, before.guard.lock)
        assert (after.activated_at, after.state_changed_at) == (LATER, LATER)


class TestChanged:
    def test_the_earlier_one_joins_the_history(self) -> None:
        after = changed(credential("old"), "new", LATER, 5)
        assert (after.sealed, after.history, after.changed_at, after.changes) == ("new", ("old",), LATER, 1)

    def test_the_first_of_all_has_no_history(self) -> None:
        assert changed(Credential(), "new", NOW, 5).history == ()

    @pytest.mark.parametrize(
        ("history", "kept"), [(0, ()), (2, ("c4", "c3")), (5, ("c4", "c3", "c2", "c1", "c0"))]
    )
    def test_the_history_keeps_as_many_as_the_policy_says(self, history: int, kept: tuple[str, ...]) -> None:
        current = Credential()
        for number in range(6):
            current = changed(current, f"c{number}", NOW, history)
        assert (current.sealed, current.history) == ("c5", kept)

    def test_changes_are_counted_up_to_two_digits(self) -> None:
        assert changed(replace(credential(), changes=99), "new", NOW, 5).changes == 99


class TestTemporaryPin:
    def test_lives_for_72_hours_and_expires_what_was_there(self) -> None:
        after = with_temporary_pin(profile(credential("p"), credential("w")), "t", NOW, CLASSIC)
        assert after.temporary_pin == TemporaryPin("t", NOW, NOW + timedelta(hours=72))
        assert {after.pin.expired, after.password.expired} == {Expiry.RESET}
        assert {after.pin.state, after.password.state} == {CredentialState.RESTARTED}
        assert {after.pin.reset_at, after.password.reset_at} == {NOW}
        assert after.revision == 1

    def test_leaves_credentials_that_were_never_set_as_they_are(self) -> None:
        after = with_temporary_pin(profile(), "t", NOW, CLASSIC)
        assert (after.pin, after.password) == (Credential(), Credential())

    def test_counts_as_use_for_a_customer_who_was_away(self) -> None:
        back = NOW + 400 * DAY
        assert not profile_locked(with_temporary_pin(profile(), "t", back, CLASSIC), back, CLASSIC)

    @pytest.mark.parametrize(
        ("after", "used_by", "retried", "usable"),
        [
            (timedelta(), None, None, True),
            (timedelta(hours=72) - SECOND, None, None, True),
            (timedelta(hours=72), None, None, False),
            (timedelta(), "handle-2", None, False),
            (timedelta(), "handle-2", "handle-1", False),
            (timedelta(), "handle-2", "handle-2", True),
            (timedelta(hours=72), "handle-2", "handle-2", False),
            (timedelta(), None, "handle-2", True),
        ],
    )
    def test_opens_one_session_and_again_only_for_the_retry_of_that_login(
        self, after: timedelta, used_by: str | None, retried: str | None, *, usable: bool
    ) -> None:
        pin = replace(temporary_pin(), used_by=used_by)
        assert pin.usable(NOW + after, retried) is usable
        held = replace(profile(credential("p")), temporary_pin=pin)
        expected = pin.sealed if usable else None
        assert secret_to_verify(held, Factor.PIN, NOW + after, retried) == expected


RESET = replace(credential("reset"), expired=Expiry.RESET)
UNLOCKED = replace(credential("unlocked"), expired=Expiry.UNLOCK)


class TestSecretToVerify:
    @pytest.mark.parametrize(
        ("held", "factor", "sealed"),
        [
            (profile(), Factor.PIN, None),
            (profile(), Factor.PASSWORD, None),
            (profile(credential("p"), credential("w")), Factor.PIN, "p"),
            (profile(credential("p"), credential("w")), Factor.PASSWORD, "w"),
            (profile(credential("p"), credential("w")), Factor.BIOMETRIC, None),
            (profile(credential("p"), UNLOCKED), Factor.PASSWORD, "unlocked"),
            (profile(RESET, RESET), Factor.PIN, None),
            (profile(RESET, RESET), Factor.PASSWORD, None),
            (with_temporary_pin(profile(), "t", NOW, CLASSIC), Factor.PIN, "t"),
            (with_temporary_pin(profile(), "t", NOW, CLASSIC), Factor.PASSWORD, None),
            (with_temporary_pin(profile(credential("p")), "t", NOW, CLASSIC), Factor.PIN, "t"),
            (with_temporary_pin(profile(None, credential("w")), "t", NOW, CLASSIC), Factor.PASSWORD, None),
            (with_temporary_pin(profile(credential("p")), "t", NOW, CLASSIC), Factor.BIOMETRIC, None),
        ],
    )
    def test_is_the_one_that_serves_now(
        self, held: AccessProfile, factor: Factor, sealed: str | None
    ) -> None:
        assert secret_to_verify(held, factor, NOW) == sealed


class TestAge:
    AGEING = replace(CLASSIC, password=PasswordPolicy(max_age_days=90))

    @pytest.mark.parametrize(
        ("after", "old"), [(timedelta(), False), (90 * DAY, False), (90 * DAY + SECOND, True)]
    )
    def test_a_password_ages_where_the_policy_says_so(self, after: timedelta, *, old: bool) -> None:
        assert aged(credential(), NOW + after, self.AGEING) is old
        assert not aged(credential(), NOW + after, CLASSIC)

    def test_one_never_set_has_no_age(self) -> None:
        assert not aged(Credential(), NOW + 1000 * DAY, self.AGEING)

    def test_the_latest_of_change_and_handing_over_counts(self) -> None:
        set_by_owner = changed(credential(), "new", NOW + 50 * DAY, 5)
        assert not aged(set_by_owner, NOW + 140 * DAY, self.AGEING)
        handed_over = issued(set_by_owner, "newer", NOW + 100 * DAY)
        assert not aged(handed_over, NOW + 190 * DAY, self.AGEING)
        assert aged(handed_over, NOW + 191 * DAY, self.AGEING)


def test_a_profile_remembers_the_one_session_that_lives() -> None:
    assert replace(profile(), live_session=LiveSession("handle-2", NOW)).live_session is not None
