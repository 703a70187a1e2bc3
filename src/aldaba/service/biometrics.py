"""Biometric login tokens: a JWS signed on the customer's phone by a key enrolled for it."""

from aldaba.crypto import jose
from aldaba.crypto.digests import Secret
from aldaba.crypto.jose import InvalidToken
from aldaba.domain.customer import Device, belongs_to
from aldaba.domain.policy import Policy
from aldaba.service.calls import Call
from aldaba.service.ports import Store
from aldaba.service.subjects import Found

TOKEN_TYPE = "biotoken+jwt"
ALGORITHMS = ("ES256",)


class Biometrics:
    """Judges biometric tokens: RFC 7515 compact, ES256, bound to this request's session and id."""

    def __init__(self, store: Store, policy: Policy) -> None:
        self._store = store
        self._policy = policy

    async def verify(self, call: Call, token: Secret, device_id: str | None, found: Found) -> bool:
        """Whether the token is this customer's, made for this very request, by an enrolled device.

        ``sid`` and ``jti`` are this request's sid and uuid: the uuid's single use makes the token's.
        """
        if device_id is None:
            return False
        device = await self._store.read(lambda transaction: transaction.devices.by_application_id(device_id))
        try:
            claims = self._signed(token, device_id, device)
            jose.check_times(
                claims,
                int(call.now.timestamp()),
                leeway=self._policy.biometric.leeway_seconds,
                max_age=self._policy.biometric.max_life_seconds,
            )
        except InvalidToken:
            return False
        bound = (
            claims.get("sub") == found.subject.customer_id
            and claims.get("sid") == call.sid
            and str(claims.get("jti")).lower() == call.request_id
            and self._short_lived(claims)
        )
        return bound and device is not None and _owned(device, found)

    def _signed(self, token: Secret, device_id: str, device: Device | None) -> dict[str, object]:
        if device is None or device.public_jwk is None:
            raise InvalidToken("device")
        keys = {device_id: {**device.public_jwk, "kid": device_id}}
        return jose.verify(token.reveal(), keys, algorithms=ALGORITHMS, typ=TOKEN_TYPE, kid_required=True)

    def _short_lived(self, claims: dict[str, object]) -> bool:
        issued, expires = claims.get("iat"), claims.get("exp")
        if not isinstance(issued, int | float) or not isinstance(expires, int | float):
            return False
        return 0 < expires - issued <= self._policy.biometric.max_life_seconds


def _owned(device: Device, found: Found) -> bool:
    """Whether the phone is this very person's: one representative's opens nothing for another."""
    subject, customer = found.subject, found.customer
    if customer is None or device.blocked or device.customer_id != subject.customer_id:
        return False
    return belongs_to(device, customer, subject.representative)
