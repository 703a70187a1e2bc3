"""How a client is put together from what its caller gives; the same for both transports."""

from collections.abc import Iterable
from typing import TypedDict
from urllib.parse import urlsplit

from aldaba_client.application import Application, Credentials
from aldaba_client.envelope import Profile, SessionKeys
from aldaba_client.options import Clock, Place, Retry, real_time
from aldaba_client.session import Session
from aldaba_client.signatures import Jwk, private_key
from aldaba_client.trust import pinned

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Options(TypedDict, total=False):
    """What a client may be told beside address and application."""

    client_secret: str
    """The application's secret; or else ``private_key``."""
    private_key: str | bytes
    """The application's P-256 key, PEM, for ``private_key_jwt``."""
    key_id: str
    """The ``kid`` of that key."""
    audience: str
    """Whom the assertion is for: the server's issuer, unless that is its address."""
    root_key: Jwk | Iterable[Jwk]
    """The server's E2E root key, or several while it is being changed; required, unless …"""
    trust_on_first_use: bool
    """… the first root key seen is to be believed: for trials only."""
    profile: str
    """``bound-1`` (default) or ``portal``."""
    channel: str
    country: str
    business: str
    language: str
    """``es`` (default) or ``en``, for texts to people."""
    registered_keys: tuple[str, str]
    """EK and HK in HEX, as registered for calls without a session."""
    retry: Retry
    clock: Clock
    allow_http: bool
    """Plain HTTP to another machine than this one, which is refused otherwise."""


def session_for(base_url: str, client_id: str, options: Options) -> Session:
    """The first session of a client. Raises ``ValueError`` for choices that do not go together."""
    _check_address(base_url, allow_http=options.get("allow_http", False))
    registered = options.get("registered_keys")
    application = Application(
        credentials=_credentials(base_url, client_id, options),
        roots=pinned(options.get("root_key"), trust_on_first_use=options.get("trust_on_first_use", False)),
        retry=options.get("retry", Retry()),
        clock=options.get("clock", real_time),
        registered=None if registered is None else _registered(*registered),
    )
    usual = Place()
    place = Place(
        channel=options.get("channel", usual.channel),
        country=options.get("country", usual.country),
        business=options.get("business", usual.business),
        language=options.get("language", usual.language),
    )
    return Session(application, place, Profile(options.get("profile", Profile.BOUND.value)))


def _credentials(base_url: str, client_id: str, options: Options) -> Credentials:
    secret, pem = options.get("client_secret"), options.get("private_key")
    if (secret is None) == (pem is None):
        raise ValueError("give client_secret= or private_key=, and not both")
    return Credentials(
        client_id,
        secret,
        None if pem is None else private_key(pem),
        options.get("key_id"),
        options.get("audience", base_url.rstrip("/")),
    )


def _registered(ek: str, hk: str) -> SessionKeys:
    # Values of bound-1 bring their own IV.
    return SessionKeys(bytes.fromhex(ek), bytes(16), bytes.fromhex(hk), Profile.BOUND)


def _check_address(base_url: str, *, allow_http: bool) -> None:
    parts = urlsplit(base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("base_url= is no address: https://…")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK and not allow_http:
        raise ValueError("plain HTTP to another machine: use https, or say allow_http=True")
