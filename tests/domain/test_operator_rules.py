"""Roles and acts, who approves whom, an operator's lock, and the life of a grant, as tables."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aldaba.domain.four_eyes import Grant, GrantState, Hindrance, decided, given_back, spent, withdrawn
from aldaba.domain.operators import (
    PERMITTED,
    Act,
    Operator,
    OperatorSession,
    Role,
    charged,
    is_operator_name,
    may,
    may_approve,
    needs_four_eyes,
    offered,
    sensible_on,
    signed_in,
    uncharged,
)
from aldaba.domain.policy import CLASSIC

RULES = CLASSIC.operators
NOON = datetime(2026, 3, 2, 18, tzinfo=UTC)
GRANT = Grant("g1", Act.CUSTOMER_LIFT_PREVENTIVE, "d1", "{}", "ana", "why", NOON, NOON + timedelta(hours=1))
APPROVED = replace(GRANT, state=GrantState.APPROVED)


def test_every_act_is_somebodys_and_reading_never_takes_four_eyes() -> None:
    assert set(PERMITTED) == set(Act)
    assert all(PERMITTED.values())
    assert set(RULES.four_eyes) <= {act.value for act in Act}
    assert not [act for act in Act if act.value.endswith(".read") and needs_four_eyes(act, RULES)]


def test_an_auditor_changes_nothing() -> None:
    assert all(act.value.endswith(".read") for act in Act if may({Role.AUDITOR}, act))


def test_who_keeps_the_system_touches_no_customer() -> None:
    touched = [act for act in Act if may({Role.ADMINISTRATOR}, act)]
    assert not [act for act in touched if act.value.split(".")[0] in {"customer", "device", "token"}]


@pytest.mark.parametrize(
    ("role", "act", "approves"),
    [
        (Role.FRAUD, Act.CUSTOMER_LIFT_PREVENTIVE, True),
        (Role.SECURITY_OFFICER, Act.CUSTOMER_LIFT_PREVENTIVE, True),
        (Role.SECURITY_OFFICER, Act.OPERATOR_INVITE, True),
        (Role.ADMINISTRATOR, Act.OPERATOR_INVITE, True),
        (Role.ADMINISTRATOR, Act.CUSTOMER_LIFT_PREVENTIVE, False),
        (Role.FRAUD, Act.KEY_ROTATE, False),
        (Role.HELP_DESK, Act.CUSTOMER_UNLOCK, False),
        (Role.AUDITOR, Act.KEY_ROTATE, False),
    ],
)
def test_who_may_approve(role: Role, act: Act, approves: bool) -> None:
    assert may_approve({role}, act) is approves


def test_only_what_one_may_is_offered_with_its_four_eyes() -> None:
    sensible = (Act.CUSTOMER_LOCK, Act.CUSTOMER_UNLOCK, Act.CUSTOMER_LIFT_PREVENTIVE)
    told = [(offer.act, offer.four_eyes) for offer in offered({Role.FRAUD}, sensible, RULES)]
    assert told == [(Act.CUSTOMER_LOCK, False), (Act.CUSTOMER_LIFT_PREVENTIVE, True)]


@pytest.mark.parametrize(
    ("state", "enable", "disable"),
    [
        ("invited", False, True),
        ("enabled", False, True),
        ("locked", True, True),
        ("disabled", True, False),
    ],
)
def test_what_makes_sense_on_a_colleague(state: str, enable: bool, disable: bool) -> None:
    acts = sensible_on(state)
    assert (Act.OPERATOR_ENABLE in acts, Act.OPERATOR_DISABLE in acts) == (enable, disable)


@pytest.mark.parametrize("name", ["ana", "ana.perez-2", "a1"])
def test_a_name(name: str) -> None:
    assert is_operator_name(name)


@pytest.mark.parametrize("name", ["", "a", "Ana", "-ana", "ana perez", "añá", "a" * 33, "ana\n", "cli:ana"])
def test_no_name(name: str) -> None:
    assert not is_operator_name(name)


def test_failures_are_charged_first_lock_at_the_limit_and_begin_anew_after_it() -> None:
    operator = Operator("ana", frozenset({Role.FRAUD}), NOON)
    for failures in range(1, RULES.failures + 1):
        after = charged(operator, NOON, RULES)
        assert after is not None
        operator = after
        assert (operator.failures, operator.locked(NOON)) == (failures, failures == RULES.failures)
    assert charged(operator, NOON, RULES) is None
    opens = NOON + timedelta(minutes=RULES.lock_minutes)
    assert charged(operator, opens - timedelta(seconds=1), RULES) is None
    again = charged(operator, opens, RULES)
    assert again is not None
    assert (again.failures, again.locked_until) == (1, None)
    assert signed_in(operator, NOON).failures == 0
    assert not signed_in(operator, NOON).locked(NOON)


@pytest.mark.parametrize(
    ("failures", "locked", "left", "still"),
    [
        (0, False, 0, False),
        (1, False, 0, False),
        (RULES.failures, True, RULES.failures - 1, False),
        (RULES.failures + 1, True, RULES.failures, True),
    ],
)
def test_a_charge_given_back_takes_its_lock_along(
    failures: int, locked: bool, left: int, still: bool
) -> None:
    until = NOON + timedelta(minutes=1) if locked else None
    before = Operator("ana", frozenset({Role.FRAUD}), NOON, failures=failures, locked_until=until)
    after = uncharged(before, RULES)
    assert (after.failures, after.locked(NOON)) == (left, still)


@pytest.mark.parametrize(
    ("idle", "age", "alive"),
    [
        (RULES.idle_seconds - 1, 0, True),
        (RULES.idle_seconds, 0, False),
        (0, RULES.absolute_seconds - 1, True),
        (0, RULES.absolute_seconds, False),
    ],
)
def test_a_session_lives_within_both_limits(idle: int, age: int, alive: bool) -> None:
    opened = NOON - timedelta(seconds=age)
    until = opened + timedelta(seconds=RULES.absolute_seconds)
    session = OperatorSession("h", "ana", opened, NOON - timedelta(seconds=idle), until)
    assert session.alive(NOON, RULES) is alive


@pytest.mark.parametrize(
    ("grant", "by", "role", "later", "expected"),
    [
        (GRANT, "eva", Role.FRAUD, 0, GrantState.APPROVED),
        (GRANT, "ana", Role.FRAUD, 0, Hindrance.OWN),
        (GRANT, "eva", Role.ADMINISTRATOR, 0, Hindrance.FORBIDDEN),
        (GRANT, "eva", Role.FRAUD, 3600, Hindrance.EXPIRED),
        (APPROVED, "eva", Role.FRAUD, 0, Hindrance.DECIDED),
        (replace(GRANT, state=GrantState.WITHDRAWN), "eva", Role.FRAUD, 0, Hindrance.DECIDED),
    ],
)
def test_deciding(grant: Grant, by: str, role: Role, later: int, expected: object) -> None:
    now = NOON + timedelta(seconds=later)
    found = decided(grant, (grant.requested_by,), (by,), {role}, "fine", now, RULES, approve=True)
    assert (found.state if isinstance(found, Grant) else found) == expected


@pytest.mark.parametrize(
    ("asker", "by", "own"),
    [
        (("ana",), ("eva",), False),
        (("ana",), ("eva", "cli:root"), False),
        (("ana",), ("eva", "ana"), True),
        (("ana",), ("eva", "luis", "ana"), True),
        (("ana", "eva"), ("eva",), True),
        (("ana", "luis", "eva"), ("eva",), True),
        # Two whom the same person invited decide for each other: he has asked a colleague for both.
        (("ana", "luis"), ("eva", "luis"), False),
    ],
)
def test_nobody_decides_what_an_account_asked_that_can_be_his(
    asker: tuple[str, ...], by: tuple[str, ...], own: bool
) -> None:
    for approve in (True, False):
        found = decided(GRANT, asker, by, {Role.FRAUD}, "fine", NOON, RULES, approve=approve)
        assert (found is Hindrance.OWN) is own


def test_an_approval_lives_anew_and_a_refusal_is_final() -> None:
    approved = decided(GRANT, ("ana",), ("eva",), {Role.FRAUD}, "fine", NOON, RULES, approve=True)
    assert isinstance(approved, Grant)
    assert approved.expires_at == NOON + timedelta(minutes=RULES.grant_minutes)
    refused = decided(GRANT, ("ana",), ("eva",), {Role.FRAUD}, "no", NOON, RULES, approve=False)
    assert isinstance(refused, Grant)
    assert spent(refused, "ana", GRANT.act, "d1", NOON) is Hindrance.REFUSED


@pytest.mark.parametrize(
    ("grant", "by", "act", "digest", "later", "expected"),
    [
        (APPROVED, "ana", GRANT.act, "d1", 0, GrantState.SPENT),
        (APPROVED, "eva", GRANT.act, "d1", 0, Hindrance.UNKNOWN),
        (APPROVED, "ana", Act.KEY_ROTATE, "d1", 0, Hindrance.DIFFERS),
        (APPROVED, "ana", GRANT.act, "d2", 0, Hindrance.DIFFERS),
        (APPROVED, "ana", GRANT.act, "d1", 3600, Hindrance.EXPIRED),
        (GRANT, "ana", GRANT.act, "d1", 0, Hindrance.WAITING),
        (replace(GRANT, state=GrantState.SPENT), "ana", GRANT.act, "d1", 0, Hindrance.SPENT),
        (replace(GRANT, state=GrantState.WITHDRAWN), "ana", GRANT.act, "d1", 0, Hindrance.WITHDRAWN),
    ],
)
def test_spending(grant: Grant, by: str, act: Act, digest: str, later: int, expected: object) -> None:
    found = spent(grant, by, act, digest, NOON + timedelta(seconds=later))
    assert (found.state if isinstance(found, Grant) else found) == expected


def test_only_the_requester_withdraws_and_a_failed_act_gives_back() -> None:
    assert withdrawn(GRANT, "eva") is Hindrance.UNKNOWN
    assert isinstance(withdrawn(APPROVED, "ana"), Grant)
    used = spent(APPROVED, "ana", GRANT.act, "d1", NOON)
    assert isinstance(used, Grant)
    assert given_back(used) == APPROVED
    assert withdrawn(used, "ana") is Hindrance.DECIDED
