"""What production refuses to start on or warns of, and what a sandbox refuses: production's settings."""

import stat
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import parse_qsl, urlsplit

from aldaba.domain.policy import Policy
from aldaba.settings.secrecy import secrets_in_danger
from aldaba.settings.shape import Mode, Settings
from aldaba.settings.unsafe import Unsafe


def unsafe(settings: Settings) -> list[Unsafe]:
    """Everything unsafe about a configuration in its mode."""
    if settings.mode is Mode.SANDBOX:
        return [*_real_parts(settings), *_published(settings)]
    parts = (_listening, _proxy, _keys, _strength, secrets_in_danger, _operators, _database, _redis, _outside)
    return [thing for part in parts for thing in part(settings)]


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listening(settings: Settings) -> Iterator[Unsafe]:
    server = settings.server
    if server.tls_cert is None and not server.behind_proxy and not is_loopback(server.host):
        yield Unsafe(
            "server.host",
            f"plain HTTP on {server.host}",
            "TLS, a proxy that ends TLS, or loopback",
            "Set server.tls_cert and server.tls_key, or server.behind_proxy = true.",
        )
    if not is_loopback(settings.admin.host):
        yield Unsafe(
            "admin.host",
            settings.admin.host,
            "a loopback address",
            "Reach the console through a tunnel or an authenticating proxy on this machine.",
        )
    public = urlsplit(server.public_url)
    if public.scheme != "https" and not is_loopback(public.hostname or ""):
        yield Unsafe(
            "server.public_url",
            server.public_url,
            "an https address",
            "Set the address that front ends use.",
        )


def _proxy(settings: Settings) -> Iterator[Unsafe]:
    header = settings.server.client_address_header
    if header is not None and not settings.server.behind_proxy:
        yield Unsafe(
            "server.client_address_header",
            header,
            "a proxy in front that sets it",
            "Set server.behind_proxy = true, or leave the header out: anybody could send it.",
        )


def _keys(settings: Settings) -> Iterator[Unsafe]:
    file = settings.keys.file
    if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077:
        yield Unsafe(
            "keys.file",
            f"{file} readable by others ({stat.S_IMODE(file.stat().st_mode):04o})",
            "mode 0600",
            f"chmod 600 {file}",
        )
    if settings.policy.e2e.rotation_hours == 0:
        yield Unsafe(
            "policy.e2e.rotation_hours",
            "0: the end-to-end key never rotates",
            "24, or another number of hours",
            "Set it above 0.",
        )
    if "portal" in settings.e2e.profiles:
        yield Unsafe(
            "e2e.profiles",
            "portal",
            "bound-1 alone",
            "Keep portal only as long as front ends need it: it is not bound to operation and session.",
            fatal=False,
        )


CHEAPEST_HASH_KIB = 7_168
CHEAPEST_WORK = 35_840
"""KiB times passes: what OWASP asks of Argon2id at the least, from 46 MiB once to 7 MiB five times."""
STRONG_RSA_BITS = 3_072
"""128 bits of security (NIST SP 800-57 part 1)."""


def _strength(settings: Settings) -> Iterator[Unsafe]:
    rules = settings.policy.hash
    if rules.memory_kib < CHEAPEST_HASH_KIB or rules.memory_kib * rules.passes < CHEAPEST_WORK:
        yield Unsafe(
            "policy.hash.memory_kib",
            f"{rules.memory_kib} KiB with policy.hash.passes = {rules.passes}",
            "what a stolen hash withstands: 19456 KiB with 2 passes, or more",
            "Leave both at their defaults; a hash that is dearer is made at the next right password.",
            fatal=False,
        )
    if settings.policy.e2e.rsa_bits < STRONG_RSA_BITS:
        yield Unsafe(
            "policy.e2e.rsa_bits",
            f"{settings.policy.e2e.rsa_bits} bits",
            f"{STRONG_RSA_BITS} bits or more",
            "Keep fewer only as long as front ends need it.",
            fatal=False,
        )


