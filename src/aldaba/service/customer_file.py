"""What an operator sees of one customer: state and why, live sessions, and what he may do about it now."""

from dataclasses import dataclass
from datetime import datetime

from aldaba.domain.customer import Customer
from aldaba.domain.operators import Act, Actor, Offer, offered
from aldaba.domain.policy import Policy
from aldaba.domain.profile import AccessProfile
from aldaba.domain.session import Session
from aldaba.domain.standing import Obstacle, obstacles, token_obstacle
from aldaba.domain.token import Token
from aldaba.service.customer_views import CustomerView, cards_by_digest


@dataclass(frozen=True, slots=True)
class Found:
    """One customer that a search found."""

    customer_id: str
    name: str
    type: int


@dataclass(frozen=True, slots=True)
class ProfileObstacles:
    """What stands before one representative's access; the empty name is the customer's own."""

    representative: str
    obstacles: tuple[Obstacle, ...]


@dataclass(frozen=True, slots=True)
class SessionView:
    representative: str
    application: str
    channel: str
    opened_at: datetime
    last_used_at: datetime
    expires_at: datetime
    logged_in_by: str | None


@dataclass(frozen=True, slots=True)
class TokenStanding:
    """How the customer's token stands: its failures, and whether it must be brought into step."""

    serial: str
    failures: int
    needs_resynchronising: bool
    obstacle: Obstacle | None


@dataclass(frozen=True, slots=True)
class CustomerFile:
    """``actions`` are what this operator may ask for now, each with whether it takes four eyes."""

    customer: CustomerView
    access: tuple[ProfileObstacles, ...]
    sessions: tuple[SessionView, ...]
    token: TokenStanding | None
    actions: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the store holds of one customer, as one query read it."""

    customer: Customer
    view: CustomerView
    profiles: tuple[AccessProfile, ...]
    sessions: tuple[tuple[str, Session], ...]
    token: Token | None


def file_of(holdings: Holdings, actor: Actor, now: datetime, policy: Policy) -> CustomerFile:
    """The whole of it for this operator's eyes."""
    cards = cards_by_digest(holdings.customer)
    access = tuple(
        ProfileObstacles(profile.representative, obstacles(profile, cards, now, policy))
        for profile in holdings.profiles
    )
    sessions = tuple(
        _session(whose, session) for whose, session in holdings.sessions if session.alive(now, policy.session)
    )
    token = None if holdings.token is None else _token(holdings.token, now)
    sensible = _sensible(holdings, access, sessions, token)
    return CustomerFile(
        holdings.view, access, sessions, token, offered(actor.roles, sensible, policy.operators)
    )


def _session(representative: str, session: Session) -> SessionView:
    proof = session.authentication
    return SessionView(
        representative,
        session.application_id,
        session.channel,
        session.opened_at,
        session.touched_at,
        session.expires_at,
        None if proof is None else proof.factor.value,
    )


def _token(token: Token, now: datetime) -> TokenStanding:
    return TokenStanding(token.serial, token.guard.failures, token.resyncing, token_obstacle(token, now))


def _sensible(
    holdings: Holdings,
    access: tuple[ProfileObstacles, ...],
    sessions: tuple[SessionView, ...],
    token: TokenStanding | None,
) -> tuple[Act, ...]:
    """What would change something, in the order a person looks for it."""
    lifting = {one.lifted_by for profile in access for one in profile.obstacles}
    failed = any(profile.failures or _missed(profile) for profile in holdings.profiles)
    answers = {
        Act.CUSTOMER_LOCK: Act.CUSTOMER_LIFT_PREVENTIVE not in lifting,
        Act.CUSTOMER_UNLOCK: Act.CUSTOMER_UNLOCK in lifting or Act.CUSTOMER_RESET_COUNTERS in lifting,
        Act.CUSTOMER_LIFT_PREVENTIVE: Act.CUSTOMER_LIFT_PREVENTIVE in lifting,
        Act.CUSTOMER_RESET_COUNTERS: failed,
        Act.CUSTOMER_TEMPORARY_PIN: any(phone.best and phone.certified for phone in holdings.customer.phones),
        Act.CUSTOMER_END_SESSIONS: bool(sessions),
        Act.DEVICE_REVOKE: any(not device.blocked for device in holdings.view.devices),
        Act.TOKEN_ASSIGN: token is None,
        Act.TOKEN_RESYNCHRONISE: token is not None,
        Act.TOKEN_UNLOCK: token is not None and token.obstacle is not None,
        Act.TOKEN_REVOKE: token is not None,
    }
    return tuple(act for act, sensible in answers.items() if sensible)


def _missed(profile: AccessProfile) -> bool:
    guards = (profile.pin.guard, profile.password.guard, profile.biometric, *profile.cards.values())
    return any(guard.failures for guard in guards)
