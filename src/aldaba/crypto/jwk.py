"""Answers for JSON Web Keys: our signing keys, thumbprints, and which foreign public keys are acceptable."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwk as josekey
from joserfc.errors import JoseError

from aldaba.crypto import base64text

CURVE = "P-256"
# Key types and, for those that have them, their curves.
ALLOWED_KEYS: Mapping[str, frozenset[str]] = {"EC": frozenset({CURVE}), "RSA": frozenset()}
MIN_RSA_BITS = 2048
MAX_RSA_BITS = 4096
MIN_RSA_EXPONENT = 65537

_PUBLIC_MEMBERS = {"EC": ("crv", "x", "y"), "RSA": ("e", "n"), "OKP": ("crv", "x")}
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_COORDINATE_BYTES = {"P-256": 32, "P-384": 48, "P-521": 66}
_DESCRIPTIONS = ("kid", "alg", "use")


class UnacceptableKey(ValueError):
    """The JWK is not one we verify with.

    `reason` is `private`, `type`, `curve`, `malformed` or `strength`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An ES256 key: its id and its private half as unencrypted PKCS#8 PEM."""

    kid: str
    private_pem: bytes = field(repr=False)

    def public_jwk(self) -> dict[str, str]:
        """The public half (RFC 7517) with `kid`, `alg` ES256 and `use` sig."""
        members = _public_members(private_key_of(self.private_pem))
        return {**members, "kid": self.kid, "alg": "ES256", "use": "sig"}


def generate_signing_key(kid: str | None = None) -> SigningKey:
    """A fresh P-256 key; without a name its id is its thumbprint."""
    private_key = ec.generate_private_key(ec.SECP256R1())
    pem = private_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SigningKey(kid or thumbprint(_public_members(private_key_of(pem))), pem)


@lru_cache(maxsize=64)
def private_key_of(pem: bytes) -> josekey.ECKey:
    """The joserfc key of a P-256 private PEM. Raises `ValueError`."""
    private_key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(private_key, ec.EllipticCurvePrivateKey) or private_key.curve.name != "secp256r1":
        raise ValueError("not a P-256 private key")
    return josekey.ECKey.import_key(private_key)


def thumbprint(jwk: Mapping[str, object]) -> str:
    """The SHA-256 thumbprint of a public or private JWK, base64url (RFC 7638). Raises `UnacceptableKey`."""
    kty = jwk.get("kty")
    if not isinstance(kty, str) or kty not in _PUBLIC_MEMBERS:
        raise UnacceptableKey("type")
    return josekey.thumbprint({"kty": kty, **{name: _text(jwk, name) for name in _PUBLIC_MEMBERS[kty]}})


def check_public_jwk(
    jwk: Mapping[str, object], *, allowed: Mapping[str, frozenset[str]] = ALLOWED_KEYS
) -> dict[str, str]:
    """The members that matter of an acceptable public key, with its `kid`, `alg` and `use` if it has them.

    `allowed` maps `EC`, `RSA`, `OKP` to curves (none for RSA). RSA keys have 2048 to 4096 bits and an
    exponent of at least 65537. Raises `UnacceptableKey`, at once for a key that brings a private member.
    """
    if _PRIVATE_MEMBERS & set(jwk):
        raise UnacceptableKey("private")
    kty = jwk.get("kty")
    if not isinstance(kty, str) or kty not in allowed or kty not in _PUBLIC_MEMBERS:
        raise UnacceptableKey("type")
    crv = jwk.get("crv")
    if kty != "RSA" and (not isinstance(crv, str) or crv not in allowed[kty]):
        raise UnacceptableKey("curve")
    members = {"kty": kty, **{name: _text(jwk, name) for name in _PUBLIC_MEMBERS[kty]}}
    _check_numbers(members)
    return members | {name: _text(jwk, name) for name in _DESCRIPTIONS if name in jwk}


def _check_numbers(members: dict[str, str]) -> None:
    try:
        if members["kty"] == "RSA":
            # joserfc would only warn of a weak one.
            _check_strength(*(_number(members[name]) for name in ("n", "e")))
        elif members["kty"] == "EC":
            _check_coordinates(members)
        josekey.import_key({**members})
    except UnacceptableKey:
        raise
    except (JoseError, ValueError):
        raise UnacceptableKey("malformed") from None


def _check_strength(n: int, e: int) -> None:
    if not MIN_RSA_BITS <= n.bit_length() <= MAX_RSA_BITS or e < MIN_RSA_EXPONENT:
        raise UnacceptableKey("strength")


def _check_coordinates(members: dict[str, str]) -> None:
    size = _COORDINATE_BYTES[members["crv"]]
    if any(len(base64text.decode_url(members[name])) != size for name in ("x", "y")):
        raise UnacceptableKey("malformed")


def _number(text: str) -> int:
    data = base64text.decode_url(text)
    # A second spelling of the same number would be a second thumbprint of the same key.
    if not data or not data[0]:
        raise UnacceptableKey("malformed")
    return int.from_bytes(data, "big")


def _public_members(key: josekey.ECKey) -> dict[str, str]:
    members = key.as_dict(private=False)
    return {name: str(members[name]) for name in ("kty", *_PUBLIC_MEMBERS["EC"])}


def _text(jwk: Mapping[str, object], name: str) -> str:
    value = jwk.get(name)
    if not isinstance(value, str) or not value:
        raise UnacceptableKey("malformed")
    return value
