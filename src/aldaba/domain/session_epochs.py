"""How all of a customer's sessions end at once: each knows its epoch, and the profile goes on to the next."""

from dataclasses import replace

from aldaba.domain.profile import AccessProfile
from aldaba.domain.session import Session


def sessions_ended(profile: AccessProfile, *, sparing: str = "") -> AccessProfile:
    """The profile with no session logged in, and every session over that was identified before now.

    ``sparing`` is the handle of the one that goes on: who set a new access logs in with it.
    """
    return replace(
        profile, live_session=None, session_epoch=profile.session_epoch + 1, spared_session=sparing
    )


def session_over(profile: AccessProfile, session: Session) -> bool:
    """Whether all the customer's sessions were ended since this one was identified, if it was."""
    subject = session.subject
    if subject is None or session.handle == profile.spared_session:
        return False
    return subject.session_epoch != profile.session_epoch
