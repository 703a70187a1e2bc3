"""What counts over all factors of a profile: the ceiling in sight, and what a decoy leaves behind."""

from dataclasses import replace

import pytest
from tests.domain.samples import DAY, INDIVIDUAL, NOW, credential, guarded, lock, profile

from aldaba.domain.customer import InitialAccess
from aldaba.domain.decoy import inheriting
from aldaba.domain.lockout import Guard, LockCause, LockKind, Reservation
from aldaba.domain.policy import CLASSIC, PasswordPolicy
from aldaba.domain.profile import (
    AccessProfile,
    LoginAction,
    ceiling_in_sight,
    enrolled,
    guard_of,
    next_action,
)
from aldaba.domain.session import Factor


def unfinished(*ids: str) -> Guard:
    return Guard(pending=tuple(Reservation(each, NOW) for each in ids))


def trying(failures: int, *, pin: Guard, biometric: Guard, cards: dict[str, Guard]) -> AccessProfile:
    tried = profile(pin=credential(guard=pin), password=credential())
    return replace(tried, failures=failures, biometric=biometric, cards=cards)


class TestCeilingInSight:
    @pytest.mark.parametrize(("failures", "in_sight"), [(96, False), (97, True), (98, True)])
    def test_unfinished_attempts_of_every_factor_and_card_count_as_if_they_failed(
        self, failures: int, *, in_sight: bool
    ) -> None:
        both = unfinished("pin-1"), unfinished("finger-1")
        tried = trying(failures, pin=both[0], biometric=both[1], cards={"a": unfinished("nip-1")})
        assert ceiling_in_sight(tried, CLASSIC) is in_sight

    def test_one_attempt_before_several_cards_counts_once(self) -> None:
        cards = {"a": unfinished("nip-1"), "b": unfinished("nip-1")}
        tried = trying(98, pin=Guard(), biometric=Guard(), cards=cards)
        assert not ceiling_in_sight(tried, CLASSIC)


class TestInheritance:
    REAL = enrolled(
        INDIVIDUAL, "700100200300", "", InitialAccess(pin="sealed", password="sealed"), NOW, CLASSIC
    )

    def test_attempts_and_failures_at_the_decoy_stand_at_the_real_profile(self) -> None:
        decoy = replace(profile(pin=credential(guard=Guard(failures=3))), decoy=True, failures=7)
        taken = inheriting(self.REAL, decoy)
        assert (taken.pin.guard.failures, taken.failures) == (3, 7)
        assert (taken.pin.sealed, taken.customer_id) == ("sealed", "15000010")
        assert not taken.decoy

    @pytest.mark.parametrize("factor", Factor)
    def test_of_two_locks_the_longer_stands_and_one_alone_stays(self, factor: Factor) -> None:
        day = Guard(lock=lock(LockKind.DAY))
        longer = replace(lock(LockKind.DAY), until=NOW + 2 * DAY, cause=LockCause.IMPORTED)
        none = profile(credential(), credential())
        locked = profile(credential(guard=day), credential(guard=day))
        locked = replace(locked, biometric=day)
        longest = replace(
            locked,
            pin=credential(guard=Guard(lock=longer)),
            password=credential(guard=Guard(lock=longer)),
            biometric=Guard(lock=longer),
        )
        assert guard_of(inheriting(none, locked), factor).lock == day.lock
        assert guard_of(inheriting(locked, none), factor).lock == day.lock
        assert guard_of(inheriting(longest, locked), factor).lock == longer
        assert guard_of(inheriting(locked, longest), factor).lock == longer

    def test_an_indefinite_lock_of_the_decoy_stays(self) -> None:
        taken = inheriting(self.REAL, profile(password=credential(guard=guarded(LockKind.INDEFINITE))))
        assert guard_of(taken, Factor.PASSWORD).lock == lock(LockKind.INDEFINITE)


def test_where_an_aged_password_is_all_there_is_it_is_still_the_one_asked_for() -> None:
    policy = replace(CLASSIC, password=PasswordPolicy(max_age_days=30))
    old = profile(password=replace(credential(), activated_at=NOW - 31 * DAY, changed_at=NOW - 31 * DAY))
    assert next_action(INDIVIDUAL, old, NOW, policy) is LoginAction.PASSWORD
    with_pin = replace(old, pin=credential())
    assert next_action(INDIVIDUAL, with_pin, NOW, policy) is LoginAction.PIN


def test_a_bare_profile_is_nobodys_decoy_and_has_never_failed() -> None:
    bare = AccessProfile("700100200300", "15000010", "", NOW, NOW)
    assert (bare.decoy, bare.vendor_registered, bare.failures, bare.revision) == (False, False, 0, 0)
