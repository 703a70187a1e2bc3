"""ES256 (RFC 7518 §3.4): what this client signs, and the signature over the server's public key it checks."""

import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from aldaba_client import base64text

KEY_TYPE = "e2e-key+jwt"
_ES256 = ec.ECDSA(hashes.SHA256())
Jwk = Mapping[str, Any]


class NotSigned(ValueError):
    """The text is no JWS of that type by any of those keys."""

    def __init__(self) -> None:
        super().__init__("not signed by a known key")


def sign(claims: Mapping[str, Any], header: Mapping[str, Any], key: ec.EllipticCurvePrivateKey) -> str:
    """A compact JWS by a P-256 key."""
    parts = ({"alg": "ES256", **header}, claims)
    message = ".".join(base64text.encode_url(json.dumps(part).encode()) for part in parts)
    r, s = decode_dss_signature(key.sign(message.encode("ascii"), _ES256))
    return f"{message}.{base64text.encode_url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def verified(token: str, typ: str, keys: tuple[ec.EllipticCurvePublicKey, ...]) -> dict[str, Any]:
    """The claims of a compact ES256 JWS of that ``typ`` by one of these keys. Raises ``NotSigned``."""
    try:
        message, _, signature = token.rpartition(".")
        header, claims = (json.loads(base64text.decode_url(part)) for part in message.split("."))
        raw = base64text.decode_url(signature)
        right = (
            len(raw) == 64 and header["alg"] == "ES256" and header["typ"] == typ and isinstance(claims, dict)
        )
    except (ValueError, KeyError, TypeError):
        raise NotSigned from None
    if not right or "crit" in header or not any(_signed(message, raw, key) for key in keys):
        raise NotSigned
    return dict(claims)


def _signed(message: str, raw: bytes, key: ec.EllipticCurvePublicKey) -> bool:
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    try:
        key.verify(der, message.encode("ascii"), _ES256)
    except InvalidSignature:
        return False
    return True


def public_key(jwk: Jwk) -> ec.EllipticCurvePublicKey:
    """The P-256 public key of a JWK (RFC 7518 §6.2). Raises ``ValueError`` for anything else."""
    try:
        if (jwk["kty"], jwk["crv"]) != ("EC", "P-256"):
            raise ValueError("not a P-256 key")
        x, y = (int.from_bytes(base64text.decode_url(jwk[name]), "big") for name in ("x", "y"))
    except (KeyError, TypeError, AttributeError):
        raise ValueError("not a P-256 key") from None
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


def public_jwk(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    """The JWK of a P-256 public key."""
    numbers = key.public_numbers()
    x, y = (base64text.encode_url(value.to_bytes(32, "big")) for value in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def private_key(pem: str | bytes) -> ec.EllipticCurvePrivateKey:
    """The P-256 private key of an unencrypted PEM. Raises ``ValueError`` for anything else."""
    key = serialization.load_pem_private_key(pem.encode() if isinstance(pem, str) else pem, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("not a P-256 key")  # noqa: TRY004 - the value is wrong, not its Python type
    return key
