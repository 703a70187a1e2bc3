"""What stands in a customer's way: each rule told once, with where it came from and which act lifts it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aldaba.domain.lockout import Guard, Lifter, Lock, LockCause, LockKind
from aldaba.domain.policy import CLASSIC
from aldaba.domain.profile import AccessProfile, counters_reset, guard_of, lift_locks, locked, with_guard
from aldaba.domain.session import Factor
from aldaba.domain.standing import LIFTED_BY, Rule, obstacles, token_obstacle
from aldaba.domain.token import Token, TokenStatus

NOON = datetime(2026, 3, 2, 18, tzinfo=UTC)
PROFILE = AccessProfile("ccs", "15000010", "", NOON, NOON)
CARD = "ab" * 32
FOREVER = Lock(LockKind.INDEFINITE, NOON, LockCause.FAILURES)


def rules(profile: AccessProfile, now: datetime = NOON) -> list[Rule]:
    return [one.rule for one in obstacles(profile, {}, now, CLASSIC)]


def test_every_rule_has_an_act_that_lifts_it() -> None:
    assert set(LIFTED_BY) == set(Rule)


def test_a_free_profile_has_none() -> None:
    assert rules(PROFILE) == []


@pytest.mark.parametrize(
    ("kind", "rule", "where"),
    [
        (LockKind.PREVENTIVE, Rule.PREVENTIVE_LOCK, ["access"]),
        (LockKind.INDEFINITE, Rule.INDEFINITE_LOCK, ["pin", "password"]),
        (LockKind.DAY, Rule.DAY_LOCK, ["pin", "password"]),
    ],
)
def test_a_lock_by_hand_names_its_person(kind: LockKind, rule: Rule, where: list[str]) -> None:
    held = locked(PROFILE, kind, LockCause.OPERATOR, NOON, CLASSIC, "stolen", "ana")
    found = obstacles(held, {}, NOON, CLASSIC)
    assert [one.on for one in found] == where
    assert {(one.rule, one.by, one.note, one.since) for one in found} == {(rule, "ana", "stolen", NOON)}


def test_a_day_lock_ends_by_itself() -> None:
    held = locked(PROFILE, LockKind.DAY, LockCause.OPERATOR, NOON, CLASSIC)
    assert rules(held, NOON + timedelta(days=2)) == []


def test_derived_ones_tell_their_figures() -> None:
    held = replace(PROFILE, failures=CLASSIC.lockout.ceiling)
    later = NOON + timedelta(days=CLASSIC.lockout.unused_days, seconds=1)
    ceiling, unused = obstacles(held, {}, later, CLASSIC)
    assert (ceiling.rule, ceiling.since) == (Rule.CEILING, None)
    assert str(CLASSIC.lockout.ceiling) in ceiling.cause
    assert (unused.rule, unused.since) == (Rule.NO_USE, later - timedelta(seconds=1))


def test_a_card_is_named_by_its_last_digits_if_it_is_still_there() -> None:
    held = replace(PROFILE, cards={CARD: Guard(5, lock=FOREVER)})
    assert [one.on for one in obstacles(held, {CARD: "…1234"}, NOON, CLASSIC)] == ["card …1234"]
    assert [one.on for one in obstacles(held, {}, NOON, CLASSIC)] == ["card no longer known"]


def test_a_token_tells_its_lock_while_it_stands() -> None:
    token = Token("HT-1", "hard", "suite", "sealed", TokenStatus.HARD_ACTIVE)
    assert token_obstacle(token, NOON) is None
    found = token_obstacle(replace(token, guard=Guard(lock=FOREVER)), NOON)
    assert found is not None
    assert (found.rule, found.on) == (Rule.TOKEN, "HT-1")


@pytest.mark.parametrize(
    ("lifter", "opens"),
    [
        (Lifter.SET_ACCESS, False),
        (Lifter.UNLOCK_ACCESS, False),
        (Lifter.HELP_DESK, True),
        (Lifter.SECURITY_OFFICER, True),
    ],
)
def test_a_locked_card_pin_is_opened_by_people_alone(lifter: Lifter, opens: bool) -> None:
    held = replace(PROFILE, cards={CARD: Guard(5, lock=FOREVER)})
    after = lift_locks(held, lifter, NOON).profile
    assert (after.cards[CARD] == Guard()) is opens


def test_counters_begin_anew_and_locks_stand() -> None:
    guard = Guard(4, lock=FOREVER)
    held = replace(PROFILE, failures=100, cards={CARD: guard})
    for factor in Factor:
        held = with_guard(held, factor, guard)
    after = counters_reset(held)
    assert after.failures == 0
    assert [guard_of(after, factor) for factor in Factor] == [Guard(lock=FOREVER)] * len(Factor)
    assert after.cards == {CARD: Guard(lock=FOREVER)}
