"""Recovery, step 3: a one-time code to a phone the bank knows, or from a token the customer holds."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum

from aldaba.domain.customer import Customer, Phone
from aldaba.domain.otp import Means, OneTimeCode, Sending, issue, unsent
from aldaba.domain.policy import Policy
from aldaba.domain.recovery import RecoveryFacts, best_phone, certified_phone, in_hold, ready_for_code
from aldaba.domain.refusals import Reason, Refused
from aldaba.service.audit import CodeSent, EventType
from aldaba.service.calls import Call
from aldaba.service.charges import Charges
from aldaba.service.code_keys import fresh_nonce
from aldaba.service.code_sender import CodeSender
from aldaba.service.lookup_digests import phone_digests
from aldaba.service.ports import KeyVault, RandomBytes, Sessions, Store, Transaction
from aldaba.service.records import open_phone
from aldaba.service.recovery import change_facts, check_flow
from aldaba.service.subjects import Subjects
from aldaba.service.token_codes import TokenCodes

PURPOSE = "recovery"


class AuthenticationType(IntEnum):
    """``authType``: which factor the code comes by."""

    ANY_TOKEN = 0
    HARD_TOKEN = 1
    SOFT_TOKEN = 2
    SMS_FROM_REGISTERED_DEVICE = 3
    VOICE = 4
    SMS_TO_PROVED_PHONE = 5
    SMS_TO_BEST_PHONE = 6


_TOKENS = frozenset(
    {AuthenticationType.ANY_TOKEN, AuthenticationType.HARD_TOKEN, AuthenticationType.SOFT_TOKEN}
)


@dataclass(frozen=True, slots=True)
class SendCode:
    ccs_id: str
    type: AuthenticationType
    first_time: bool


@dataclass(frozen=True, slots=True)
class _Way:
    """How the code goes and to which phone (E.164); a token needs none."""

    means: Means
    phone: str = ""


class RecoveryCodes:
    """Sends the code of a recovery."""

    def __init__(
        self,
        store: Store,
        sessions: Sessions,
        subjects: Subjects,
        sender: CodeSender,
        tokens: TokenCodes,
        vault: KeyVault,
        policy: Policy,
        random_bytes: RandomBytes,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._subjects = subjects
        self._sender = sender
        self._tokens = tokens
        self._vault = vault
        self._policy = policy
        self._random_bytes = random_bytes

    async def send(self, call: Call, command: SendCode) -> None:
        """Send a code, or the same one again; within some seconds of the last send nothing leaves.

        Raises ``Refused``: another customer's id, a session that is over, a flow that contradicts the
        profile or its first step, phone or card not proved, a standing that rules electronic banking out,
        no such factor, phone in its hold period, limits. Raises ``BackendFailed``; then nothing is charged.
        """
        profile = await self._subjects.of_session(self._store, call)
        if command.ccs_id != call.subject.ccs_id:
            raise Refused(Reason.RULE_BROKEN, "ccsId")
        found = await self._subjects.again(call.subject)
        facts = call.the_session.recovery
        if found.customer is None or not ready_for_code(facts, found.customer):
            raise Refused(Reason.CREDENTIAL_REFUSED)
        if not found.in_standing:
            raise Refused(Reason.RULE_BROKEN, "ccsId")
        check_flow(profile, first_time=command.first_time)
        if facts.first_time is not command.first_time:
            raise Refused(Reason.RULE_BROKEN, "isFirstTime")
        way = await self._way(call, command.type, found.customer, facts)
        code, sending = await self._issue(call, way)
        if sending is Sending.EXHAUSTED:
            await self._told(call, way, "session limit")
            raise Refused(Reason.SESSION_LIMIT)
        if sending is Sending.SENT_ALREADY or way.means is Means.TOKEN:
            await self._told(call, way, "repeated" if way.means is not Means.TOKEN else "token")
            return
        await self._deliver(call, way, code)

    async def _deliver(self, call: Call, way: _Way, code: OneTimeCode) -> None:
        ccs_id = call.subject.ccs_id
        try:
            clear = self._sender.derive(code, call.the_session.handle, ccs_id, PURPOSE)
            provider = await self._sender.send(call, code, clear, ccs_id)
        except BaseException as failure:
            await self._change(call, _taken_back)
            limited = isinstance(failure, Refused)
            await self._told(call, way, "day limit" if limited else "failed")
            raise
        event = call.event(EventType.CODE_SENT, CodeSent(PURPOSE, way.means.value, "sent", provider))

        def act(transaction: Transaction) -> None:
            transaction.audit.record(event)
            session = transaction.sessions.find(call.the_session.handle)
            kept = None if session is None or session.subject != call.subject else session.recovery.code
            if session is not None and kept is not None and kept.nonce == code.nonce:
                facts = replace(session.recovery, code=replace(kept, provider=provider))
                transaction.sessions.place(replace(session, recovery=facts))

        await self._store.run(act)

    async def _way(
        self, call: Call, wanted: AuthenticationType, customer: Customer, facts: RecoveryFacts
    ) -> _Way:
        if wanted in _TOKENS:
            await self._tokens.check(
                customer.customer_id,
                hard=wanted is not AuthenticationType.SOFT_TOKEN,
                soft=wanted is not AuthenticationType.HARD_TOKEN,
            )
            return _Way(Means.TOKEN)
        phone = await self._phone(call, wanted, customer, facts)
        if phone is None or in_hold(phone, call.now, self._policy.phone.hold_hours):
            raise Refused(Reason.RULE_BROKEN, "authType")
        means = Means.VOICE if wanted is AuthenticationType.VOICE else Means.SMS
        number = phone.country_code + open_phone(self._vault.keyring(), phone.sealed)
        if not self._sender.serves(number, means):
            raise Refused(Reason.RULE_BROKEN, "authType")
        return _Way(means, number)

    async def _phone(
        self, call: Call, wanted: AuthenticationType, customer: Customer, facts: RecoveryFacts
    ) -> Phone | None:
        match wanted:
            case AuthenticationType.SMS_TO_BEST_PHONE:
                return best_phone(customer)
            case AuthenticationType.SMS_TO_PROVED_PHONE:
                return self._proved(customer, facts)
            case AuthenticationType.SMS_FROM_REGISTERED_DEVICE if not await self._on_own_device(call):
                return None
        return certified_phone(customer)

    def _proved(self, customer: Customer, facts: RecoveryFacts) -> Phone | None:
        if facts.phone is None:
            return None
        keyring = self._vault.keyring()
        for phone in customer.phones:
            national = facts.phone.number.removeprefix(phone.country_code)
            if phone_digests(keyring, phone.country_code, national).names(phone.digest):
                return phone
        return None

    async def _on_own_device(self, call: Call) -> bool:
        device_id = call.the_session.device_id
        if device_id is None:
            return False
        device = await self._store.read(lambda query: query.devices.by_vasco_id(device_id))
        return device is not None and device.customer_id == call.subject.customer_id and not device.blocked

    async def _issue(self, call: Call, way: _Way) -> tuple[OneTimeCode, Sending]:
        """Put the code to send on the session, in one act with what allows it."""
        nonce = fresh_nonce(self._vault.keyring(), self._random_bytes)
        answers: list[tuple[OneTimeCode, Sending]] = []

        def rule(facts: RecoveryFacts) -> RecoveryFacts:
            code, sending = issue(facts.code, way.means, way.phone, nonce, call.now, self._policy.otp)
            answers.append((code, sending))
            return replace(facts, code=code)

        async def taken_back() -> None:
            if answers[-1][1] is Sending.SEND and way.means is not Means.TOKEN:
                await self._change(call, _taken_back)

        async with Charges() as charges:
            if not await charges.made(self._change(call, rule), lambda _: taken_back()):
                raise Refused(Reason.UNAUTHORIZED, "sid")
        return answers[-1]

    async def _change(self, call: Call, rule: Callable[[RecoveryFacts], RecoveryFacts | None]) -> bool:
        return await change_facts(self._sessions, call, rule)

    async def _told(self, call: Call, way: _Way, outcome: str) -> None:
        event = call.event(EventType.CODE_SENT, CodeSent(PURPOSE, way.means.value, outcome))
        await self._store.run(lambda act: act.audit.record(event))


def _taken_back(facts: RecoveryFacts) -> RecoveryFacts | None:
    return None if facts.code is None else replace(facts, code=unsent(facts.code))