def _redis(settings: Settings) -> Iterator[Unsafe]:
    url = settings.redis.url
    if url is None:
        return
    parts = urlsplit(url)
    if parts.scheme == "redis" and not is_loopback(parts.hostname or ""):
        yield Unsafe(
            "redis.url",
            f"redis:// to {parts.hostname}: its password crosses the network in clear",
            "rediss://, unix://, or a loopback address",
            "Turn on TLS at the server, or reach it through a tunnel on this machine.",
        )
    if settings.database.url.startswith("sqlite"):
        yield Unsafe(
            "redis.url",
            "sessions for several machines, the rest in SQLite on one",
            "PostgreSQL beside it",
            "Leave redis.url out: SQLite keeps sessions too, and they outlive a restart of that server.",
            fatal=False,
        )


def _operators(settings: Settings) -> Iterator[Unsafe]:
    missing = sorted(set(Policy().operators.four_eyes) - set(settings.policy.operators.four_eyes))
    if missing:
        yield Unsafe(
            "policy.operators.four_eyes",
            f"one operator alone does {', '.join(missing)}",
            "two people for each",
            "Add them, unless the bank has decided otherwise.",
            fatal=False,
        )


def _database(settings: Settings) -> Iterator[Unsafe]:
    url = urlsplit(settings.database.url)
    if url.scheme != "postgresql":
        if settings.server.workers > 1:
            yield Unsafe(
                "server.workers",
                f"{settings.server.workers} workers on SQLite",
                "one worker",
                "Set server.workers = 1.",
            )
        return
    given = dict(parse_qsl(url.query))
    host, mode = given.get("host", url.hostname or ""), given.get("sslmode", "prefer")
    elsewhere = host and not host.startswith("/") and not is_loopback(host)
    if elsewhere and mode not in {"verify-full", "verify-ca"}:
        yield Unsafe(
            "database.url",
            f"sslmode {mode} to {host}",
            "sslmode=verify-full",
            "Give the server a certificate and name its authority by sslrootcert.",
            fatal=False,
        )


def _outside(settings: Settings) -> Iterator[Unsafe]:
    if settings.delivery.providers_file is None:
        yield Unsafe(
            "delivery.providers_file",
            "none: no code, temporary PIN or notice reaches a phone",
            "a file with SMS and voice providers",
            "Set delivery.providers_file; docs/operating.md shows one.",
        )
    if settings.sandbox.allow_from:
        yield Unsafe(
            "sandbox.allow_from",
            ", ".join(settings.sandbox.allow_from),
            "nothing: production has no sandbox",
            "Remove it, or set mode = sandbox for trying.",
        )


OWN_CONFIGURATION = "Give the sandbox a configuration of its own, without this setting."


def _real_parts(settings: Settings) -> Iterator[Unsafe]:
    """A bank's own systems must not meet made-up customers, nor real people the sandbox's messages."""
    for name, remote, real in (
        ("directory", settings.directory, settings.directory.kind == "core"),
        ("cards", settings.cards, settings.cards.kind == "core"),
        ("risk", settings.risk, settings.risk.engine == "http"),
    ):
        if real and not is_loopback(urlsplit(remote.base_url or "").hostname or ""):
            found = f"{remote.base_url}"
            yield Unsafe(
                f"{name}.base_url", found, "a sandbox's own part, or one on loopback", OWN_CONFIGURATION
            )
    for setting, given, expected in (
        ("delivery.providers_file", settings.delivery.providers_file, "none: it delivers to its own inbox"),
        ("vendor.jwks_file", settings.vendor.jwks_file, "none: it signs with a key of its own"),
        ("vendor.jwks_url", settings.vendor.jwks_url, "none: it signs with a key of its own"),
    ):
        if given is not None:
            yield Unsafe(setting, str(given), expected, OWN_CONFIGURATION)
    if settings.email.host is not None and not is_loopback(settings.email.host):
        yield Unsafe(
            "email.host", settings.email.host, "none, or a mail server on loopback", OWN_CONFIGURATION
        )


def _published(settings: Settings) -> Iterator[Unsafe]:
    """Everybody knows the ready-made customers' secrets; who may come is said by networks."""
    if settings.sandbox.allow_from:
        return
    server, cure = settings.server, "Listen on loopback, or name the networks in sandbox.allow_from."
    public = urlsplit(server.public_url).hostname or ""
    if not is_loopback(server.host):
        yield Unsafe("server.host", server.host, "a loopback address", cure)
    if not is_loopback(public):
        yield Unsafe("server.public_url", server.public_url, "a loopback address", cure)
    if server.behind_proxy:
        yield Unsafe("server.behind_proxy", "true", "false", cure)
