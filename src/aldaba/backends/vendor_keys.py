"""The soft-token vendor's public keys: a JWK set (RFC 7517 section 5) from a file or an https address."""

import asyncio
import ssl
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx

from aldaba.backends.checked_address import (
    ForbiddenAddress,
    Resolve,
    checked_addresses,
    checked_url,
    resolved,
)
from aldaba.crypto import strict_json
from aldaba.crypto.jwk import UnacceptableKey, check_public_jwk
from aldaba.domain.policy import VENDOR_ALGORITHMS, VendorPolicy
from aldaba.domain.refusals import HouseUnavailable

MAX_BYTES = 256 * 1024
MAX_KEYS = 64
TOTAL_SECONDS = 2.5
RETRY_SECONDS = 10
"""However many tokens name unknown keys, and however long the vendor is away: so seldom is it asked."""

ALLOWED = {"EC": frozenset({"P-256", "P-384"}), "RSA": frozenset[str](), "OKP": frozenset({"Ed25519"})}

KeySet = Mapping[str, Mapping[str, object]]
Told = Callable[[str], None]
"""Told in a few words why the keys could not be fetched."""


class BadKeySet(ValueError):
    """What was read is no set of keys that we would verify with."""


def parse_key_set(data: bytes) -> KeySet:
    """The usable keys by kid. Raises ``BadKeySet``.

    A key of a kind we never verify with is passed over (RFC 7517 section 5). A private or symmetric one
    spoils the whole set: its owner has lost control of it. So do two keys of one name.
    """
    if len(data) > MAX_BYTES:
        raise BadKeySet("too long")
    keys: dict[str, Mapping[str, object]] = {}
    for row in _rows(data):
        key = _usable(row)
        if key is None:
            continue
        if key["kid"] in keys:
            raise BadKeySet("two keys of one kid")
        keys[key["kid"]] = key
    if not keys:
        raise BadKeySet("no usable key")
    return keys


def _rows(data: bytes) -> list[object]:
    try:
        document = strict_json.loads(data)
    except strict_json.NotStrictJson:
        raise BadKeySet("no JSON") from None
    rows = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(rows, list) or len(rows) > MAX_KEYS:
        raise BadKeySet(f"no list of at most {MAX_KEYS} keys")
    return rows


def _usable(row: object) -> dict[str, str] | None:
    if not isinstance(row, dict):
        raise BadKeySet("a key that is no object")
    try:
        key = check_public_jwk(row, allowed=ALLOWED)
    except UnacceptableKey as unfit:
        if unfit.reason == "private":
            raise BadKeySet("a private key") from None
        return None
    operations = row.get("key_ops", ["verify"])
    for_verifying = isinstance(operations, list) and "verify" in operations and key.get("use", "sig") == "sig"
    return key if "kid" in key and for_verifying and key.get("alg", "ES256") in VENDOR_ALGORITHMS else None


