"""The rules of a login: whether it is refused and why, and what it leaves on the profile."""

from dataclasses import dataclass, replace
from datetime import datetime

from aldaba.domain.customer import Customer, ElectronicBanking
from aldaba.domain.policy import Policy, SecondLogin
from aldaba.domain.profile import AccessProfile, LastLogin, LiveSession
from aldaba.domain.refusals import Reason
from aldaba.domain.session import Factor, Session, Subject


@dataclass(frozen=True, slots=True)
class Trial:
    """What is known once the credential has been verified.

    ``granted``: the attempt was reserved, no lock stands. ``denied``: the risk engine said no.
    ``may_enter``: the customer's standing allows it; None for a customer nobody knows.
    """

    factor: Factor
    granted: bool
    denied: bool
    right: bool
    may_enter: bool | None
    occupied: bool


def refusal(trial: Trial) -> Reason | None:
    """Why the login is refused, or None. What only the customer may know is told after the proof."""
    if not trial.granted or trial.denied:
        return Reason.LOCKED
    if not trial.right or trial.may_enter is None:
        biometric = trial.factor is Factor.BIOMETRIC
        return Reason.AUTHENTICATION_FAILED if biometric else Reason.BAD_CREDENTIALS
    if not trial.may_enter:
        return Reason.STANDING
    return Reason.DUPLICATE_SESSION if trial.occupied else None


def may_enter(customer: Customer, subject: Subject, channel: str, policy: Policy) -> bool:
    """Whether the customer's kind and standing allow a login on this channel.

    Not on the black list, electronic banking active, the channel open to this kind of customer, and for a
    company exactly one legal representative named.
    """
    if customer.black_listed or customer.electronic_banking is not ElectronicBanking.ACTIVE:
        return False
    if f"{channel}:{customer.type.value}" in policy.channels.closed:
        return False
    if not customer.is_company:
        return True
    return bool(subject.representative) and not subject.ambiguous


def occupied(profile: AccessProfile, session: Session, rival: Session | None, rule: SecondLogin) -> bool:
    """Whether another authenticated session of the profile lives.

    ``rival`` is the profile's live session, None when it has ended. On a tombstone the session whose answer
    was lost does not stand in the way.
    """
    if session.authentication is not None:
        return True
    if rival is None or profile.live_session is None or rule is SecondLogin.REPLACE:
        return False
    return profile.live_session.handle != session.successor


def entered(
    profile: AccessProfile,
    factor: Factor,
    rehashed: str | None,
    handle: str,
    channel: str,
    now: datetime,
    sim: bytes | None = None,
) -> AccessProfile:
    """The profile after its credential served: dates, fresh hash, temporary PIN used up, live session."""
    profile = replace(
        profile,
        live_session=LiveSession(handle, now),
        last_login=LastLogin(now, channel),
        active_at=now,
        last_sim_digest=sim or profile.last_sim_digest,
    )
    if factor is Factor.PASSWORD:
        sealed = rehashed or profile.password.sealed
        return replace(profile, password=replace(profile.password, sealed=sealed, used_at=now))
    if factor is Factor.BIOMETRIC:
        return profile
    if profile.temporary_pin is not None:
        # A new revision, so that another login already verified against it finds it used up.
        used = replace(profile.temporary_pin, used_by=handle)
        profile = replace(profile, temporary_pin=used, revision=profile.revision + 1)
        return replace(profile, pin=replace(profile.pin, used_at=now))
    return replace(profile, pin=replace(profile.pin, sealed=rehashed or profile.pin.sealed, used_at=now))
