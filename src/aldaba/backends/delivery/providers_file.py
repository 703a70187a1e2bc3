"""The file that names the delivery providers, in the order they are tried (TOML, ``[[provider]]`` each)."""

import tomllib
from pathlib import Path
from typing import Literal

import msgspec

from aldaba.backends.delivery.catalog import ProviderConfig, template_named
from aldaba.backends.delivery.generic_http import HttpProviderConfig
from aldaba.backends.delivery.provider import Channel, Coverage
from aldaba.backends.delivery.smpp import SmppConfig
from aldaba.crypto.digests import Secret


class _Provider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What both kinds say. The secret stands in a file of its own, mode 0600."""

    kind: Literal["http", "smpp"]
    name: str
    sender: str
    secret_file: str
    channels: tuple[Literal["sms", "voice"], ...] = ("sms",)
    prefixes: tuple[str, ...] = ()
    ca_file: str | None = None
    timeout_seconds: float = 3.0
    # http
    base_url: str | None = None
    template: str | None = None
    user: str = ""
    # smpp
    host: str | None = None
    port: int = 2775
    system_id: str | None = None
    system_type: str = ""
    tls: bool = True
    window: int = 10


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    provider: tuple[_Provider, ...]


def read_providers(path: Path) -> list[ProviderConfig]:
    """Every provider of the file. Raises ``ValueError`` naming the file and what is wrong in it."""
    try:
        parsed = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _File)
        return [_config(path.parent, provider) for provider in parsed.provider]
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError, ValueError) as wrong:
        raise ValueError(f"{path}: {wrong}") from None


def _config(folder: Path, provider: _Provider) -> ProviderConfig:
    secret = Secret((folder / provider.secret_file).read_text(encoding="utf-8").rstrip("\n"))
    coverage = Coverage(frozenset(Channel(name) for name in provider.channels), provider.prefixes)
    if provider.kind == "smpp":
        return SmppConfig(
            name=provider.name,
            host=_given(provider, "host", provider.host),
            port=provider.port,
            system_id=_given(provider, "system_id", provider.system_id),
            password=secret,
            sender=provider.sender,
            coverage=coverage,
            tls=provider.tls,
            ca_file=provider.ca_file,
            system_type=provider.system_type,
            window=provider.window,
            timeout_seconds=provider.timeout_seconds,
        )
    return HttpProviderConfig(
        name=provider.name,
        base_url=_given(provider, "base_url", provider.base_url),
        template=template_named(_given(provider, "template", provider.template)),
        user=provider.user,
        secret=secret,
        sender=provider.sender,
        coverage=coverage,
        timeout_seconds=provider.timeout_seconds,
        ca_file=provider.ca_file,
    )


def _given(provider: _Provider, field: str, value: str | None) -> str:
    if value is None:
        raise ValueError(f"provider {provider.name}: {field} is missing")
    return value
