"""What operators do with applications and with the house's own keys."""

from dataclasses import dataclass
from datetime import datetime

from aldaba.crypto.digests import Secret
from aldaba.domain.application import Application, Right
from aldaba.domain.operators import Actor
from aldaba.domain.refusals import Reason, Refused
from aldaba.service.key_administration import KeyAdministration
from aldaba.service.operator_commands import (
    CreateApplication,
    DisableApplication,
    ListApplications,
    RegisterKeys,
    RotateClientSecret,
    RotateKey,
)
from aldaba.service.operator_desk import Handlers
from aldaba.service.registration import GivenKeys, Grant, Registered, Registration


@dataclass(frozen=True, slots=True)
class KeysView:
    key_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """None for a list of things allowed means all of them; no secret, no digest of one."""

    client_id: str
    enabled: bool
    created_at: datetime
    disabled_at: datetime | None
    channels: tuple[str, ...] | None
    countries: tuple[str, ...]
    businesses: tuple[str, ...]
    operations: tuple[str, ...] | None
    rights: tuple[str, ...]
    enumeration: str | None
    cors_origins: tuple[str, ...]
    faces_customers: bool
    assertion_keys: tuple[str, ...]
    """Ids of the public keys its assertions are verified with."""
    registered_keys: tuple[KeysView, ...]


@dataclass(frozen=True, slots=True)
class SecretGiven:
    """The client secret, shown to who asked for it once and kept nowhere."""

    application: ApplicationView
    client_secret: Secret


@dataclass(frozen=True, slots=True)
class KeyChanged:
    name: str
    key_id: str


class OperatorApplications:
    """``handlers`` are for the desk."""

    def __init__(
        self, registration: Registration, keys: KeyAdministration, operations: frozenset[str]
    ) -> None:
        self._registration = registration
        self._keys = keys
        self._operations = operations

    @property
    def handlers(self) -> Handlers:
        return {
            ListApplications: self.list,
            CreateApplication: self.create,
            DisableApplication: self.disable,
            RotateClientSecret: self.rotate_secret,
            RegisterKeys: self.register_keys,
            RotateKey: self.rotate_key,
        }

    async def list(self, _: Actor, __: ListApplications) -> tuple[ApplicationView, ...]:
        return tuple(map(view_of, await self._registration.list()))

    async def create(self, actor: Actor, command: CreateApplication) -> SecretGiven:
        unknown = sorted(set(command.operations or ()) - self._operations)
        if unknown:
            raise Refused(Reason.INVALID_REQUEST, "operations", f"unknown: {', '.join(unknown)[:100]}")
        grant = Grant(
            channels=_set(command.channels),
            countries=frozenset(command.countries),
            businesses=frozenset(command.businesses),
            operations=_set(command.operations),
            rights=frozenset(map(Right, command.rights)),
            cors_origins=frozenset(command.cors_origins),
            faces_customers=command.faces_customers,
        )
        registered = await self._registration.create(command.client_id, grant, actor.name, command.public_jwk)
        return _given(registered)

    async def disable(self, actor: Actor, command: DisableApplication) -> ApplicationView:
        return view_of(await self._registration.disable(command.client_id, actor.name))

    async def rotate_secret(self, actor: Actor, command: RotateClientSecret) -> SecretGiven:
        return _given(await self._registration.rotate_secret(command.client_id, actor.name))

    async def register_keys(self, actor: Actor, command: RegisterKeys) -> GivenKeys:
        return await self._registration.register_keys(command.client_id, actor.name)

    async def rotate_key(self, actor: Actor, command: RotateKey) -> KeyChanged:
        return KeyChanged(command.name, await self._keys.rotate(command.name, actor.name))


def view_of(application: Application) -> ApplicationView:
    return ApplicationView(
        client_id=application.client_id,
        enabled=application.enabled,
        created_at=application.created_at,
        disabled_at=application.disabled_at,
        channels=_sorted(application.channels),
        countries=tuple(sorted(application.countries)),
        businesses=tuple(sorted(application.businesses)),
        operations=_sorted(application.operations),
        rights=tuple(sorted(right.value for right in application.rights)),
        enumeration=None if application.enumeration is None else application.enumeration.value,
        cors_origins=tuple(sorted(application.cors_origins)),
        faces_customers=application.faces_customers,
        assertion_keys=tuple(jwk["kid"] for jwk in application.public_jwks),
        registered_keys=tuple(KeysView(keys.key_id, keys.expires_at) for keys in application.registered_keys),
    )


def _given(registered: Registered) -> SecretGiven:
    return SecretGiven(view_of(registered.application), registered.secret)


def _set(values: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if values is None else frozenset(values)


def _sorted(values: frozenset[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(sorted(values))
