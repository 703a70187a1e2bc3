"""Operators' use cases on applications: register, grant, give new secrets and keys, disable."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlsplit

from aldaba.crypto.digests import Secret, new_handle
from aldaba.crypto.jwk import UnacceptableKey, check_public_jwk, thumbprint
from aldaba.domain.application import Application, Enumeration, RegisteredKeys, Right, usable_keys
from aldaba.domain.policy import Policy
from aldaba.domain.refusals import Reason, Refused
from aldaba.service.audit import ApplicationChanged, Event, EventType
from aldaba.service.ports import Clock, KeyVault, RandomBytes, Store, Transaction
from aldaba.service.records import client_secret_digest, seal_registered_keys

KEY_BYTES = 32
GENERATIONS = 2
ASSERTION_KEYS = {"EC": frozenset({"P-256", "P-384"}), "RSA": frozenset[str](), "OKP": frozenset({"Ed25519"})}
_CLIENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9_-]{1,20}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Grant:
    """What an application may do; ``None`` means all of them."""

    channels: frozenset[str] | None = None
    countries: frozenset[str] = frozenset({"MX"})
    businesses: frozenset[str] = frozenset({"GCB"})
    operations: frozenset[str] | None = None
    rights: frozenset[Right] = frozenset()
    enumeration: Enumeration | None = None
    cors_origins: frozenset[str] = frozenset()
    faces_customers: bool = False


@dataclass(frozen=True, slots=True)
class Registered:
    """An application and its secret, which is kept nowhere and shown once."""

    application: Application
    secret: Secret


@dataclass(frozen=True, slots=True)
class GivenKeys:
    """Fresh end-to-end keys in HEX, shown once."""

    key_id: str
    ek: Secret
    hk: Secret


class Registration:
    """Every change is recorded in the audit in the same act, and raises ``Refused`` when it cannot be."""

    def __init__(
        self, store: Store, vault: KeyVault, policy: Policy, clock: Clock, random_bytes: RandomBytes
    ) -> None:
        self._store = store
        self._vault = vault
        self._policy = policy
        self._clock = clock
        self._random_bytes = random_bytes

    async def create(
        self, client_id: str, grant: Grant, actor: str, public_jwk: Mapping[str, object] | None = None
    ) -> Registered:
        """Register an application; with a public key it may sign in by ``private_key_jwt`` too."""
        if not _CLIENT_ID.fullmatch(client_id):
            raise Refused(Reason.INVALID_REQUEST, "client_id", "not 1 to 64 letters, digits, dots or dashes")
        _check_grant(grant)
        secret = new_handle(self._random_bytes)
        fresh = Application(
            client_id,
            client_secret_digest(secret),
            self._clock(),
            public_jwks=() if public_jwk is None else (_acceptable(public_jwk),),
        )
        application = _with_grant(fresh, grant)

        def act(transaction: Transaction) -> bool:
            if transaction.applications.find(client_id) is not None:
                return False
            transaction.applications.save(application)
            transaction.audit.record(self._event(client_id, "create", actor))
            return True

        if not await self._store.run(act):
            raise Refused(Reason.RULE_BROKEN, "client_id", "an application of that id exists")
        return Registered(application, Secret(secret))

    async def list(self) -> tuple[Application, ...]:
        return await self._store.read(lambda transaction: transaction.applications.all())

    async def regrant(self, client_id: str, grant: Grant, actor: str) -> Application:
        """Replace what the application may do."""
        _check_grant(grant)
        return await self._change(
            client_id, "grant", actor, lambda application: _with_grant(application, grant)
        )

    async def rotate_secret(self, client_id: str, actor: str) -> Registered:
        """A new secret; the earlier one stops at once."""
        secret = new_handle(self._random_bytes)
        digest = client_secret_digest(secret)
        application = await self._change(
            client_id, "rotate secret", actor, lambda found: replace(found, secret_digest=digest)
        )
        return Registered(application, Secret(secret))

    async def disable(self, client_id: str, actor: str) -> Application:
        now = self._clock()
        return await self._change(
            client_id, "disable", actor, lambda found: replace(found, disabled_at=found.disabled_at or now)
        )

    async def set_public_key(self, client_id: str, jwk: Mapping[str, object], actor: str) -> Application:
        """The one key the application's assertions are verified with from now on."""
        public = _acceptable(jwk)
        return await self._change(
            client_id, "public key", actor, lambda found: replace(found, public_jwks=(public,))
        )

    async def register_keys(self, client_id: str, actor: str) -> GivenKeys:
        """Fresh keys for requests without a session; the newest earlier generation stays beside them."""
        now, keyring = self._clock(), self._vault.keyring()
        ek, hk = self._random_bytes(KEY_BYTES), self._random_bytes(KEY_BYTES)
        key_id = f"{now:%Y%m%d}-{self._random_bytes(4).hex()}"
        sealed = seal_registered_keys(keyring, ek, hk, client_id, key_id, self._random_bytes)
        fresh = RegisteredKeys(key_id, sealed, now + timedelta(days=self._policy.e2e.registered_key_days))

        def rule(found: Application) -> Application:
            kept = usable_keys(found, now)[: GENERATIONS - 1]
            return replace(found, registered_keys=(fresh, *kept))

        await self._change(client_id, "register keys", actor, rule)
        return GivenKeys(key_id, Secret(ek.hex().upper()), Secret(hk.hex().upper()))

    async def _change(
        self, client_id: str, action: str, actor: str, rule: Callable[[Application], Application]
    ) -> Application:
        def act(transaction: Transaction) -> Application | None:
            found = transaction.applications.find(client_id)
            if found is None:
                return None
            changed = rule(found)
            transaction.applications.save(changed)
            transaction.audit.record(self._event(client_id, action, actor))
            return changed

        changed = await self._store.run(act)
        if changed is None:
            raise Refused(Reason.NOT_FOUND, "client_id", "no application of that id")
        return changed

    def _event(self, client_id: str, action: str, actor: str) -> Event:
        payload = ApplicationChanged(action)
        return Event(
            EventType.APPLICATION_CHANGED, self._clock(), payload, application_id=client_id, actor=actor
        )


