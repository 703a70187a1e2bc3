"""One-time codes: how long one lives, when it is sent again, what a session may use up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aldaba.domain.otp import (
    Means,
    OneTimeCode,
    Sending,
    expired,
    issue,
    unsent,
    with_try,
    without_try,
)
from aldaba.domain.policy import OtpPolicy

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
RULES = OtpPolicy()
PHONE = "525512345678"


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def sent(
    code: OneTimeCode | None,
    at: datetime,
    *,
    means: Means = Means.SMS,
    phone: str = PHONE,
    nonce: str = "n2",
    rules: OtpPolicy = RULES,
) -> tuple[OneTimeCode, Sending]:
    return issue(code, means, phone, nonce, at, rules)


@pytest.fixture
def code() -> OneTimeCode:
    made, sending = sent(None, NOW, nonce="n1")
    assert sending is Sending.SEND
    return made


def test_the_first_one_is_sent_and_lives_two_minutes_to_the_second(code: OneTimeCode) -> None:
    assert code == OneTimeCode("n1", Means.SMS, PHONE, NOW, NOW, after(120), tries=0, sends=1)
    assert code.alive(after(119.999))
    assert not code.alive(after(120))


@pytest.mark.parametrize("seconds", [0, 29.999])
def test_within_thirty_seconds_it_is_said_to_be_sent_and_is_not(code: OneTimeCode, seconds: float) -> None:
    assert sent(code, after(seconds)) == (code, Sending.SENT_ALREADY)


@pytest.mark.parametrize("seconds", [30, 119.999])
def test_later_the_same_one_is_sent_again_and_lives_no_longer(code: OneTimeCode, seconds: float) -> None:
    again, sending = sent(code, after(seconds))
    assert sending is Sending.SEND
    assert again == replace(code, sent_at=after(seconds), sends=2)


def test_thirty_seconds_are_counted_from_the_newest_message(code: OneTimeCode) -> None:
    again, _ = sent(code, after(30))
    assert sent(again, after(59))[1] is Sending.SENT_ALREADY
    assert sent(again, after(60))[1] is Sending.SEND


def test_a_dead_one_gives_way_to_another_that_gives_no_try_and_no_message_back(code: OneTimeCode) -> None:
    tried = with_try(code, RULES)
    assert tried is not None
    fresh, sending = sent(tried, after(120))
    assert sending is Sending.SEND
    assert fresh == OneTimeCode("n2", Means.SMS, PHONE, after(120), after(120), after(240), tries=1, sends=2)


@pytest.mark.parametrize(
    ("means", "phone"), [(Means.VOICE, PHONE), (Means.SMS, "525587654321"), (Means.TOKEN, "")]
)
def test_another_way_or_phone_has_a_code_of_its_own_at_once(
    code: OneTimeCode, means: Means, phone: str
) -> None:
    for seconds in (1, 60):
        fresh, sending = sent(code, after(seconds), means=means, phone=phone)
        assert sending is Sending.SEND
        assert (fresh.nonce, fresh.means, fresh.phone) == ("n2", means, phone)
        assert fresh.issued_at == after(seconds)


def test_a_session_has_three_messages_and_is_then_refused_with_its_code_unchanged(code: OneTimeCode) -> None:
    second, _ = sent(code, after(30))
    third, sending = sent(second, after(60))
    assert (third.sends, sending) == (3, Sending.SEND)
    assert sent(third, after(90)) == (third, Sending.EXHAUSTED)
    assert sent(third, after(200)) == (third, Sending.EXHAUSTED)
    assert sent(third, after(200), means=Means.VOICE) == (third, Sending.EXHAUSTED)


def test_a_policy_of_no_message_at_all_sends_none() -> None:
    made, sending = sent(None, NOW, rules=OtpPolicy(sends_per_session=0))
    assert sending is Sending.EXHAUSTED
    assert made == OneTimeCode("n2", Means.SMS, PHONE, NOW, NOW, after(120), tries=0, sends=1)


def test_asking_a_token_uses_up_no_message_and_needs_none_left(code: OneTimeCode) -> None:
    first, _ = sent(None, NOW, means=Means.TOKEN, phone="")
    assert first.sends == 0
    used_up = replace(code, sends=3, tries=2)
    asked, sending = sent(used_up, after(1), means=Means.TOKEN, phone="")
    assert sending is Sending.SEND
    assert (asked.sends, asked.tries) == (3, 2)


def test_a_message_that_no_provider_took_is_not_charged_and_may_be_asked_for_at_once(
    code: OneTimeCode,
) -> None:
    failed = unsent(code)
    assert failed.sends == 0
    again, sending = sent(failed, NOW)
    assert sending is Sending.SEND
    assert (again.sends, again.nonce, again.expires_at) == (1, "n1", after(120))
    assert sent(unsent(again), NOW, rules=replace(RULES, resend_seconds=86_400))[1] is Sending.SEND
    assert unsent(again).sent_at == NOW - timedelta(days=1)


def test_a_used_one_is_dead_and_remembers_what_the_session_used_up(code: OneTimeCode) -> None:
    used = expired(replace(code, tries=2, sends=2))
    assert not used.alive(NOW)
    assert (used.tries, used.sends) == (2, 2)
    assert sent(used, NOW)[0].nonce == "n2"


def test_three_tries_and_no_fourth(code: OneTimeCode) -> None:
    tried: OneTimeCode | None = code
    for number in (1, 2, 3):
        assert tried is not None
        tried = with_try(tried, RULES)
        assert tried is not None
        assert tried.tries == number
    assert tried is not None
    assert with_try(tried, RULES) is None


def test_a_try_given_back_is_one_and_never_less_than_none(code: OneTimeCode) -> None:
    assert without_try(replace(code, tries=2)).tries == 1
    assert without_try(code).tries == 0
