"""What a registered application may do: channels, countries, business codes, operations and rights."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Right(StrEnum):
    """Extra rights beside the operations; nobody has them unless given."""

    IVR = "ivr"
    LOOKUP = "lookup"
    INTROSPECT = "introspect"


class Enumeration(StrEnum):
    """Whether answers may tell an unknown customer from a wrong password."""

    UNIFORM = "uniform"
    DOCUMENTED = "documented"


@dataclass(frozen=True, slots=True)
class RegisteredKeys:
    """End-to-end keys of a server-side channel that works without a session; ``sealed`` holds EK ‖ HK."""

    key_id: str
    sealed: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Application:
    """A channel's front end. ``None`` for a list of things allowed means all of them."""

    client_id: str
    secret_digest: bytes | None
    created_at: datetime
    channels: frozenset[str] | None = None
    countries: frozenset[str] = frozenset({"MX"})
    businesses: frozenset[str] = frozenset({"GCB"})
    operations: frozenset[str] | None = None
    rights: frozenset[Right] = frozenset()
    enumeration: Enumeration | None = None
    cors_origins: frozenset[str] = frozenset()
    public_jwks: tuple[Mapping[str, str], ...] = ()
    registered_keys: tuple[RegisteredKeys, ...] = ()
    faces_customers: bool = field(default=False)
    """True for a front end that connects itself, so that its peer address is an end user's."""
    disabled_at: datetime | None = None

    @property
    def enabled(self) -> bool:
        return self.disabled_at is None


class Denied(StrEnum):
    """Which part of a request lies outside an application's grant."""

    COUNTRY = "countryCode"
    BUSINESS = "businessCode"
    CHANNEL = "channelId"
    OPERATION = "operation"


def denied(
    application: Application,
    *,
    country: str | None,
    business: str | None,
    channel: str | None,
    operation: str,
) -> Denied | None:
    """The first thing in this request that the application was not granted, or None."""
    if country is not None and country not in application.countries:
        return Denied.COUNTRY
    if business is not None and business not in application.businesses:
        return Denied.BUSINESS
    if channel is not None and application.channels is not None and channel not in application.channels:
        return Denied.CHANNEL
    if application.operations is not None and operation not in application.operations:
        return Denied.OPERATION
    return None


def usable_keys(application: Application, now: datetime) -> tuple[RegisteredKeys, ...]:
    """Registered end-to-end keys still alive, newest first."""
    alive = (keys for keys in application.registered_keys if now < keys.expires_at)
    return tuple(sorted(alive, key=lambda keys: keys.expires_at, reverse=True))
