"""One-time codes: what is kept of one, when it may be sent again, and how a try is reserved.

A code itself is kept nowhere: it is derived from a random nonce under a key outside the database, so a
resend repeats it and a stolen session tells nothing.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from aldaba.domain.policy import OtpPolicy


class Means(StrEnum):
    """How a code reaches the customer; a token shows its own."""

    SMS = "sms"
    VOICE = "voice"
    TOKEN = "token"


@dataclass(frozen=True, slots=True)
class OneTimeCode:
    """A code on its way to one phone (digits with country code), or one that a token will show.

    ``tries`` and ``sends`` belong to the session: a new code never gives tries back
    (NIST SP 800-63B-4 section 3.1.3.2).
    """

    nonce: str
    means: Means
    phone: str
    issued_at: datetime
    sent_at: datetime
    expires_at: datetime
    tries: int = 0
    sends: int = 1
    provider: str | None = None
    """Who took the message it last went out in."""

    def alive(self, now: datetime) -> bool:
        return now < self.expires_at


class Sending(StrEnum):
    """What a request to send answers: send it, say yes and send nothing, or refuse."""

    SEND = "send"
    SENT_ALREADY = "sent already"
    EXHAUSTED = "exhausted"


def issue(
    earlier: OneTimeCode | None, means: Means, phone: str, nonce: str, now: datetime, rules: OtpPolicy
) -> tuple[OneTimeCode, Sending]:
    """The code to send: the same one while it lives and goes the same way, else a new one.

    A repeat within a few seconds is answered and not sent; a session may have so many sent.
    """
    if earlier is not None and _repeats(earlier, means, phone, now, rules):
        return earlier, Sending.SENT_ALREADY
    sends = 0 if earlier is None else earlier.sends
    # A token shows its own code: asking it uses up no message.
    sent = sends if means is Means.TOKEN else sends + 1
    if means is not Means.TOKEN and sends >= rules.sends_per_session:
        return _kept(earlier, means, phone, nonce, now, rules), Sending.EXHAUSTED
    if earlier is not None and earlier.alive(now) and (earlier.means, earlier.phone) == (means, phone):
        return replace(earlier, sent_at=now, sends=sent), Sending.SEND
    fresh = _kept(None, means, phone, nonce, now, rules)
    tries = 0 if earlier is None else earlier.tries
    return replace(fresh, tries=tries, sends=sent), Sending.SEND


def _repeats(earlier: OneTimeCode, means: Means, phone: str, now: datetime, rules: OtpPolicy) -> bool:
    same_way = (earlier.means, earlier.phone) == (means, phone)
    return same_way and earlier.alive(now) and now < earlier.sent_at + timedelta(seconds=rules.resend_seconds)


def _kept(
    earlier: OneTimeCode | None, means: Means, phone: str, nonce: str, now: datetime, rules: OtpPolicy
) -> OneTimeCode:
    if earlier is not None:
        return earlier
    return OneTimeCode(nonce, means, phone, now, now, now + timedelta(seconds=rules.life_seconds))


def unsent(code: OneTimeCode) -> OneTimeCode:
    """The code after the provider failed: that send is not charged, and may be asked for at once."""
    return replace(code, sends=code.sends - 1, sent_at=code.issued_at - timedelta(days=1))


def expired(code: OneTimeCode) -> OneTimeCode:
    """Good for nothing any more; it only remembers what the session has used up."""
    return replace(code, expires_at=code.issued_at)


def with_try(code: OneTimeCode, rules: OtpPolicy) -> OneTimeCode | None:
    """Reserve a try before the code is looked at; None when the session has none left."""
    return None if code.tries >= rules.tries else replace(code, tries=code.tries + 1)


def without_try(code: OneTimeCode) -> OneTimeCode:
    """Give a reserved try back: it was right, or the fault was ours."""
    return replace(code, tries=max(code.tries - 1, 0))
