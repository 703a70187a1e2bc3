"""The access_recovery family: body → command, use case, result → body."""

from collections.abc import Mapping
from typing import Any

from aldaba.api.pipeline import Answer
from aldaba.service.calls import Call
from aldaba.service.unlocking import Unlock, Unlocking


class AccessRecovery:
    """The one operation of the page."""

    def __init__(self, unlocking: Unlocking) -> None:
        self._unlocking = unlocking

    async def unlock_access(self, call: Call, body: Mapping[str, Any]) -> Answer:
        customer = body["customer"]
        command = Unlock(
            token=body["jwtToken"],
            grant=body.get("grantType"),
            customer=customer["encryptedCustomerId"],
            representative=customer.get("legalRepresentativeId"),
        )
        await self._unlocking.unlock(call, command)
        return Answer()
