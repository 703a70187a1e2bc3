"""Whether the server's public key is the server's: its signature by the pinned root key, checked here."""

from collections.abc import Iterable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from aldaba_client import base64text
from aldaba_client._generated import PublicKeyResponse
from aldaba_client.errors import UntrustedKey
from aldaba_client.signatures import KEY_TYPE, Jwk, NotSigned, public_key, verified

ROOT_PATH = "/.well-known/aldaba-e2e-root.json"
LEAST_BITS = 2048

Pinned = tuple[ec.EllipticCurvePublicKey, ...]


def pinned(root_key: Jwk | Iterable[Jwk] | None, *, trust_on_first_use: bool) -> Pinned:
    """The root keys to hold the server to; empty where the first one seen is to be believed.

    Raises ``ValueError`` where neither was chosen, or both, or a key is none.
    """
    if root_key is None and not trust_on_first_use:
        raise ValueError("give root_key=, the public key to pin, or say trust_on_first_use=True")
    if root_key is not None and trust_on_first_use:
        raise ValueError("root_key= and trust_on_first_use=True exclude each other")
    if root_key is None:
        return ()
    keys = tuple(public_key(jwk) for jwk in ([root_key] if isinstance(root_key, Mapping) else root_key))
    if not keys:
        raise ValueError("root_key= names no key")
    return keys


def check(told: PublicKeyResponse, roots: Pinned, now: float) -> tuple[int, int]:
    """Modulus and exponent of a public key that a root key has signed. Raises ``UntrustedKey``."""
    try:
        claims = verified(told.signed_key, KEY_TYPE, roots)
        numbers = int(told.modulus, 16), int(told.exponent, 16)
        signed = _number(claims.get("n")), _number(claims.get("e"))
    except NotSigned:
        raise UntrustedKey("the public key is not signed by the root key") from None
    except ValueError:
        raise UntrustedKey("the public key is malformed") from None
    if signed != numbers or claims.get("kid") != told.key_id:
        raise UntrustedKey("the public key is another than the signed one")
    expires = claims.get("exp")
    if not isinstance(expires, int | float) or now >= expires:
        raise UntrustedKey("the signature over the public key has expired")
    if numbers[0].bit_length() < LEAST_BITS:
        raise UntrustedKey("the public key is too short")
    return numbers


def _number(text: Any) -> int:
    if not isinstance(text, str):
        raise ValueError("not a number in base64url")  # noqa: TRY004 - told like any other malformed one
    return int.from_bytes(base64text.decode_url(text), "big")
