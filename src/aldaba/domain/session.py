"""A session's climb: anonymous → keyed → identified → authenticated; its limits, rotation and end."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from aldaba.domain.certification import Certification
from aldaba.domain.policy import SessionPolicy
from aldaba.domain.recovery import RecoveryFacts, begun_again
from aldaba.domain.token import Challenge

RANDOMS_KEPT = 4
"""The newest four unspent server randoms are accepted, so that parallel calls work (profile ``portal``)."""


class Stage(IntEnum):
    ANONYMOUS = 0
    KEYED = 1
    IDENTIFIED = 2
    AUTHENTICATED = 3


@dataclass(frozen=True, slots=True)
class ExchangedKeys:
    """End-to-end keys of a session: profile name, EK (32 bytes), IV (16 bytes), HK (32 bytes)."""

    profile: str
    ek: bytes
    iv: bytes
    hk: bytes

    def __repr__(self) -> str:
        return f"ExchangedKeys(profile={self.profile!r}, …)"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom the session is about. A decoy stands for somebody the directory does not know."""

    customer_id: str
    representative: str
    ccs_id: str
    decoy: bool = False
    ambiguous: bool = False
    card_digests: tuple[bytes, ...] = ()
    """Of the card that named them, under every pepper that lived then; none for those named by a number."""
    session_epoch: int = 0
    """The access profile's, when the session was identified."""


class Factor(StrEnum):
    """What proved the customer."""

    PIN = "pin"
    PASSWORD = "password"
    BIOMETRIC = "biometric"


class CredentialStatus(StrEnum):
    """State of the credential used at login, as the contract spells it."""

    NONE = "NONE"
    NEW = "NEW"
    RPIN = "RPIN"
    ACPWD = "ACPWD"
    CHPWD = "CHPWD"


@dataclass(frozen=True, slots=True)
class Authentication:
    """That and how the customer logged in."""

    at: datetime
    factor: Factor
    credential_status: CredentialStatus
    step_up: bool = False
    """The risk engine asked for a challenge: until it is passed the session may do nothing else."""
    strong_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """What a ``sid`` names. ``handle`` is the digest of the sid in HEX; the sid itself is kept nowhere."""

    handle: str
    application_id: str
    channel: str
    opened_at: datetime
    expires_at: datetime
    touched_at: datetime
    key_id: str | None = None
    """The E2E public key shown to this session; the same answer throughout its life."""
    keys: ExchangedKeys | None = None
    randoms: tuple[str, ...] = ()
    subject: Subject | None = None
    instance_id: str | None = None
    device_id: str | None = None
    """The device the identification came from, as the front end named it."""
    recovery: RecoveryFacts = field(default_factory=RecoveryFacts)
    certification: Certification = field(default_factory=Certification)
    authentication: Authentication | None = None
    challenge: Challenge | None = None
    """The one question outstanding."""
    successor: str | None = None
    """Set on a tombstone: the handle that a login put in this one's place."""

    @property
    def stage(self) -> Stage:
        if self.authentication is not None:
            return Stage.AUTHENTICATED
        if self.subject is not None:
            return Stage.IDENTIFIED
        return Stage.ANONYMOUS if self.keys is None else Stage.KEYED

    def alive(self, now: datetime, rules: SessionPolicy) -> bool:
        return now < self.expires_at and now < self.touched_at + timedelta(seconds=rules.idle_seconds)


def open_session(
    handle: str, application_id: str, channel: str, now: datetime, rules: SessionPolicy
) -> Session:
    return Session(
        handle=handle,
        application_id=application_id,
        channel=channel,
        opened_at=now,
        touched_at=now,
        expires_at=now + timedelta(seconds=rules.absolute_seconds),
    )


def with_keys(session: Session, keys: ExchangedKeys) -> Session | None:
    """Exchanged keys may be replaced until the session is identified; None when it is too late."""
    if session.stage > Stage.KEYED or session.successor is not None:
        return None
    return replace(session, keys=keys, randoms=())


