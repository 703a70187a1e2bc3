"""The companion of all sealed fields: the key front ends encrypt to, and the exchange of session keys."""

from collections.abc import Mapping
from typing import Any

from aldaba.api.pipeline import Answer
from aldaba.service.calls import Call
from aldaba.service.end_to_end import EndToEnd, ExchangeKeys


class E2EGateway:
    """Key supply and key exchange."""

    def __init__(self, end_to_end: EndToEnd) -> None:
        self._end_to_end = end_to_end

    async def retrieve_public_key(self, call: Call, body: Mapping[str, Any]) -> Answer:  # noqa: ARG002 - none
        key = await self._end_to_end.retrieve_public_key(call)
        return Answer(
            {
                "keyId": key.key_id,
                "modulus": key.modulus,
                "exponent": key.exponent,
                "signedKey": key.signed,
            }
        )

    async def exchange_keys(self, call: Call, body: Mapping[str, Any]) -> Answer:
        remaining = await self._end_to_end.exchange_keys(
            call,
            ExchangeKeys(
                algorithm=body.get("algorithm"),
                key_id=body.get("keyId"),
                encrypted_payload=body["encryptedPayload"],
                enc_check_digit=body["encKeyCheckDigit"],
                hmac_check_digit=body["hmacKeyCheckDigit"],
            ),
        )
        return Answer({"expiresIn": int(remaining.total_seconds())})