def _with_grant(application: Application, grant: Grant) -> Application:
    return replace(
        application,
        channels=grant.channels,
        countries=grant.countries,
        businesses=grant.businesses,
        operations=grant.operations,
        rights=grant.rights,
        enumeration=grant.enumeration,
        cors_origins=grant.cors_origins,
        faces_customers=grant.faces_customers,
    )


def _acceptable(jwk: Mapping[str, object]) -> dict[str, str]:
    try:
        public = check_public_jwk(jwk, allowed=ASSERTION_KEYS)
    except UnacceptableKey as refused:
        wrong = f"no acceptable public key ({refused.reason})"
        raise Refused(Reason.INVALID_REQUEST, "public_key", wrong) from None
    return {**public, "kid": public.get("kid") or thumbprint(public)}


def _check_grant(grant: Grant) -> None:
    for location, values, form in (
        ("country", grant.countries, _COUNTRY),
        ("business", grant.businesses, _CODE),
        ("channel", grant.channels or frozenset(), _CODE),
    ):
        if not all(form.fullmatch(value) for value in values):
            raise Refused(Reason.INVALID_REQUEST, location, "a code of odd form")
    if not all(map(_is_origin, grant.cors_origins)):
        raise Refused(Reason.INVALID_REQUEST, "cors_origin", "an origin is scheme://host[:port]")


def _is_origin(text: str) -> bool:
    parts = urlsplit(text)
    return (
        parts.scheme in {"http", "https"}
        and f"{parts.scheme}://{parts.netloc}" == text
        and bool(parts.hostname)
    )
