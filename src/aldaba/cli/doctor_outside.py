"""The doctor looks outside: does every system the house calls take a connection? Nothing is sent to any."""

import asyncio
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from aldaba.backends.delivery.generic_http import HttpProviderConfig
from aldaba.backends.delivery.providers_file import read_providers
from aldaba.backends.http import Endpoint, client_context
from aldaba.cli.finding import Check
from aldaba.settings import Settings
from aldaba.settings.shape import Remote
from aldaba.store.redis.check import check

CONNECT_SECONDS = 3.0
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Place:
    """Something to connect to, by the setting that names it; ``tls`` is None for a plain connection."""

    setting: str
    host: str
    port: int
    tls: ssl.SSLContext | None


async def reached(settings: Settings) -> list[Check]:
    """One check for every system outside that the settings name."""
    checks, places = list[Check](), list[Place]()
    for setting, listing in (
        ("directory.base_url", _remote("directory.base_url", settings.directory, settings.directory.kind)),
        ("cards.base_url", _remote("cards.base_url", settings.cards, settings.cards.kind)),
        ("risk.base_url", _remote("risk.base_url", settings.risk, settings.risk.engine)),
        ("delivery.providers_file", _providers(settings.delivery.providers_file)),
        ("vendor.jwks_url", _address("vendor.jwks_url", settings.vendor.jwks_url)),
        ("email.host", _mail(settings)),
    ):
        try:
            places += listing
        except (ValueError, OSError) as wrong:
            checks.append(Check(setting, ok=False, found=str(wrong), expected="usable", cure="Correct it."))
    if settings.redis.url is not None:
        checks += await asyncio.to_thread(_sessions, settings.redis.url)
    return checks + list(await asyncio.gather(*map(_connected, places)))


def _sessions(url: str) -> list[Check]:
    """The server that sessions are kept on: there, a primary, and forgetting nothing by itself."""
    wrong = [
        Check("redis.url", ok=False, found=f.found, expected=f.expected, cure=f.cure) for f in check(url)
    ]
    return wrong or [Check("redis.url", ok=True, found="a primary that evicts nothing", expected="one")]


def _remote(setting: str, remote: Remote, kind: str) -> Iterator[Place]:
    if kind not in {"core", "http"}:
        return
    endpoint = Endpoint(remote.base_url or "", remote.ca_file, remote.client_cert, remote.client_key)
    yield from _address(setting, endpoint.base_url, client_context(endpoint))


def _address(setting: str, url: str | None, context: ssl.SSLContext | None = None) -> Iterator[Place]:
    if url is None:
        return
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    tls = (context or ssl.create_default_context()) if secure else None
    yield Place(setting, parts.hostname or "", parts.port or _PORTS[parts.scheme], tls)


def _providers(file: Path | None) -> Iterator[Place]:
    if file is None:
        return
    for provider in read_providers(file):
        setting = f"delivery provider {provider.name}"
        context = ssl.create_default_context(cafile=provider.ca_file)
        if isinstance(provider, HttpProviderConfig):
            yield from _address(setting, provider.base_url, context)
        else:
            yield Place(setting, provider.host, provider.port, context if provider.tls else None)


def _mail(settings: Settings) -> Iterator[Place]:
    mail = settings.email
    if mail.host is not None:
        tls = ssl.create_default_context() if mail.tls == "implicit" else None
        yield Place("email.host", mail.host, mail.port, tls)


async def _connected(place: Place) -> Check:
    where = f"{place.host}:{place.port}"
    expected = f"a {'TLS ' if place.tls else ''}connection within {CONNECT_SECONDS:.0f} seconds"
    began = time.perf_counter()
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            name = place.host if place.tls else None
            _, writer = await asyncio.open_connection(
                place.host, place.port, ssl=place.tls, server_hostname=name
            )
    except (OSError, TimeoutError) as trouble:
        why = "no answer" if isinstance(trouble, TimeoutError) else _why(trouble)
        cure = "Check address, certificate and the network's rules between here and there."
        return Check(place.setting, ok=False, found=f"{where}: {why}", expected=expected, cure=cure)
    writer.transport.abort()
    took = (time.perf_counter() - began) * 1000
    return Check(place.setting, ok=True, found=f"{where} connected in {took:.0f} ms", expected=expected)


def _why(trouble: OSError) -> str:
    if isinstance(trouble, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({trouble.verify_message})"
    return (
        f"TLS failed ({trouble.reason})" if isinstance(trouble, ssl.SSLError) else trouble.strerror or "down"
    )
