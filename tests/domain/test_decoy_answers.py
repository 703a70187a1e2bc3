"""Customers nobody knows: the same answer every time, in the real population's mix, and never a match."""

import hashlib
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.domain.samples import NOW, SECOND

from aldaba.domain.decoy import decoy_action, decoy_name, decoy_profile, decoy_registration
from aldaba.domain.identifiers import mask_name
from aldaba.domain.lockout import Reserved, Settlement, reserve, settle
from aldaba.domain.policy import CLASSIC, DecoyPolicy
from aldaba.domain.profile import LoginAction, factor_locked, next_action, secret_to_verify, with_guard
from aldaba.domain.session import Factor

DIGESTS = [hashlib.sha256(number.to_bytes(4, "big")).digest() for number in range(5_000)]
SOME = DIGESTS[:200]


def share(answers: Counter[object], answer: object) -> float:
    return 100 * answers[answer] / answers.total()


def test_the_same_digest_gets_the_same_answer() -> None:
    for digest in SOME:
        again = bytes(digest)
        assert decoy_name(digest) == decoy_name(again)
        assert decoy_profile("7", digest, NOW, CLASSIC) == decoy_profile("7", again, NOW, CLASSIC)


@pytest.mark.parametrize("percent", [0, 12, 50, 100])
def test_actions_come_in_the_policys_mix_and_are_only_1_and_2(percent: int) -> None:
    policy = replace(CLASSIC, decoy=DecoyPolicy(pin_action_percent=percent))
    actions = Counter[object](decoy_action(digest, policy) for digest in DIGESTS)
    assert set(actions) <= {LoginAction.PASSWORD, LoginAction.PIN}
    assert share(actions, LoginAction.PIN) == pytest.approx(percent, abs=2 if 0 < percent < 100 else 0)


@pytest.mark.parametrize("percent", [0, 55, 100])
def test_registrations_come_in_the_policys_mix(percent: int) -> None:
    policy = replace(CLASSIC, decoy=DecoyPolicy(registered_percent=percent))
    registrations = Counter[object](decoy_registration(digest, policy) for digest in DIGESTS)
    assert set(registrations) <= {"0", "1"}
    assert share(registrations, "1") == pytest.approx(percent, abs=2.5 if 0 < percent < 100 else 0)


def test_action_and_registration_are_drawn_apart() -> None:
    pairs = Counter[object](
        (decoy_action(digest, CLASSIC), decoy_registration(digest, CLASSIC)) for digest in DIGESTS
    )
    assert share(pairs, (LoginAction.PIN, "1")) == pytest.approx(12 * 55 / 100, abs=1.5)


def test_names_have_the_shapes_of_real_ones_and_hardly_repeat() -> None:
    names = [decoy_name(digest) for digest in DIGESTS]
    lengths = Counter[object](len(name.split()) for name in names)
    assert set(lengths) == {3, 4}
    assert share(lengths, 4) == pytest.approx(55, abs=3)
    assert len(set(names)) > 4_800
    assert all(mask_name(name).replace("*", "").replace(" ", "").isalpha() for name in names)


def test_the_profile_shows_the_action_that_was_drawn() -> None:
    for digest in SOME:
        profile = decoy_profile("7", digest, NOW, CLASSIC)
        assert next_action(None, profile, NOW, CLASSIC) is decoy_action(digest, CLASSIC)


@pytest.mark.parametrize("factor", list(Factor))
def test_nothing_is_ever_verified_against_a_real_hash(factor: Factor) -> None:
    for digest in SOME:
        assert not secret_to_verify(decoy_profile("7", digest, NOW, CLASSIC), factor, NOW)


@pytest.mark.parametrize("factor", list(Factor))
def test_one_counts_and_locks_like_a_real_profile(factor: Factor) -> None:
    profile = decoy_profile("7", SOME[0], NOW, CLASSIC)
    guard = profile.pin.guard
    for number in range(5):
        assert not factor_locked(with_guard(profile, factor, guard), factor, NOW, CLASSIC)
        guard, reserved = reserve(guard, str(number), NOW, CLASSIC.lockout, CLASSIC.zone)
        assert reserved is Reserved.GRANTED
        guard = settle(guard, str(number), Settlement.WRONG, NOW, CLASSIC.lockout, CLASSIC.zone)
    assert factor_locked(with_guard(profile, factor, guard), factor, NOW, CLASSIC)


def test_a_locked_one_shows_it_as_a_real_one_does() -> None:
    """Else five wrong passwords and a prelogin would tell who banks here."""
    profile = decoy_profile("7", SOME[0], NOW, CLASSIC)
    guard = profile.pin.guard
    for number in range(5):
        guard, _ = reserve(guard, str(number), NOW, CLASSIC.lockout, CLASSIC.zone)
        guard = settle(guard, str(number), Settlement.WRONG, NOW, CLASSIC.lockout, CLASSIC.zone)
    for factor in Factor:
        profile = with_guard(profile, factor, guard)
    assert next_action(None, profile, NOW, CLASSIC) is LoginAction.UNLOCK


def test_one_is_kept_until_the_bank_day_turns() -> None:
    midnight = datetime(2026, 3, 11, 6, tzinfo=UTC)
    for now in (NOW, midnight - SECOND):
        profile = decoy_profile("7", SOME[0], now, CLASSIC)
        assert (profile.decoy, profile.customer_id, profile.expires_at) == (True, "", midnight)
    assert decoy_profile("7", SOME[0], midnight, CLASSIC).expires_at == midnight + timedelta(days=1)
