"""What customers hold outside the house: a token that answers challenges, and JWTs of the vendor's."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

SUITE = "OCRA-1:HOTP-SHA256-8:QN08-T1M"
STEP_SECONDS = 60
ISSUER = "soft-token-vendor"
KEY_ID = "bench-1"


@dataclass(frozen=True, slots=True)
class Token:
    """A hard token (RFC 6287) of a known seed."""

    customer: str

    @property
    def seed(self) -> bytes:
        return hashlib.sha256(f"seed of {self.customer}".encode()).digest()

    @property
    def line(self) -> dict[str, object]:
        """It as an import says it."""
        about = {"serial": f"B{self.customer}", "kind": "hard", "status": 56}
        return about | {"ocraSuite": SUITE, "secretHex": self.seed.hex()}

    def response(self, question: str) -> str:
        """What it shows for a question now."""
        asked = bytes.fromhex(f"{int(question):x}".ljust(256, "0"))
        step = (int(time.time()) // STEP_SECONDS).to_bytes(8, "big")
        mac = hmac.digest(self.seed, SUITE.encode() + b"\0" + asked + step, "sha256")
        at = mac[-1] & 0x0F
        number = int.from_bytes(mac[at : at + 4], "big") & 0x7FFFFFFF
        return f"{number % 10**8:08d}"


@dataclass(frozen=True, slots=True)
class Vendor:
    """The soft-token vendor: one ES256 key, and what it signs."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def write_settings(self, folder: Path) -> dict[str, str]:
        """The file of its public key, and the environment that names it."""
        numbers = self.key.public_key().public_numbers()
        x, y = (_url(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
        public = {"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": KEY_ID, "alg": "ES256", "use": "sig"}
        file = folder / "vendor.jwks"
        file.write_text(json.dumps({"keys": [public]}))
        return {"ALDABA__VENDOR__JWKS_FILE": str(file), "ALDABA__VENDOR__ISSUER": ISSUER}

    def jwt(self, customer: str, grant: str) -> str:
        """A token that certifies this customer for a functional id; it serves once."""
        now = int(time.time())
        claims: dict[str, object] = {"iss": ISSUER, "sub": customer, "aud": f"fid:{grant}"}
        claims |= {"jti": str(uuid.uuid4()), "iat": now, "exp": now + 300}
        parts = ({"alg": "ES256", "typ": "JWT", "kid": KEY_ID}, claims)
        signed = ".".join(_url(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
        r, s = decode_dss_signature(self.key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{_url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def _url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
