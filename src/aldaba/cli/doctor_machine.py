"""The doctor looks at the machine: disk, files, certificate, public address."""

import shutil
import ssl
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from aldaba.cli.finding import Check
from aldaba.settings import Settings
from aldaba.settings.safety import is_loopback
from aldaba.store.sql.opening import is_postgres, sqlite_path
from aldaba.store.sql.sqlite.copying import remains_of
from aldaba.wiring.watching import certificate_end

LEAST_FREE_BYTES = 1_000_000_000
LEAST_CERTIFICATE_LIFE = timedelta(days=14)
OTHERS = 0o077


def machine(settings: Settings) -> Iterator[Check]:
    """Whatever can be seen without opening the house."""
    yield _disk(settings.data)
    yield from _files(settings)
    yield from _certificate(settings)
    yield _public_url(settings)


def _disk(data: Path) -> Check:
    there = next(folder for folder in (data.absolute(), *data.absolute().parents) if folder.exists())
    free = shutil.disk_usage(there).free
    expected = f"at least {LEAST_FREE_BYTES / 1e9:.0f} GB free"
    cure = "Make room, or move data to a larger disk."
    return Check("disk", free >= LEAST_FREE_BYTES, f"{free / 1e9:.1f} GB free at {there}", expected, cure)


def _files(settings: Settings) -> Iterator[Check]:
    # Customers' names and phones stand in the database in clear: it is for the server's eyes alone.
    if is_postgres(settings.database.url):
        return
    seen = remains_of(sqlite_path(settings.database.url))
    exposed = [path for path in seen if stat.S_IMODE(path.stat().st_mode) & OTHERS]
    found = ", ".join(f"{path} ({stat.S_IMODE(path.stat().st_mode):04o})" for path in exposed)
    cure = f"chmod 600 {' '.join(map(str, exposed))}"
    yield Check("files", not exposed, found or f"{len(seen)} for nobody else", "mode 0600", cure)


def _certificate(settings: Settings) -> Iterator[Check]:
    cert, key = settings.server.tls_cert, settings.server.tls_key
    if cert is None or key is None:
        return
    expected = f"certificate and key that fit, good for {LEAST_CERTIFICATE_LIFE.days} days"
    cure = "Renew the certificate, put chain and key in their places, and restart."
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password="")
    except (OSError, ValueError) as trouble:
        why = getattr(trouble, "reason", None) or getattr(trouble, "strerror", None) or "no PEM"
        yield Check(
            "server.tls_cert", ok=False, found=f"{cert} and {key}: {why}", expected=expected, cure=cure
        )
        return
    ends = certificate_end(settings) or datetime.now(UTC)
    good = ends - datetime.now(UTC) >= LEAST_CERTIFICATE_LIFE
    yield Check("server.tls_cert", good, f"ends {ends:%Y-%m-%d}", expected, cure)


def _public_url(settings: Settings) -> Check:
    server = settings.server
    outside = server.behind_proxy or not is_loopback(server.host)
    loopback = is_loopback(urlsplit(server.public_url).hostname or "")
    issuer = f"issuer {settings.oauth.issuer}"
    return Check(
        "server.public_url",
        not (outside and loopback),
        f"{server.public_url}, {issuer}",
        "the address front ends use: error pages, metadata and tokens name it",
        "Set server.public_url.",
    )
