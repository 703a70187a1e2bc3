"""How all of a customer's sessions end at once: each knows its epoch, and the profile goes on to the next."""

from dataclasses import replace

from aldaba.domain.profile import AccessProfile
from aldaba.domain.session import Subject


def sessions_ended(profile: AccessProfile) -> AccessProfile:
    """The profile with no session logged in, and every session that was identified before now over."""
    return replace(profile, live_session=None, session_epoch=profile.session_epoch + 1)


def session_over(profile: AccessProfile, subject: Subject) -> bool:
    """Whether all the customer's sessions were ended since the session about this subject was identified."""
    return subject.session_epoch != profile.session_epoch
