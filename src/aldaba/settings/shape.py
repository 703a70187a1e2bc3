"""Every setting there is: its section, its type, and its default where it needs no other setting for it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any, get_type_hints

from aldaba.domain.policy import Policy
from aldaba.service.ports import Verdict

MASK = "*****"
SECRETS = frozenset({"database.url", "redis.url"})
"""May be given as ``…_file``; shown without the password in them."""

_PASSWORD = re.compile(r"(?<=://)([^/@]*?):[^/]*@")


class Mode(StrEnum):
    SANDBOX = "sandbox"
    PRODUCTION = "production"


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    url: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Admin:
    """The operators' listener; default one port above the public one, on loopback."""

    host: str = "127.0.0.1"
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    file: Path


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
class RiskEngine:
    when_away: Verdict = Verdict.ALLOW


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
    if name in SECRETS and isinstance(value, str):
        return _PASSWORD.sub(rf"\1:{MASK}@", value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [shown(name, entry) for entry in value]
    return str(value) if isinstance(value, Path) else value
