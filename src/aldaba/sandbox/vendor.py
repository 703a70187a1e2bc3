"""The soft-token vendor of the sandbox: signs what the customer's app would bring, with a key of its own."""

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from aldaba.crypto import base64text, jose
from aldaba.crypto.digests import keyed_digest
from aldaba.crypto.jose import SigningKey
from aldaba.crypto.keyring import KeyName, Keyring
from aldaba.domain.identifiers import parse_customer_name
from aldaba.service.ports import Clock, RandomBytes
from aldaba.service.vendor_tokens import AUDIENCES

KEY_ID = "sandbox-vendor"
LIFE_SECONDS = 120


class SandboxVendor:
    """Implements ``VendorKeys``, and mints the tokens that these keys verify."""

    def __init__(
        self,
        keyring: Callable[[], Keyring],
        clock: Clock,
        issuer: str,
        random_bytes: RandomBytes,
        audiences: Mapping[str, str] = AUDIENCES,
    ) -> None:
        self._keyring = keyring
        self._clock = clock
        self._issuer = issuer
        self._random_bytes = random_bytes
        self._audiences = audiences

    async def keys(self, wanted: str | None, now: datetime) -> Mapping[str, Mapping[str, object]]:  # noqa: ARG002 - always there
        """The one public key, made anew from the sandbox's key ring each time."""
        return {KEY_ID: self._key().public_jwk()}

    def mint(self, customer_id: str, grant: str, representative: str | None = None, **changes: object) -> str:
        """A fresh token for the customer (``15000022-2`` names a representative too) and functional id.

        ``changes`` take the place of claims; None leaves one out.
        """
        name = parse_customer_name(customer_id)
        number = customer_id if name is None else name.number
        lrid = representative or (None if name is None else name.representative)
        issued = int(self._clock().timestamp())
        claims: dict[str, object] = {
            "iss": self._issuer,
            "sub": number,
            "aud": self._audiences.get(grant, f"fid:{grant}"),
            "iat": issued,
            "exp": issued + LIFE_SECONDS,
            "jti": self._random_bytes(16).hex(),
            "lrid": lrid,
        } | changes
        told = {claim: value for claim, value in claims.items() if value is not None}
        return jose.sign(told, self._key(), typ="JWT")

    def _key(self) -> SigningKey:
        drawn = keyed_digest(self._keyring().current(KeyName.IDENTITY).secret, "sandbox vendor", KEY_ID)
        private_key = ec.derive_private_key(int.from_bytes(drawn, "big") % (2**255) + 1, ec.SECP256R1())
        pem = private_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return SigningKey(KEY_ID, pem)


def decoded(token: str) -> tuple[str, str]:
    """Header and claims of a compact JWS (RFC 7515 section 3.1) for people to read; nothing is verified."""
    header, claims, _ = token.split(".")
    return _readable(header), _readable(claims)


def _readable(part: str) -> str:
    return msgspec.json.format(base64text.decode_url(part), indent=2).decode()