class FileVendorKeys:
    """Implements ``VendorKeys`` over a file, read again when it changes; replace it by renaming a new one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[tuple[int, int, int], KeySet] | None = None

    async def keys(self, wanted: str | None, now: datetime) -> KeySet:  # noqa: ARG002 - the file is what it is
        try:
            return self._current()
        except (OSError, BadKeySet) as trouble:
            # What was read before must not outlive the file: taking it away is how keys are taken away.
            self._read = None
            raise HouseUnavailable("vendor keys") from trouble

    def _current(self) -> KeySet:
        status = self._path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise BadKeySet("no file")
        stamp = status.st_mtime_ns, status.st_ino, status.st_size
        if self._read is None or self._read[0] != stamp:
            with self._path.open("rb") as file:
                self._read = stamp, parse_key_set(file.read(MAX_BYTES + 1))
        return self._read[1]


@dataclass(frozen=True, slots=True)
class _Copy:
    keys: KeySet
    at: datetime


class HttpVendorKeys:
    """Implements ``VendorKeys`` over an address of the vendor's.

    Every fetch resolves the name, looks at each address it stands for, and connects to one of those just
    looked at: a name that leads into the bank's own network is not followed there.
    """

    def __init__(
        self,
        url: str,
        client: httpx.AsyncClient,
        policy: VendorPolicy,
        *,
        allow_loopback: bool = False,
        resolve: Resolve | None = None,
        told: Told | None = None,
        seconds: float = TOTAL_SECONDS,
    ) -> None:
        """``client`` is as ``vendor_client`` makes it. Raises ``ValueError`` for an address not to use."""
        if client.trust_env or client.follow_redirects:
            raise ValueError("the client for vendor keys follows neither environment nor redirects")
        self._url = checked_url(url, allow_loopback=allow_loopback)
        self._client = client
        self._fresh = timedelta(seconds=policy.keys_fresh_seconds)
        self._kept = timedelta(seconds=policy.keys_kept_seconds)
        self._allow_loopback = allow_loopback
        self._resolve = resolve or resolved
        self._told = told or _nobody_listens
        self._seconds = seconds
        self._copy: _Copy | None = None
        self._asked_at: datetime | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def keys(self, wanted: str | None, now: datetime) -> KeySet:
        if not self._suffices(wanted, now) and (self._fetching is not None or self._may_ask(now)):
            if self._fetching is None:
                self._asked_at = now
                self._fetching = asyncio.create_task(self._refresh(now))
            # Shielded: one request that gives up must not take the answer from the others.
            await asyncio.shield(self._fetching)
        if self._copy is None or now - self._copy.at >= self._kept:
            raise HouseUnavailable("vendor keys")
        return self._copy.keys

    async def close(self) -> None:
        """Give up a fetch under way."""
        if self._fetching is not None:
            self._fetching.cancel()

    def _suffices(self, wanted: str | None, now: datetime) -> bool:
        copy = self._copy
        # A clock that went back makes a copy old, not young.
        if copy is None or not timedelta(0) <= now - copy.at < self._fresh:
            return False
        return wanted is None or wanted in copy.keys

    def _may_ask(self, now: datetime) -> bool:
        waited = None if self._asked_at is None else now - self._asked_at
        return waited is None or not timedelta(0) <= waited < timedelta(seconds=RETRY_SECONDS)

    async def _refresh(self, now: datetime) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                self._copy = _Copy(parse_key_set(await self._fetched()), now)
        except (OSError, ValueError, httpx.HTTPError) as trouble:
            self._told(
                str(trouble) if isinstance(trouble, BadKeySet | ForbiddenAddress) else type(trouble).__name__
            )
        finally:
            self._fetching = None

    async def _fetched(self) -> bytes:
        *others, last = await checked_addresses(self._url, self._resolve, allow_loopback=self._allow_loopback)
        for address in others:
            with suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await self._read(address)
        return await self._read(last)

    async def _read(self, address: str) -> bytes:
        request = self._client.build_request(
            "GET",
            self._url.copy_with(host=address),
            # Unpacking is the peer's way around the size cap.
            headers={"Host": self._url.netloc.decode(), "Accept-Encoding": "identity"},
            timeout=httpx.Timeout(self._seconds, connect=self._seconds / 3),
            # The certificate must be the name's, whatever the address.
            extensions={"sni_hostname": self._url.host},
        )
        response = await self._client.send(request, stream=True, auth=None, follow_redirects=False)
        try:
            if response.status_code != httpx.codes.OK:
                raise BadKeySet(f"status {response.status_code}")
            return await _capped(response)
        finally:
            await response.aclose()


async def _capped(response: httpx.Response) -> bytes:
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > MAX_BYTES:
            raise BadKeySet("too long")
    return bytes(body)


def vendor_client(tls: ssl.SSLContext | None = None) -> httpx.AsyncClient:
    """A client that goes straight to where it is sent: no proxy from the environment, no redirect.

    Without ``tls`` it trusts the machine's authorities. To be closed when the house closes.
    """
    if tls is None:
        tls = ssl.create_default_context()
        tls.minimum_version = ssl.TLSVersion.TLSv1_2
    limits = httpx.Limits(max_connections=4, max_keepalive_connections=0)
    return httpx.AsyncClient(verify=tls, trust_env=False, follow_redirects=False, limits=limits)


def _nobody_listens(trouble: str) -> None:
    """Where nobody wants to know why a fetch failed."""
