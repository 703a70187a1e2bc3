"""What operators do with customers: find, look, lock and unlock, temporary PIN, sessions, devices."""

import re

from aldaba.domain.customer import Customer
from aldaba.domain.identifiers import parse_card_number, parse_customer_name
from aldaba.domain.lockout import Lifter
from aldaba.domain.operators import Actor
from aldaba.domain.policy import Policy
from aldaba.domain.refusals import Reason, Refused
from aldaba.service.administration import Administration, TemporaryPinSent, Unlocked
from aldaba.service.audit import AuditQuery
from aldaba.service.customer_file import CustomerFile, Found, Holdings, file_of
from aldaba.service.lookup_digests import phone_digests
from aldaba.service.operator_commands import (
    EndSessions,
    FindCustomers,
    LiftPreventiveLock,
    LockCustomer,
    ResetCounters,
    RevokeDevice,
    SendTemporaryPin,
    ShowCustomer,
    ShowTimeline,
    UnlockCustomer,
)
from aldaba.service.operator_desk import Handlers
from aldaba.service.operator_inspection import AuditPage, page_of
from aldaba.service.ports import Clock, Directory, KeyVault, Store, Transaction

FOUND_AT_MOST = 20
_PHONE = re.compile(r"(\+[0-9]{1,3}) ?([0-9]{4,14})", re.ASCII)
_CCS_ID = re.compile(r"[0-9]{18}", re.ASCII)


class OperatorCustomers:
    """``handlers`` are for the desk."""

    def __init__(
        self,
        store: Store,
        directory: Directory,
        vault: KeyVault,
        policy: Policy,
        clock: Clock,
        administration: Administration,
    ) -> None:
        self._store = store
        self._directory = directory
        self._vault = vault
        self._policy = policy
        self._clock = clock
        self._administration = administration

    @property
    def handlers(self) -> Handlers:
        return {
            FindCustomers: self.find,
            ShowCustomer: self.show,
            ShowTimeline: self.timeline,
            LockCustomer: self.lock,
            UnlockCustomer: self.unlock,
            LiftPreventiveLock: self.lift_preventive_lock,
            ResetCounters: self.reset_counters,
            SendTemporaryPin: self.send_temporary_pin,
            EndSessions: self.end_sessions,
            RevokeDevice: self.revoke_device,
        }

    async def find(self, _: Actor, command: FindCustomers) -> tuple[Found, ...]:
        """Nobody is an answer too: an empty one. Raises ``Refused`` for a value of no such form."""
        value = command.value.reveal().strip()
        match command.by:
            case "number":
                found = await self._by_number(value)
            case "card":
                found = await self._by_card(value)
            case "phone":
                found = await self._by_phone(value)
            case "ccs-id":
                found = await self._by_ccs_id(value)
        return tuple(Found(one.customer_id, one.name, one.type.value) for one in found)

    async def show(self, actor: Actor, command: ShowCustomer) -> CustomerFile:
        customer_id = command.customer_id
        view = await self._administration.show(customer_id)
        customer = await self._directory.by_number(customer_id)
        if customer is None:
            raise Refused(Reason.CUSTOMER_UNKNOWN, "customer_id")
        keyring, found = self._vault.keyring(), customer

        def query(transaction: Transaction) -> Holdings:
            profiles = self._administration.profiles_of(transaction, keyring, found, self._clock())
            live = [(one.representative, one.live_session) for one in profiles]
            sessions = [
                (whose, transaction.sessions.find(one.handle)) for whose, one in live if one is not None
            ]
            token = transaction.tokens.of(customer_id)
            kept = tuple((whose, session) for whose, session in sessions if session is not None)
            return Holdings(found, view, profiles, kept, token)

        return file_of(await self._store.read(query), actor, self._clock(), self._policy)

    async def timeline(self, _: Actor, command: ShowTimeline) -> AuditPage:
        query = AuditQuery(customer_id=command.customer_id, before=command.before)
        return await page_of(self._store, query, command.most)

    async def lock(self, actor: Actor, command: LockCustomer) -> CustomerFile:
        await self._administration.lock(
            command.customer_id, command.kind, command.reason, actor.name, command.representative
        )
        return await self.show(actor, ShowCustomer(customer_id=command.customer_id))

    async def unlock(self, actor: Actor, command: UnlockCustomer) -> Unlocked:
        return await self._administration.unlock(
            command.customer_id, command.reason, actor.name, Lifter.HELP_DESK, command.representative
        )

    async def lift_preventive_lock(self, actor: Actor, command: LiftPreventiveLock) -> Unlocked:
        return await self._administration.unlock(
            command.customer_id, command.reason, actor.name, Lifter.SECURITY_OFFICER, command.representative
        )

    async def reset_counters(self, actor: Actor, command: ResetCounters) -> CustomerFile:
        await self._administration.reset_counters(
            command.customer_id, command.reason, actor.name, command.representative
        )
        return await self.show(actor, ShowCustomer(customer_id=command.customer_id))

    async def send_temporary_pin(self, actor: Actor, command: SendTemporaryPin) -> TemporaryPinSent:
        return await self._administration.temporary_pin(
            command.customer_id, command.reason, actor.name, command.representative
        )

    async def end_sessions(self, actor: Actor, command: EndSessions) -> CustomerFile:
        await self._administration.end_sessions(
            command.customer_id, command.reason, actor.name, command.representative
        )
        return await self.show(actor, ShowCustomer(customer_id=command.customer_id))

    async def revoke_device(self, actor: Actor, command: RevokeDevice) -> CustomerFile:
        await self._administration.revoke_device(
            command.customer_id, command.device_id, command.reason, actor.name
        )
        return await self.show(actor, ShowCustomer(customer_id=command.customer_id))

    async def _by_number(self, value: str) -> tuple[Customer, ...]:
        name = parse_customer_name(value)
        if name is None:
            raise _unfit("a customer number")
        found = await self._directory.by_number(name.number)
        return () if found is None else (found,)

    async def _by_card(self, value: str) -> tuple[Customer, ...]:
        card = parse_card_number(value)
        if card is None:
            raise _unfit("a card number")
        found = await self._directory.by_card(card.digits)
        return () if found is None else (found,)

    async def _by_phone(self, value: str) -> tuple[Customer, ...]:
        """By the index of the embedded directory: a bank's core is not asked, it has no such question."""
        if (parts := _PHONE.fullmatch(value)) is None:
            raise _unfit("a phone number as +52 5556093218")
        digests = phone_digests(self._vault.keyring(), parts[1], parts[2]).all
        return await self._store.read(lambda query: query.customers.by_phone(digests, FOUND_AT_MOST))

    async def _by_ccs_id(self, value: str) -> tuple[Customer, ...]:
        """By the access profile; of who has none yet, by what the audit remembers."""
        if _CCS_ID.fullmatch(value) is None:
            raise _unfit("a ccsId of 18 digits")

        def query(transaction: Transaction) -> str | None:
            profile = transaction.profiles.find(value)
            if profile is not None and not profile.decoy:
                return profile.customer_id
            events = transaction.audit.search(AuditQuery(ccs_id=value), FOUND_AT_MOST)
            return next((one.event.customer_id for one in events if one.event.customer_id), None)

        customer_id = await self._store.read(query)
        found = None if customer_id is None else await self._directory.by_number(customer_id)
        return () if found is None else (found,)


def _unfit(expected: str) -> Refused:
    return Refused(Reason.INVALID_REQUEST, "value", f"expected {expected}")
