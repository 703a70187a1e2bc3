"""Devices of the session's own customer: enrolled for biometric login, and revoked."""

from collections.abc import Mapping
from typing import Any

from aldaba.api.pipeline import Answer
from aldaba.service.calls import Call
from aldaba.service.devices import Devices, EnrolDevice


class DeviceRooms:
    """One method for each operation."""

    def __init__(self, devices: Devices) -> None:
        self._devices = devices

    async def enrol_device(self, call: Call, body: Mapping[str, Any]) -> Answer:
        command = EnrolDevice(body["applicationDeviceId"], body.get("vascoDeviceId"), body["publicKeyJwk"])
        await self._devices.enrol(call, command)
        return Answer()

    async def revoke_device(self, call: Call, body: Mapping[str, Any]) -> Answer:
        await self._devices.revoke(call, body["applicationDeviceId"])
        return Answer()
