"""Devices: a strongly proved session enrols a phone for biometric login, or revokes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from aldaba.crypto.jwk import UnacceptableKey, check_public_jwk
from aldaba.domain.customer import Device, belongs_to
from aldaba.domain.refusals import Reason, Refused
from aldaba.domain.session import strongly_authenticated
from aldaba.service.audit import DeviceChanged, EventType
from aldaba.service.calls import Call
from aldaba.service.ports import Store, Taken, Transaction
from aldaba.service.subjects import Found, Subjects

BIOMETRIC_KEYS = {"EC": frozenset({"P-256"})}
MOST_DEVICES = 5
"""One person's devices at most; a further one asks for an old one to be revoked first."""

PUBLIC_KEY = "publicKeyJwk"
DEVICE = "applicationDeviceId"


@dataclass(frozen=True, slots=True)
class EnrolDevice:
    """``public_jwk``: a P-256 key kept in the phone's secure hardware (RFC 7517)."""

    application_id: str
    vasco_id: str | None
    public_jwk: Mapping[str, Any]


class Devices:
    """Enrols and revokes the phones of the session's own person: one representative's are no other's."""

    def __init__(self, store: Store, subjects: Subjects) -> None:
        self._store = store
        self._subjects = subjects

    async def enrol(self, call: Call, command: EnrolDevice) -> None:
        """Enrol a phone, or give an enrolled one a new key.

        Raises ``Refused``: no challenge passed of late, an unfit key, somebody else's id, too many. Raises
        ``BackendFailed``.
        """
        _check_strength(call)
        try:
            public = check_public_jwk(command.public_jwk, allowed=BIOMETRIC_KEYS)
        except UnacceptableKey:
            raise Refused(Reason.INVALID_REQUEST, PUBLIC_KEY) from None
        subject = call.subject
        device = Device(
            subject.customer_id,
            command.vasco_id,
            command.application_id,
            public,
            representative=subject.representative,
        )
        found = await self._subjects.again(subject)
        refused = await self._store.run(self._enrolling(call, found, device))
        if refused is not None:
            raise Refused(Reason.RULE_BROKEN, refused)

    def _enrolling(self, call: Call, found: Found, device: Device) -> Callable[[Transaction], str | None]:
        def act(transaction: Transaction) -> str | None:
            kept = transaction.devices.of(device.customer_id)
            others = [each for each in kept if not _same(each, device)]
            if sum(not each.blocked and _own(each, found) for each in others) >= MOST_DEVICES:
                return DEVICE
            same = [each for each in kept if _same(each, device)]
            if any(each.blocked or not _own(each, found) for each in same):
                return DEVICE
            try:
                transaction.devices.replace_all(device.customer_id, [*others, device])
            except Taken:
                return DEVICE
            payload = DeviceChanged("enrolled", biometrics=True)
            transaction.audit.record(call.event(EventType.DEVICE_CHANGED, payload))
            transaction.notices.add(call.notice("new-device", device.customer_id))
            return None

        return act

    async def revoke(self, call: Call, application_id: str) -> None:
        """Revoke a phone of the customer's own. Raises ``Refused``: no challenge passed, no such phone."""
        _check_strength(call)
        found = await self._subjects.again(call.subject)
        if not await self._store.run(self._revoking(call, found, application_id)):
            raise Refused(Reason.NOT_FOUND, DEVICE)

    def _revoking(self, call: Call, found: Found, application_id: str) -> Callable[[Transaction], bool]:
        def act(transaction: Transaction) -> bool:
            kept = transaction.devices.of(call.subject.customer_id)
            meant = [each for each in kept if each.application_id == application_id and _own(each, found)]
            if not meant:
                return False
            # Blocked, not forgotten: the phone's id must not be enrolled anew without anybody noticing.
            after = [_revoked(each) if each in meant else each for each in kept]
            transaction.devices.replace_all(call.subject.customer_id, after)
            payload = DeviceChanged("revoked", biometrics=True)
            transaction.audit.record(call.event(EventType.DEVICE_CHANGED, payload))
            return True

        return act


def _same(one: Device, other: Device) -> bool:
    return one.application_id == other.application_id or (
        one.vasco_id is not None and one.vasco_id == other.vasco_id
    )


def _own(device: Device, found: Found) -> bool:
    return belongs_to(device, found.customer, found.subject.representative)


def _revoked(device: Device) -> Device:
    return replace(device, public_jwk=None, blocked=True)


def _check_strength(call: Call) -> None:
    if not strongly_authenticated(call.the_session, call.now):
        raise Refused(Reason.RULE_BROKEN, "challenge")