def identified(
    session: Session, subject: Subject, instance_id: str | None, device_id: str | None = None
) -> Session | None:
    """The last identification counts, and what was proved before it is forgotten.

    None for an authenticated session or a tombstone: neither can be identified again. The tries already
    used stay used, or a second identification would give them back.
    """
    if session.stage is Stage.AUTHENTICATED or session.successor is not None:
        return None
    return replace(
        session,
        subject=subject,
        instance_id=instance_id or session.instance_id,
        device_id=device_id,
        recovery=begun_again(session.recovery),
    )


def authenticated(
    session: Session, handle: str, subject: Subject, authentication: Authentication, rules: SessionPolicy
) -> tuple[Session, Session]:
    """A login gives the session a new handle; the old one stays as a tombstone for a short while.

    Returns:
        The tombstone and the new session. Keys and server randoms carry over.
    """
    now = authentication.at
    # A login repeated on a tombstone does not lengthen the tombstone's life.
    buried_until = now + timedelta(seconds=rules.tombstone_seconds)
    fresh = replace(
        session,
        handle=handle,
        subject=subject,
        authentication=authentication,
        successor=None,
        opened_at=now,
        touched_at=now,
        expires_at=now + timedelta(seconds=rules.absolute_seconds),
    )
    tombstone = replace(
        session,
        # Also where nobody was named before the login: it is repeated by this customer or by none.
        subject=subject,
        successor=handle,
        authentication=None,
        touched_at=now,
        expires_at=buried_until if session.successor is None else session.expires_at,
    )
    return tombstone, fresh


def with_random(session: Session, random: str) -> Session:
    """Issue a server random; only the newest few stay acceptable."""
    return replace(session, randoms=(*session.randoms, random)[-RANDOMS_KEPT:])


def spend_random(session: Session, random: str) -> Session | None:
    """Spend a server random; None when it was spent already."""
    if random not in session.randoms:
        return None
    return replace(session, randoms=tuple(kept for kept in session.randoms if kept != random))


def with_status(session: Session, status: CredentialStatus) -> Session:
    if session.authentication is None:
        return session
    return replace(session, authentication=replace(session.authentication, credential_status=status))


_ALWAYS = frozenset({"login", "logout", "credentials_status", "retrieve_public_key", "exchange_keys"})
"""A login is refused for its own reasons; the others have nothing of the customer's in them."""
_CURES = _ALWAYS | {"set_credentials"}
_STEPS_UP = _ALWAYS | {"retrieve_challenge", "validate_challenge"}


def hindrance(session: Session, operation: str) -> str | None:
    """What an authenticated session must do before this operation, by its name on the wire; None if nothing.

    A credential that has to be renewed allows only that and a logout; a step-up only a challenge.
    """
    authentication = session.authentication
    if authentication is None:
        return None
    if authentication.step_up:
        # The challenge comes before anything else, a credential's renewal included; else each would wait for
        # the other.
        return None if operation in _STEPS_UP else "challenge"
    if authentication.credential_status is not CredentialStatus.NONE and operation not in _CURES:
        return "credentialStatus"
    return None


def challenge_passed(session: Session, question: str, now: datetime, rules: SessionPolicy) -> Session | None:
    """Strongly authenticated for a while, the challenge spent; None when it is not the one outstanding."""
    authentication, challenge = session.authentication, session.challenge
    if authentication is None or challenge is None or challenge.question != question:
        return None
    until = now + timedelta(seconds=rules.strong_seconds)
    strong = replace(authentication, strong_until=until, step_up=False)
    return replace(session, authentication=strong, challenge=None)


def strongly_authenticated(session: Session, now: datetime) -> bool:
    """Whether a challenge passed a short while ago."""
    authentication = session.authentication
    if authentication is None or authentication.strong_until is None:
        return False
    return now < authentication.strong_until
