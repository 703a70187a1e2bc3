"""The transmit_validations family: body → command, use case, result → body."""

from collections.abc import Mapping
from typing import Any

from aldaba.api.pipeline import Answer
from aldaba.service.calls import Call
from aldaba.service.soft_tokens import SoftTokens, ValidateVendorToken


class TransmitValidations:
    """One method for each operation of the page."""

    def __init__(self, soft_tokens: SoftTokens) -> None:
        self._soft_tokens = soft_tokens

    async def validate_jwt(self, call: Call, body: Mapping[str, Any]) -> Answer:
        command = ValidateVendorToken(body["transmitToken"], body["customerId"], body["grantType"])
        await self._soft_tokens.validate_jwt(call, command)
        return Answer()

    async def register_transmit_customer(self, call: Call, body: Mapping[str, Any]) -> Answer:  # noqa: ARG002 - none
        await self._soft_tokens.register(call)
        return Answer()

    async def validate_transmit_customer(self, call: Call, body: Mapping[str, Any]) -> Answer:
        registered = await self._soft_tokens.is_registered(call, body["customerId"])
        return Answer({"customerId": body["customerId"], "transmitTokenEnabledFlag": registered})
