"""A session's climb, its limits to the second, its rotation at login, and its server randoms."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, strategies
from tests.domain.samples import NOW, SECOND, SUBJECT, proof, quick, session

from aldaba.domain.policy import CLASSIC, SessionPolicy
from aldaba.domain.session import (
    RANDOMS_KEPT,
    CredentialStatus,
    ExchangedKeys,
    Session,
    Stage,
    Subject,
    authenticated,
    challenge_passed,
    hindrance,
    identified,
    spend_random,
    strongly_authenticated,
    with_keys,
    with_random,
    with_status,
)
from aldaba.domain.token import Challenge

RULES = CLASSIC.session
KEYS = ExchangedKeys("bound-1", b"E" * 32, b"I" * 16, b"H" * 32)
OTHER_KEYS = ExchangedKeys("portal", b"e" * 32, b"i" * 16, b"h" * 32)
OTHER_SUBJECT = replace(SUBJECT, customer_id="15000011", ccs_id="700100200301")

ANONYMOUS = session()
KEYED = replace(ANONYMOUS, keys=KEYS)
IDENTIFIED = replace(KEYED, subject=SUBJECT)
TOMBSTONE, AUTHENTICATED = authenticated(IDENTIFIED, "handle-2", SUBJECT, proof(), RULES)
BURIED_KEYED, _ = authenticated(KEYED, "handle-2", SUBJECT, proof(), RULES)


class TestClimb:
    @pytest.mark.parametrize(
        ("reached", "stage"),
        [
            (ANONYMOUS, Stage.ANONYMOUS),
            (KEYED, Stage.KEYED),
            (IDENTIFIED, Stage.IDENTIFIED),
            (replace(ANONYMOUS, subject=SUBJECT), Stage.IDENTIFIED),
            (AUTHENTICATED, Stage.AUTHENTICATED),
        ],
    )
    def test_a_session_stands_where_its_facts_put_it(self, reached: Session, stage: Stage) -> None:
        assert reached.stage is stage

    def test_the_stages_are_in_order(self) -> None:
        assert Stage.ANONYMOUS < Stage.KEYED < Stage.IDENTIFIED < Stage.AUTHENTICATED

    @pytest.mark.parametrize("reached", [ANONYMOUS, KEYED])
    def test_keys_may_be_exchanged_anew_until_somebody_is_named(self, reached: Session) -> None:
        exchanged = with_keys(replace(reached, randoms=("r1", "r2")), OTHER_KEYS)
        assert exchanged == replace(reached, keys=OTHER_KEYS, randoms=())

    @pytest.mark.parametrize(
        "reached", [IDENTIFIED, replace(ANONYMOUS, subject=SUBJECT), AUTHENTICATED, TOMBSTONE, BURIED_KEYED]
    )
    def test_keys_are_never_replaced_after_that(self, reached: Session) -> None:
        assert with_keys(reached, OTHER_KEYS) is None

    @pytest.mark.parametrize("reached", [ANONYMOUS, KEYED, IDENTIFIED])
    def test_until_login_the_last_identification_counts(self, reached: Session) -> None:
        named = identified(reached, OTHER_SUBJECT, "instance")
        assert named == replace(reached, subject=OTHER_SUBJECT, instance_id="instance")

    @pytest.mark.parametrize("reached", [AUTHENTICATED, TOMBSTONE, BURIED_KEYED])
    def test_an_authenticated_session_or_its_tombstone_names_nobody_else(self, reached: Session) -> None:
        assert identified(reached, OTHER_SUBJECT, None) is None

    @pytest.mark.parametrize(
        ("before", "told", "kept"),
        [(None, None, None), ("a", None, "a"), ("a", "b", "b"), (None, "b", "b"), ("a", "", "a")],
    )
    def test_the_instance_is_kept_until_another_is_told(
        self, before: str | None, told: str | None, kept: str | None
    ) -> None:
        named = identified(replace(KEYED, instance_id=before), SUBJECT, told)
        assert named is not None
        assert named.instance_id == kept

    def test_a_cured_credential_changes_the_status_of_a_logged_in_session_only(self) -> None:
        cured = with_status(AUTHENTICATED, CredentialStatus.ACPWD)
        assert cured.authentication is not None
        assert cured.authentication.credential_status is CredentialStatus.ACPWD
        assert with_status(IDENTIFIED, CredentialStatus.ACPWD) is IDENTIFIED

    def test_keys_are_never_printed(self) -> None:
        printed = f"{AUTHENTICATED!r} {KEYS} {KEYS!r}"
        assert not any(secret in printed for secret in ("EEEE", "IIII", "HHHH", repr(KEYS.ek)))


WIRE_OPERATIONS = ("login", "logout", "set_credentials", "retrieve_challenge", "validate_challenge", "other")


def logged_in(*, status: CredentialStatus = CredentialStatus.NONE, step_up: bool = False) -> Session:
    return replace(AUTHENTICATED, authentication=replace(proof(), credential_status=status, step_up=step_up))


ALWAYS = {"login", "logout", "credentials_status", "retrieve_public_key", "exchange_keys"}


class TestHindrances:
    @pytest.mark.parametrize("status", list(CredentialStatus))
    @pytest.mark.parametrize("step_up", [True, False])
    def test_only_the_cure_and_the_way_out_are_open(self, status: CredentialStatus, *, step_up: bool) -> None:
        allowed, first = set(WIRE_OPERATIONS), None
        if step_up:
            allowed, first = ALWAYS | {"retrieve_challenge", "validate_challenge"}, "challenge"
        elif status is not CredentialStatus.NONE:
            allowed, first = ALWAYS | {"set_credentials"}, "credentialStatus"
        session = logged_in(status=status, step_up=step_up)
        assert {name: hindrance(session, name) for name in WIRE_OPERATIONS} == {
            name: None if name in allowed else first for name in WIRE_OPERATIONS
        }

    def test_nothing_hinders_a_session_before_its_login(self) -> None:
        assert hindrance(IDENTIFIED, "set_credentials") is None

    @pytest.mark.parametrize(("age", "strong"), [(0, True), (299, True), (300, False)])
    def test_strong_authentication_lasts_five_minutes(self, age: int, *, strong: bool) -> None:
        until = NOW + timedelta(seconds=RULES.strong_seconds)
        passed = replace(AUTHENTICATED, authentication=replace(proof(), strong_until=until))
        assert strongly_authenticated(passed, NOW + timedelta(seconds=age)) is strong

    def test_a_login_alone_is_not_strong_and_no_login_less_so(self) -> None:
        assert not strongly_authenticated(AUTHENTICATED, NOW)
        assert not strongly_authenticated(IDENTIFIED, NOW)


class TestPassedChallenges:
    QUESTION = Challenge("12345678", NOW, NOW + 120 * SECOND)
    ASKED = replace(AUTHENTICATED, challenge=QUESTION)

    def test_it_proves_for_five_minutes_ends_the_step_up_and_is_spent(self) -> None:
        stepped_up = replace(self.ASKED, authentication=replace(proof(), step_up=True))
        passed = challenge_passed(stepped_up, "12345678", NOW, RULES)
        proved = replace(proof(), step_up=False, strong_until=NOW + 300 * SECOND)
        assert passed == replace(self.ASKED, authentication=proved, challenge=None)

    def test_only_the_question_outstanding_counts(self) -> None:
        assert challenge_passed(self.ASKED, "12345679", NOW, RULES) is None
        assert challenge_passed(AUTHENTICATED, "12345678", NOW, RULES) is None

    def test_it_proves_nothing_for_whom_has_not_logged_in(self) -> None:
        assert challenge_passed(replace(IDENTIFIED, challenge=self.QUESTION), "12345678", NOW, RULES) is None


class TestLimits:
    @pytest.mark.parametrize(("idle", "alive"), [(0, True), (299, True), (300, False), (301, False)])
    def test_five_idle_minutes_end_it_to_the_second(self, idle: int, *, alive: bool) -> None:
        assert ANONYMOUS.alive(NOW + timedelta(seconds=idle), RULES) is alive

    @pytest.mark.parametrize(("age", "alive"), [(3599, True), (3600, False), (3601, False)])
    def test_an_hour_ends_it_however_busy_to_the_second(self, age: int, *, alive: bool) -> None:
        now = NOW + timedelta(seconds=age)
        assert replace(ANONYMOUS, touched_at=now).alive(now, RULES) is alive

    def test_the_policy_moves_both_limits(self) -> None:
        rules = SessionPolicy(idle_seconds=1200, absolute_seconds=1200)
        assert ANONYMOUS.alive(NOW + timedelta(seconds=1199), rules)
        assert not ANONYMOUS.alive(NOW + timedelta(seconds=1200), rules)


class TestRotation:
    LOGIN = NOW + timedelta(minutes=4)

    def rotated(self) -> tuple[Session, Session]:
        before = replace(IDENTIFIED, randoms=("r1", "r2"), key_id="key-1", instance_id="instance")
        return authenticated(before, "handle-2", SUBJECT, proof(self.LOGIN), RULES)

    def test_the_new_session_has_a_new_handle_and_a_new_hour(self) -> None:
        _, fresh = self.rotated()
        assert (fresh.handle, fresh.successor, fresh.stage) == ("handle-2", None, Stage.AUTHENTICATED)
        assert fresh.expires_at == self.LOGIN + timedelta(hours=1)
        assert fresh.alive(self.LOGIN + timedelta(seconds=299), RULES)

    def test_keys_randoms_and_instance_carry_over(self) -> None:
        _, fresh = self.rotated()
        assert (fresh.keys, fresh.randoms, fresh.key_id, fresh.instance_id) == (
            KEYS,
            ("r1", "r2"),
            "key-1",
            "instance",
        )
        assert (fresh.application_id, fresh.channel) == (IDENTIFIED.application_id, IDENTIFIED.channel)

    def test_the_old_one_is_a_tombstone_that_proves_nothing(self) -> None:
        tombstone, _ = self.rotated()
        assert (tombstone.handle, tombstone.successor) == ("handle-1", "handle-2")
        assert tombstone.authentication is None

    @pytest.mark.parametrize(("age", "alive"), [(0, True), (59, True), (60, False)])
    def test_the_tombstone_stands_for_a_minute(self, age: int, *, alive: bool) -> None:
        tombstone, _ = self.rotated()
        assert tombstone.alive(self.LOGIN + timedelta(seconds=age), RULES) is alive

    def test_a_login_repeated_on_the_tombstone_leads_to_the_newest_session(self) -> None:
        first, _ = self.rotated()
        second, fresh = authenticated(first, "handle-3", SUBJECT, proof(self.LOGIN + 50 * SECOND), RULES)
        assert (second.handle, second.successor) == ("handle-1", "handle-3")
        assert (fresh.handle, fresh.successor, fresh.stage) == ("handle-3", None, Stage.AUTHENTICATED)

    def test_repeating_it_does_not_lengthen_the_tombstones_life(self) -> None:
        tombstone, _ = self.rotated()
        for second in range(0, 60, 10):
            tombstone, _ = authenticated(
                tombstone, "handle-3", SUBJECT, proof(self.LOGIN + second * SECOND), RULES
            )
        assert not tombstone.alive(self.LOGIN + 60 * SECOND, RULES)


def test_nobody_is_a_decoy_nor_ambiguous_nor_stepped_up_unless_said_so() -> None:
    subject = Subject("15000010", "", "700100200300")
    assert not subject.decoy
    assert not subject.ambiguous
    assert not proof().step_up


class TestServerRandoms:
    def test_only_the_newest_four_are_accepted(self) -> None:
        issued = KEYED
        for number in range(6):
            issued = with_random(issued, f"r{number}")
        assert issued.randoms == ("r2", "r3", "r4", "r5")
        assert spend_random(issued, "r1") is None

    def test_one_is_spent_once(self) -> None:
        spent = spend_random(replace(KEYED, randoms=("r1", "r2")), "r1")
        assert spent is not None
        assert spent.randoms == ("r2",)
        assert spend_random(spent, "r1") is None

    @pytest.mark.parametrize("random", ["", "r", "r11", "R1"])
    def test_one_never_issued_is_refused(self, random: str) -> None:
        assert spend_random(replace(KEYED, randoms=("r1",)), random) is None

    @quick
    @given(strategies.lists(strategies.one_of(strategies.none(), strategies.integers(0, 12)), max_size=40))
    def test_no_order_of_issuing_and_spending_accepts_one_twice(self, moves: list[int | None]) -> None:
        current, issued, spent = KEYED, 0, set[int]()
        for move in moves:
            if move is None:
                current, issued = with_random(current, f"r{issued}"), issued + 1
                continue
            after = spend_random(current, f"r{move}")
            if after is not None:
                assert move not in spent
                assert len(set(range(move, issued)) - spent) <= RANDOMS_KEPT
                spent.add(move)
                current = after
            assert len(current.randoms) <= RANDOMS_KEPT
