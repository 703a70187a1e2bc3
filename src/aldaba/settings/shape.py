"""Every setting there is: its section, its type, and its default where it needs no other setting for it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any, Literal, get_type_hints

from aldaba.domain.policy import Policy
from aldaba.service.risk_ports import Verdict
from aldaba.service.vendor_tokens import AUDIENCES

MASK = "*****"
SECRETS = frozenset(
    {"database.url", "database.owner_url", "redis.url", "email.password", "keys.pin", "audit.webhook.secret"}
)
"""May be given as ``…_file``; shown without the password in them."""
WHOLE_SECRETS = frozenset({"email.password", "keys.pin", "audit.webhook.secret"})
"""Nothing of these is shown."""

_PASSWORD = re.compile(r"(?<=://)([^/@]*?):[^/]*@")


class Mode(StrEnum):
    SANDBOX = "sandbox"
    PRODUCTION = "production"


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """``owner_url``: the PostgreSQL user that migrates, where the server runs as one that may not."""

    url: str
    owner_url: str | None = None
    connections: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Redis:
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The public listener. ``client_address_header`` is believed only behind a declared proxy."""

    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str
    tls_cert: Path | None = None
    tls_key: Path | None = None
    client_address_header: str | None = None
    behind_proxy: bool = False
    workers: int = 1
    drain_seconds: float
    connections_per_address: int = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Admin:
    """The operators' listener; default one port above the public one, on loopback.

    ``public_url`` is where operators reach it; https says that a proxy in front ends TLS, which may tell
    an operator's address in ``client_address_header``.
    """

    host: str = "127.0.0.1"
    port: int
    public_url: str
    client_address_header: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Where the key ring is, and what wraps it: nothing, or a key inside a PKCS#11 token."""

    file: Path
    provider: Literal["file", "pkcs11"] = "file"
    module: Path | None = None
    token_label: str | None = None
    pin: str | None = None
    kek_label: str = "aldaba-kek"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditWebhook:
    """Where the audit is sent row by row (Standard Webhooks); without a URL nowhere."""

    url: str | None = None
    secret: str | None = None
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    webhook: AuditWebhook


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth:
    issuer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class E2E:
    profiles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """``allow_from``: networks whose peers may use the sandbox routes beside loopback."""

    allow_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A backend over HTTP: https, or http to a loopback address; client certificate for mutual TLS.

    ``budget_seconds`` is for one call as a whole.
    """

    base_url: str | None = None
    ca_file: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    connect_seconds: float = 1.0
    read_seconds: float = 2.5
    budget_seconds: float = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory(Remote):
    """Where customers come from: the embedded directory, or the bank's core."""

    kind: Literal["embedded", "core"] = "embedded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cards(Remote):
    """Where card PINs are verified: the embedded directory, or the bank's card host."""

    kind: Literal["embedded", "core"] = "embedded"


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskEngine(Remote):
    """Who judges a login: nobody, the house's own points, or the bank's engine."""

    engine: Literal["none", "points", "http"] = "points"
    when_away: Verdict = Verdict.ALLOW
    connect_seconds: float = 0.5
    read_seconds: float = 0.8
    budget_seconds: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Who brings codes to phones, and how long all together may take. A sandbox delivers to itself."""

    providers_file: Path | None = None
    budget_seconds: float = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """The mail server that notices leave by; without host or sender none do."""

    host: str | None = None
    sender: str | None = None
    port: int = 465
    tls: Literal["implicit", "starttls"] = "implicit"
    user: str | None = None
    password: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What is written to standard output; a request's line is ``info``."""

    level: Literal["info", "warning", "error"] = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """The soft-token vendor: who signs, for whom, and where its keys are. A sandbox signs for itself.

    ``audiences``: ``ID=AUDIENCE`` for each functional id that is served.
    """

    issuer: str = "soft-token-vendor"
    audiences: tuple[str, ...] = tuple(f"{grant}={audience}" for grant, audience in AUDIENCES.items())
    jwks_file: Path | None = None
    jwks_url: str | None = None

    @property
    def audience_of(self) -> Mapping[str, str]:
        """Functional id → the audience of its tokens; an id that is not there is not configured."""
        pairs = (entry.partition("=") for entry in self.audiences)
        return {grant: audience for grant, _, audience in pairs}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole configuration; ``data`` is the folder of everything the house itself writes."""

    mode: Mode = Mode.PRODUCTION
    data: Path = Path("var")
    database: Database
    redis: Redis
    server: Server
    admin: Admin
    keys: Keys
    oauth: OAuth
    e2e: E2E
    sandbox: Sandbox
    risk: RiskEngine
    vendor: Vendor
    directory: Directory
    cards: Cards
    delivery: Delivery
    email: Email
    audit: Audit
    log: Log
    policy: Policy
    origins: Mapping[str, str] = field(repr=False)
    """Where each value came from: ``default``, ``file …``, ``environment …``, ``command line``."""

    def entries(self) -> dict[str, tuple[Any, str]]:
        """Every setting by name, as JSON can say it and with passwords hidden, and its origin."""
        return {name: (shown(name, value), self.origins[name]) for name, value in flat(self)}


def types_of(section: type, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted name and type of every setting."""
    hints = get_type_hints(section)
    for entry in fields(section):
        hint = hints[entry.name]
        if isinstance(hint, type) and is_dataclass(hint):
            yield from types_of(hint, f"{prefix}{entry.name}.")
        elif entry.name != "origins":
            yield f"{prefix}{entry.name}", hint


def flat(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted name and value of everything a section holds."""
    for entry in fields(value):
        held = getattr(value, entry.name)
        if is_dataclass(held):
            yield from flat(held, f"{prefix}{entry.name}.")
        elif entry.name != "origins":
            yield f"{prefix}{entry.name}", held


def shown(name: str, value: Any) -> Any:
    """A value as JSON can say it; of a secret only what is none."""
    if name in WHOLE_SECRETS and value is not None:
        return MASK
    if name in SECRETS and isinstance(value, str):
        return _PASSWORD.sub(rf"\1:{MASK}@", value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [shown(name, entry) for entry in value]
    return str(value) if isinstance(value, Path) else value
