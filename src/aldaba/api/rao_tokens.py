"""The rao_tokens family (account opening): a code to a phone, its check, and the phone it certified."""

from collections.abc import Mapping
from typing import Any

from aldaba.api.pipeline import Answer
from aldaba.service.calls import Call
from aldaba.service.phone_certification import NamedPhone, PhoneCertification


class RaoTokens:
    """One method for each operation of the page."""

    def __init__(self, certification: PhoneCertification) -> None:
        self._certification = certification

    async def generate_rao_token(self, call: Call, body: Mapping[str, Any]) -> Answer:
        await self._certification.send(call, _phone(body, "encryptedPhoneNumber"))
        return Answer()

    async def validate_rao_token(self, call: Call, body: Mapping[str, Any]) -> Answer:
        phone = _phone(body["phone"], "phone.encryptedPhoneNumber")
        await self._certification.certify(call, phone, body["encryptedOtpToken"])
        return Answer()

    async def certified_phone(self, call: Call, body: Mapping[str, Any]) -> Answer:  # noqa: ARG002 - none
        phone = self._certification.certified_phone(call)
        return Answer({"phoneCountryCode": phone.country_code, "phoneNumber": phone.national})


def _phone(given: Mapping[str, Any], field: str) -> NamedPhone:
    return NamedPhone(given["phoneCountryCode"], given["encryptedPhoneNumber"], field)
