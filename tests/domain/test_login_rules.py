"""A login: which refusal is told, what only the proved customer learns, what a success leaves behind."""

from dataclasses import replace
from itertools import product

import pytest
from tests.domain.samples import COMPANY, DAY, INDIVIDUAL, NOW, SUBJECT, credential, profile, proof, session
from tests.domain.samples import temporary_pin as temporary

from aldaba.domain.customer import Customer, CustomerType, ElectronicBanking
from aldaba.domain.login import Trial, entered, may_enter, occupied, refusal
from aldaba.domain.policy import CLASSIC, ChannelPolicy, SecondLogin
from aldaba.domain.profile import AccessProfile, LastLogin, LiveSession, secret_to_verify
from aldaba.domain.refusals import Reason
from aldaba.domain.session import Factor, Session, Subject, authenticated

LATER = NOW + DAY
PROVED = Trial(Factor.PASSWORD, granted=True, denied=False, right=True, may_enter=True, occupied=False)


class TestRefusal:
    @pytest.mark.parametrize(
        ("trial", "reason"),
        [
            (PROVED, None),
            (replace(PROVED, right=False), Reason.BAD_CREDENTIALS),
            (replace(PROVED, right=False, factor=Factor.PIN), Reason.BAD_CREDENTIALS),
            (replace(PROVED, right=False, factor=Factor.BIOMETRIC), Reason.AUTHENTICATION_FAILED),
            (replace(PROVED, granted=False), Reason.LOCKED),
            (replace(PROVED, denied=True), Reason.LOCKED),
            (replace(PROVED, may_enter=False), Reason.STANDING),
            (replace(PROVED, may_enter=None), Reason.BAD_CREDENTIALS),
            (replace(PROVED, occupied=True), Reason.DUPLICATE_SESSION),
            (replace(PROVED, may_enter=False, occupied=True), Reason.STANDING),
        ],
    )
    def test_is_the_row_of_the_pages(self, trial: Trial, reason: Reason | None) -> None:
        assert refusal(trial) is reason

    @pytest.mark.parametrize("factor", list(Factor))
    @pytest.mark.parametrize("granted", [True, False])
    def test_who_proved_nothing_learns_nothing_of_the_customer(
        self, factor: Factor, *, granted: bool
    ) -> None:
        answers = {
            refusal(Trial(factor, granted, denied=False, right=False, may_enter=known, occupied=busy))
            for known, busy in product((True, False, None), (True, False))
        }
        assert len(answers) == 1
        assert answers <= {Reason.LOCKED, Reason.BAD_CREDENTIALS, Reason.AUTHENTICATION_FAILED}

    def test_a_right_secret_of_a_locked_profile_is_not_told_from_a_wrong_one(self) -> None:
        locked = replace(PROVED, granted=False)
        assert refusal(locked) is refusal(replace(locked, right=False))


ONE_NAMED = Subject("15000020", "1", "7002")
CLOSED = replace(CLASSIC, channels=ChannelPolicy(("KIOSK:1506", "IVR:1551")))


@pytest.mark.parametrize(
    ("customer", "subject", "channel", "may"),
    [
        (INDIVIDUAL, SUBJECT, "MBK", True),
        (replace(INDIVIDUAL, type=CustomerType.SOLE_TRADER), SUBJECT, "IVR", True),
        (replace(INDIVIDUAL, black_listed=True), SUBJECT, "MBK", False),
        (replace(INDIVIDUAL, electronic_banking=ElectronicBanking.NONE), SUBJECT, "MBK", False),
        (replace(INDIVIDUAL, electronic_banking=ElectronicBanking.CANCELLED), SUBJECT, "MBK", False),
        (INDIVIDUAL, SUBJECT, "IVR", False),
        (INDIVIDUAL, SUBJECT, "KIOSK", True),
        (COMPANY, ONE_NAMED, "MBK", True),
        (COMPANY, ONE_NAMED, "KIOSK", False),
        (COMPANY, replace(ONE_NAMED, representative=""), "MBK", False),
        (COMPANY, replace(ONE_NAMED, ambiguous=True), "MBK", False),
    ],
)
def test_a_customer_enters_by_standing_and_kind(
    customer: Customer, subject: Subject, channel: str, *, may: bool
) -> None:
    assert may_enter(customer, subject, channel, CLOSED) is may


