"""Identification: both prelogins, and the validation that begins a recovery. None says who banks here."""

from dataclasses import dataclass, replace
from typing import Literal

from aldaba.crypto.digests import Secret
from aldaba.domain.customer import DeviceStatus, device_status
from aldaba.domain.decoy import decoy_name, decoy_registration
from aldaba.domain.identifiers import CardNumber, mask_name, parse_login_name
from aldaba.domain.policy import Policy
from aldaba.domain.profile import AccessProfile, LoginAction, next_action
from aldaba.domain.refusals import Reason, Refused
from aldaba.domain.session import Session, Stage, Subject, identified
from aldaba.domain.session_epochs import session_over
from aldaba.service.audit import EventType, Identified
from aldaba.service.calls import Call
from aldaba.service.ports import Store, Transaction
from aldaba.service.subjects import Found, Subjects


@dataclass(frozen=True, slots=True)
class Identify:
    """Who a front end says is there; ``field`` is where that stands on the wire."""

    login_name: Secret
    field: str
    device_id: str | None = None
    instance_id: str | None = None
    purpose: Literal["login", "recovery"] = "login"


@dataclass(frozen=True, slots=True)
class CustomerIdentified:
    """What a front end learns, the same for a customer and for a decoy."""

    ccs_id: str
    login_id: str
    masked_name: str
    action: LoginAction
    registration_status: str
    device_status: DeviceStatus


class Identification:
    """Names the customer a session is about."""

    def __init__(self, store: Store, subjects: Subjects, policy: Policy) -> None:
        self._store = store
        self._subjects = subjects
        self._policy = policy

    async def prelogin(self, call: Call, command: Identify) -> CustomerIdentified:
        """Find the customer, create or refresh the access profile, make the session *identified*.

        Raises ``Refused``: not a customer or card number, unknown (documented enumeration only), already
        authenticated, a session that is over. Raises ``BackendFailed``.
        """
        name = parse_login_name(command.login_name.reveal())
        if name is None:
            raise Refused(Reason.INVALID_REQUEST, command.field)
        if call.the_session.stage is Stage.AUTHENTICATED:
            raise Refused(Reason.RULE_BROKEN, "sid")
        if call.the_session.subject is not None:
            # One that was ended cannot be identified anew either.
            await self._subjects.of_session(self._store, call)
        found = await self._subjects.named(name)
        if found.customer is None and call.documented_enumeration(self._policy):
            raise Refused(Reason.CUSTOMER_UNKNOWN, command.field)
        by: Literal["number", "card"] = "card" if isinstance(name, CardNumber) else "number"
        told = await self._store.run(lambda act: self._identify(act, call, command, found, by))
        if told is None:
            raise Refused(Reason.RULE_BROKEN, "sid")
        suffixed = not isinstance(name, CardNumber) and name.representative is not None
        login_id = str(name) if suffixed else found.subject.customer_id
        return CustomerIdentified(found.subject.ccs_id, login_id, *told)

    async def begin_recovery(self, call: Call, command: Identify) -> CustomerIdentified:
        """As a prelogin, for the recovery journey."""
        return await self.prelogin(call, command)

    def _identify(
        self,
        transaction: Transaction,
        call: Call,
        command: Identify,
        found: Found,
        by: Literal["number", "card"],
    ) -> tuple[str, LoginAction, str, DeviceStatus] | None:
        """The act: what is told, and the session made *identified*; None where it may not be."""
        profile = self._subjects.enrolled_profile(transaction, found, call.now)
        subject = replace(found.subject, session_epoch=0 if profile is None else profile.session_epoch)
        features = self._subjects.features(found.subject)
        if found.customer is None:
            application = call.application.client_id
            profile = profile or self._subjects.shown_decoy(transaction, found.subject, application, call.now)
            name, registration = decoy_name(features), decoy_registration(features, self._policy)
        else:
            name, registration = found.customer.name, found.customer.registration_status
        action = next_action(found.customer, profile, call.now, self._policy)
        device = transaction.devices.by_vasco_id(command.device_id) if command.device_id else None
        payload = Identified(by, action.value, command.instance_id, command.purpose)
        transaction.audit.record(call.event(EventType.CUSTOMER_IDENTIFIED, payload, found.subject))
        if not self._remember(transaction, call, subject, command, profile):
            return None
        return mask_name(name), action, registration, device_status(device, found.subject.customer_id)

    def _remember(
        self, act: Transaction, call: Call, subject: Subject, command: Identify, profile: AccessProfile | None
    ) -> bool:
        session = act.sessions.find(call.the_session.handle)
        if session is None or (profile is not None and _outlived(session, profile)):
            return False
        changed = identified(session, subject, command.instance_id, command.device_id)
        if changed is None:
            return False
        act.sessions.place(changed)
        return True


def _outlived(session: Session, profile: AccessProfile) -> bool:
    """Whether the same customer's sessions were ended while this one was being identified anew."""
    earlier = session.subject
    return earlier is not None and earlier.ccs_id == profile.ccs_id and session_over(profile, session)
