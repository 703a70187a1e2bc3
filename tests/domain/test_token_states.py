"""Tokens: the way through their states, and what locks and opens them."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from tests.domain.samples import DAY, MEXICO_CITY, NOW

from aldaba.domain.lockout import Guard, Lifter, LockKind, Reserved, Settlement, reserve, settle
from aldaba.domain.policy import ChallengePolicy, LockoutPolicy
from aldaba.domain.token import (
    ACTIVE,
    SOFT,
    BadToken,
    Token,
    TokenAct,
    TokenRecord,
    TokenStatus,
    assigned,
    lockout_rules,
    moved,
    unlocked,
)

BASIC, HARD = TokenStatus.BASIC, TokenStatus.HARD_ACTIVE
WAITING, SOFT_ACTIVE, OFF = (
    TokenStatus.SOFT_PRE_ASSIGNED,
    TokenStatus.SOFT_ACTIVE,
    TokenStatus.SOFT_DEACTIVATED,
)
RULES = lockout_rules(ChallengePolicy(), LockoutPolicy())

LEGAL = {
    ("hard", BASIC, TokenAct.ASSIGN_HARD): HARD,
    ("soft", BASIC, TokenAct.ASSIGN_SOFT): WAITING,
    ("soft", WAITING, TokenAct.ACTIVATE): SOFT_ACTIVE,
    ("soft", SOFT_ACTIVE, TokenAct.DEACTIVATE): OFF,
    ("soft", OFF, TokenAct.REACTIVATE): SOFT_ACTIVE,
    ("soft", OFF, TokenAct.RENEW): WAITING,
}


def token(status: TokenStatus, kind: str = "soft", customer_id: str | None = "15000010") -> Token:
    return Token("HT-0001", kind, "OCRA-1:HOTP-SHA256-8:QN08-T1M", "sealed", status, customer_id)


def failed(one: Token, times: int) -> Token:
    guard = one.guard
    for number in range(times):
        guard, reserved = reserve(guard, f"try-{number}", NOW, RULES, MEXICO_CITY)
        assert reserved is Reserved.GRANTED
        guard = settle(guard, f"try-{number}", Settlement.WRONG, NOW, RULES, MEXICO_CITY)
    return replace(one, guard=guard)


class TestStates:
    @pytest.mark.parametrize("kind", ["hard", "soft"])
    @pytest.mark.parametrize("status", TokenStatus)
    @pytest.mark.parametrize("act", [act for act in TokenAct if act is not TokenAct.REVOKE])
    def test_only_these_ways_lead_on(self, kind: str, status: TokenStatus, act: TokenAct) -> None:
        of_the_kind = "hard" if status is HARD else "soft" if status in SOFT else kind
        after = moved(token(status, of_the_kind), act)
        assert (after and after.status) == LEGAL.get((of_the_kind, status, act))

    @pytest.mark.parametrize("status", TokenStatus)
    def test_a_revoked_token_is_nobodys(self, status: TokenStatus) -> None:
        after = moved(token(status), TokenAct.REVOKE)
        assert after is not None
        assert (after.status, after.customer_id) == (BASIC, None)

    def test_other_acts_keep_the_customer(self) -> None:
        after = moved(token(SOFT_ACTIVE), TokenAct.DEACTIVATE)
        assert after is not None
        assert after.customer_id == "15000010"

    @pytest.mark.parametrize(("kind", "status"), [("hard", HARD), ("soft", WAITING)])
    def test_assigning_follows_the_kind(self, kind: str, status: TokenStatus) -> None:
        after = assigned(token(BASIC, kind, None), "15000020")
        assert after is not None
        assert (after.status, after.customer_id) == (status, "15000020")

    @pytest.mark.parametrize(
        ("kind", "status"),
        [("hard", HARD), ("soft", WAITING), ("soft", SOFT_ACTIVE), ("soft", OFF), ("card", BASIC)],
    )
    def test_a_token_somebody_holds_or_of_no_known_kind_is_not_assigned(
        self, kind: str, status: TokenStatus
    ) -> None:
        assert assigned(token(status, kind), "15000020") is None

    def test_a_new_customer_starts_without_failures_but_never_with_spent_responses(self) -> None:
        used = replace(failed(token(SOFT_ACTIVE), 5), counter=7, last_step=90, drift=-1)
        revoked = moved(used, TokenAct.REVOKE)
        assert revoked is not None
        again = assigned(revoked, "15000020")
        assert again is not None
        assert again.guard == Guard()
        assert (again.counter, again.last_step, again.drift) == (7, 90, -1)

    def test_active_and_soft_states(self) -> None:
        assert {HARD, SOFT_ACTIVE} == ACTIVE
        assert {WAITING, SOFT_ACTIVE, OFF} == SOFT


class TestLocks:
    @pytest.mark.parametrize(("failures", "locked"), [(4, False), (5, True)])
    def test_the_fifth_consecutive_failure_locks(self, failures: int, *, locked: bool) -> None:
        assert failed(token(HARD, "hard"), failures).guard.locked(NOW) is locked

    def test_time_does_not_lift_it(self) -> None:
        lock = failed(token(HARD, "hard"), 5).guard.lock
        assert lock is not None
        assert (lock.kind, lock.until) == (LockKind.INDEFINITE, None)
        assert lock.stands(NOW + 4000 * DAY)

    def test_only_its_two_numbers_differ_from_a_secrets_rules(self) -> None:
        base = LockoutPolicy(failures=3, reservation_seconds=7, wait_seconds=1.5)
        assert lockout_rules(ChallengePolicy(token_failures=9), base) == replace(
            base, failures=9, day_locks=1
        )

    @pytest.mark.parametrize("lifter", Lifter)
    def test_only_people_of_the_bank_lift_it(self, lifter: Lifter) -> None:
        stuck = failed(token(HARD, "hard"), 5)
        opened = unlocked(stuck, lifter)
        if lifter in {Lifter.HELP_DESK, Lifter.SECURITY_OFFICER}:
            assert opened.guard == Guard()
        else:
            assert opened == stuck


class TestAtRest:
    def test_a_token_kept_before_it_had_moving_factors_is_read(self) -> None:
        body = b'{"serial":"A","kind":"hard","suite":"S","sealed_secret":"x","status":"56","customer_id":"1"}'
        assert msgspec.json.decode(body, type=Token) == Token("A", "hard", "S", "x", HARD, "1")

    def test_every_field_comes_back(self) -> None:
        kept = replace(failed(token(HARD), 5), counter=2**63 - 1, last_step=3, drift=-4, resyncing=True)
        assert msgspec.json.decode(msgspec.json.encode(kept), type=Token) == kept

    def test_a_delivered_token_hides_its_secret(self) -> None:
        record = TokenRecord("HT-1", "hard", "OCRA-1:HOTP-SHA256-8:QN08", b"plain seed of it", 3)
        assert "plain" not in repr(record)
        assert "HT-1" in repr(record)
        assert BadToken("HT-1", "why") == BadToken("HT-1", "why")

    def test_waiting_attempts_run_out_as_for_any_secret(self) -> None:
        guard, _ = reserve(Guard(), "crashed", NOW, RULES, MEXICO_CITY)
        later, reserved = reserve(guard, "next", NOW + timedelta(seconds=10), RULES, MEXICO_CITY)
        assert (later.failures, reserved) == (1, Reserved.GRANTED)
