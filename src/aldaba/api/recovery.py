"""The four recovery steps of consumer_security: card, phone, code, new access."""

from collections.abc import Mapping
from typing import Any

from aldaba.api.pipeline import Answer
from aldaba.crypto.digests import Secret
from aldaba.domain.identifiers import parse_mexican_mobile
from aldaba.service.calls import Call
from aldaba.service.new_access import NewAccess, SetAccess
from aldaba.service.recovery import ProveCard, ProvePhone, Recovery
from aldaba.service.recovery_codes import AuthenticationType, RecoveryCodes, SendCode


class RecoverySteps:
    """One method for each operation."""

    def __init__(self, recovery: Recovery, codes: RecoveryCodes, access: NewAccess) -> None:
        self._recovery = recovery
        self._codes = codes
        self._access = access

    async def validate_card(self, call: Call, body: Mapping[str, Any]) -> Answer:
        command = ProveCard(body["ccsId"], body["encryptedCredentialAccess"], body["expirationCardDate"])
        await self._recovery.prove_card(call, command)
        return Answer()

    async def validate_mobile_phone(self, call: Call, body: Mapping[str, Any]) -> Answer:
        number = parse_mexican_mobile(body["phoneNumber"]) or ""
        command = ProvePhone(body["ccsId"], number, body["isFirstTime"])
        return Answer({"bestPhoneFlag": await self._recovery.prove_phone(call, command)})

    async def send_otp(self, call: Call, body: Mapping[str, Any]) -> Answer:
        command = SendCode(_clear(body["ccsId"]), AuthenticationType(body["authType"]), body["isFirstTime"])
        await self._codes.send(call, command)
        return Answer()

    async def set_access(self, call: Call, body: Mapping[str, Any]) -> Answer:
        command = SetAccess(
            ccs_id=body["ccsId"],
            password=body["newEncryptedAccessCredential"],
            code=body["encryptedOtp"],
            first_time=body["isFirstTime"],
        )
        await self._access.set(call, command)
        return Answer()


def _clear(value: str | Secret) -> str:
    """A field that may come sealed; the profile's id is no secret of the customer's."""
    return value.reveal() if isinstance(value, Secret) else value
