"""What a soft-token app and a phone compute, written from RFC 6287 and RFC 7515 without the server's code."""

import base64
import hmac
import json
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature


def ocra_response(uri: str, question: str, at: datetime) -> str:
    """The answer of a ``QN08-T1M`` suite with SHA-256, its parts taken from the scanned code."""
    scanned = {name: values[0] for name, values in parse_qs(urlsplit(uri).query).items()}
    assert scanned["suite"] == "OCRA-1:HOTP-SHA256-8:QN08-T1M"
    number = f"{int(question):x}"
    padded = bytes.fromhex(number.ljust(256, "0"))
    step = int(at.timestamp()) // 60
    text = scanned["suite"].encode() + b"\0" + padded + step.to_bytes(8, "big")
    digest = hmac.digest(bytes.fromhex(scanned["seed"]), text, "sha256")
    offset = digest[-1] & 15
    cut = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{cut % 10**8:08d}"


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Phone:
    """A phone with a P-256 key in its secure hardware."""

    def __init__(self, application_id: str) -> None:
        self.application_id = application_id
        self._key = ec.generate_private_key(ec.SECP256R1())

    def public_jwk(self) -> dict[str, str]:
        numbers = self._key.public_key().public_numbers()
        x, y = (base64url(value.to_bytes(32, "big")) for value in (numbers.x, numbers.y))
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y}

    def token(self, customer: str, headers: dict[str, str], at: datetime) -> str:
        """A biometric token for the request with these headers."""
        issued = int(at.timestamp())
        claims: dict[str, Any] = {"sub": customer, "sid": headers["sid"], "jti": headers["uuid"]}
        header = {"alg": "ES256", "typ": "biotoken+jwt", "kid": self.application_id}
        parts = [header, claims | {"iat": issued, "exp": issued + 60}]
        signed = ".".join(base64url(json.dumps(part).encode()) for part in parts)
        r, s = decode_dss_signature(self._key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