TOMBSTONE, LOGGED_IN = authenticated(session(), "handle-2", SUBJECT, proof(), CLASSIC.session)
BUSY = replace(profile(), live_session=LiveSession("handle-2", NOW))


@pytest.mark.parametrize(
    ("held", "asking", "rival", "rule", "busy"),
    [
        (profile(), session(), None, SecondLogin.REFUSE, False),
        (BUSY, session(), LOGGED_IN, SecondLogin.REFUSE, True),
        (BUSY, session(), None, SecondLogin.REFUSE, False),
        (BUSY, session(), LOGGED_IN, SecondLogin.REPLACE, False),
        (BUSY, TOMBSTONE, LOGGED_IN, SecondLogin.REFUSE, False),
        (BUSY, replace(TOMBSTONE, successor="handle-9"), LOGGED_IN, SecondLogin.REFUSE, True),
        (BUSY, LOGGED_IN, LOGGED_IN, SecondLogin.REFUSE, True),
        (BUSY, LOGGED_IN, LOGGED_IN, SecondLogin.REPLACE, True),
        (profile(), LOGGED_IN, None, SecondLogin.REPLACE, True),
    ],
)
def test_one_session_of_a_profile_lives_at_a_time(
    held: AccessProfile, asking: Session, rival: Session | None, rule: SecondLogin, *, busy: bool
) -> None:
    assert occupied(held, asking, rival, rule) is busy


class TestEntered:
    HELD = profile(credential("p"), credential("w"))

    @pytest.mark.parametrize("factor", list(Factor))
    def test_every_login_takes_the_session_and_counts_as_use(self, factor: Factor) -> None:
        after = entered(self.HELD, factor, None, "handle-2", "MBK", LATER)
        assert after.live_session == LiveSession("handle-2", LATER)
        assert after.last_login == LastLogin(LATER, "MBK")
        assert after.active_at == LATER
        assert (after.pin.sealed, after.password.sealed) == ("p", "w")

    @pytest.mark.parametrize(
        ("factor", "pin", "password"),
        [
            (Factor.PIN, "fresh", "w"),
            (Factor.PASSWORD, "p", "fresh"),
            (Factor.BIOMETRIC, "p", "w"),
        ],
    )
    def test_a_fresh_hash_replaces_that_of_the_secret_used(
        self, factor: Factor, pin: str, password: str
    ) -> None:
        after = entered(self.HELD, factor, "fresh", "handle-2", "MBK", LATER)
        assert (after.pin.sealed, after.password.sealed) == (pin, password)
        used = [each.used_at for each in (after.pin, after.password)]
        assert used == [LATER if factor is each else None for each in (Factor.PIN, Factor.PASSWORD)]

    def test_a_temporary_pin_is_used_up_and_its_hash_never_becomes_the_pins(self) -> None:
        held = replace(self.HELD, temporary_pin=temporary())
        after = entered(held, Factor.PIN, "fresh", "handle-2", "MBK", NOW)
        assert after.pin.sealed == "p"
        assert secret_to_verify(after, Factor.PIN, NOW) is None
        assert secret_to_verify(after, Factor.PIN, NOW, retried="handle-2") == "sealed temporary"
        assert after.revision == held.revision + 1

    def test_the_sim_is_remembered_until_another_is_told(self) -> None:
        seen = entered(self.HELD, Factor.PIN, None, "handle-2", "MBK", LATER, b"sim")
        again = entered(seen, Factor.PIN, None, "handle-3", "IVR", LATER)
        other = entered(again, Factor.PIN, None, "handle-4", "MBK", LATER, b"other")
        assert [each.last_sim_digest for each in (seen, again, other)] == [b"sim", b"sim", b"other"]

    def test_a_login_by_password_leaves_the_temporary_pin_alone(self) -> None:
        held = replace(self.HELD, temporary_pin=temporary())
        assert entered(held, Factor.PASSWORD, None, "handle-2", "MBK", NOW).temporary_pin == temporary()
