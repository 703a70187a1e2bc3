"""Biometric login: a token signed on the phone, for one request of one session."""

from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec

from aldaba_client.messages import Attempt
from aldaba_client.signatures import private_key, public_jwk, sign

TOKEN_TYPE = "biotoken+jwt"
LIFE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """A P-256 key of an enrolled phone."""

    application_device_id: str
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    @classmethod
    def generate(cls, application_device_id: str) -> "DeviceKey":
        return cls(application_device_id, ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_pem(cls, application_device_id: str, pem: str | bytes) -> "DeviceKey":
        """Raises ``ValueError`` where the PEM holds no P-256 key."""
        return cls(application_device_id, private_key(pem))

    def public_jwk(self) -> dict[str, str]:
        """What ``enrol_device`` is given."""
        return public_jwk(self.key.public_key())


def biometric_token(device: DeviceKey, user_id: str) -> Callable[[Attempt], str]:
    """What signs the token of each attempt: it names the attempt's ``sid`` and ``uuid``."""

    def token(attempt: Attempt) -> str:
        issued = int(attempt.now)
        moment = {"iat": issued, "exp": issued + LIFE_SECONDS}
        # A company is named with its representative, 15000022-2; the token names the number alone.
        claims = {"sub": user_id.partition("-")[0], "sid": attempt.sid, "jti": attempt.uuid, **moment}
        return sign(claims, {"typ": TOKEN_TYPE, "kid": device.application_device_id}, device.key)

    return token
