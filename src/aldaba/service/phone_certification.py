"""Account opening: a phone with no customer behind it is certified by a one-time code."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from aldaba.crypto.digests import Secret
from aldaba.domain.certification import Certification
from aldaba.domain.otp import Means, OneTimeCode, Sending, expired, issue, unsent, without_try
from aldaba.domain.policy import Policy
from aldaba.domain.quotas import stretch
from aldaba.domain.refusals import Reason, Refused
from aldaba.domain.session import Session
from aldaba.service.audit import CodeSent, CodeTried, Event, EventType, PhoneCertified
from aldaba.service.calls import Call
from aldaba.service.charges import Charges
from aldaba.service.code_keys import fresh_nonce
from aldaba.service.code_sender import CodeSender
from aldaba.service.day_limits import DayLimits
from aldaba.service.phones import MobilePhone, parse_mobile
from aldaba.service.ports import KeyVault, RandomBytes, Sessions, Store, Transaction
from aldaba.service.records import phone_key

Rule = Callable[[Certification], Certification | None]

PURPOSE = "phone certification"
TRIES_DAY = "certification tries"
HOUR = 3600


@dataclass(frozen=True, slots=True)
class NamedPhone:
    """A phone as a front end names it: country code with its plus sign, and the number it sealed."""

    country_code: str
    number: Secret
    field: str


@dataclass(frozen=True, slots=True)
class _Issued:
    """A code about to be sent, and what the session held before it."""

    code: OneTimeCode
    sending: Sending
    before: Certification

    def taken_back(self, certification: Certification) -> Certification | None:
        """What was held before stands again; tries made meanwhile stay used. None where all has moved on."""
        code = certification.code
        if code is None or code.nonce != self.code.nonce:
            return None
        earlier = self.before.code
        kept = expired(unsent(code)) if earlier is None else replace(earlier, tries=code.tries)
        return replace(self.before, code=kept)


class PhoneCertification:
    """Sends a code, checks it, and tells the phone it certified; all of one session."""

    def __init__(
        self,
        store: Store,
        sessions: Sessions,
        limits: DayLimits,
        sender: CodeSender,
        vault: KeyVault,
        policy: Policy,
        random_bytes: RandomBytes,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._limits = limits
        self._sender = sender
        self._vault = vault
        self._policy = policy
        self._random_bytes = random_bytes
        self._otp = replace(policy.otp, sends_per_session=policy.certification.sends_per_session)

    async def send(self, call: Call, named: NamedPhone) -> None:
        """Send a code to the phone.

        Raises ``Refused``: not a mobile number, no route to its country, limits of session, phone or
        application. Raises ``BackendFailed``; then nothing is charged.
        """
        phone = parse_mobile(named.country_code, named.number.reveal())
        if phone is None:
            raise Refused(Reason.RULE_BROKEN, named.field)
        if not self._sender.serves(phone.e164, Means.SMS):
            raise Refused(Reason.NOT_FOUND, "phoneCountryCode")
        issued = await self._issue(call, phone)
        if issued.sending is Sending.EXHAUSTED:
            await self._told(call, "session limit")
            raise Refused(Reason.RULE_BROKEN)
        if issued.sending is Sending.SENT_ALREADY:
            await self._told(call, "repeated")
            return
        await self._deliver(call, phone, issued)

    async def _issue(self, call: Call, phone: MobilePhone) -> _Issued:
        nonce = fresh_nonce(self._vault.keyring(), self._random_bytes)
        answers: list[_Issued] = []

        def rule(session: Session) -> Session:
            before = session.certification
            code, sending = issue(before.code, Means.SMS, phone.e164, nonce, call.now, self._otp)
            answers.append(_Issued(code, sending, before))
            if sending is not Sending.SEND:
                return session
            fresh = Certification(phone.country_code, phone.national, code)
            return replace(session, certification=fresh)

        async def taken_back() -> None:
            if answers[-1].sending is Sending.SEND:
                await self._change(call, answers[-1].taken_back)

        async with Charges() as charges:
            issuing = self._sessions.change(call.the_session.handle, rule)
            if await charges.made(issuing, lambda _: taken_back()) is None:
                raise Refused(Reason.UNAUTHORIZED, "sid")
        return answers[-1]

    async def _deliver(self, call: Call, phone: MobilePhone, issued: _Issued) -> None:
        code = issued.code
        try:
            clear = self._sender.derive(code, call.the_session.handle, phone.e164, PURPOSE)
            provider = await self._send_counted(call, code, clear)
        except BaseException as failure:
            await self._change(call, issued.taken_back)
            await self._told(call, "limit" if isinstance(failure, Refused) else "failed")
            raise
        event = call.event(EventType.CODE_SENT, CodeSent(PURPOSE, Means.SMS.value, "sent", provider))

        def act(transaction: Transaction) -> None:
            transaction.audit.record(event)
            session = transaction.sessions.find(call.the_session.handle)
            kept = None if session is None else session.certification.code
            if session is not None and kept is not None and kept.nonce == code.nonce:
                carried = replace(session.certification, code=replace(kept, provider=provider))
                transaction.sessions.place(replace(session, certification=carried))

        await self._store.run(act)

    async def _send_counted(self, call: Call, code: OneTimeCode, clear: Secret) -> str:
        async with Charges() as charges:
            counting = self._store.run(lambda act: self._count(act, call))
            if not await charges.made(
                counting, lambda _: self._store.run(lambda act: self._uncount(act, call))
            ):
                raise Refused(Reason.RULE_BROKEN)
            try:
                return await self._sender.send(call, code, clear, customer=None)
            except Refused:
                # The page of this operation knows no day limit of its own.
                raise Refused(Reason.RULE_BROKEN) from None

    def _count(self, act: Transaction, call: Call) -> bool:
        window = stretch("certifications", call.application.client_id, call.now, HOUR)
        limit = self._policy.certification.sends_per_application_and_hour
        if act.quotas.count(window.name, window.ends_at, call.now) <= limit:
            return True
        act.quotas.count(window.name, window.ends_at, call.now, by=-1)
        return False

    def _uncount(self, act: Transaction, call: Call) -> None:
        window = stretch("certifications", call.application.client_id, call.now, HOUR)
        act.quotas.count(window.name, window.ends_at, call.now, by=-1)

    async def certify(self, call: Call, named: NamedPhone, given: Secret) -> None:
        """Check the code; right, the phone is certified for this session.

        Raises ``Refused``: nothing outstanding, tries used up, wrong code or another phone.
        """
        certification = call.the_session.certification
        code = certification.code
        if code is None or not certification.outstanding(call.now):
            raise Refused(Reason.NOT_FOUND, "encryptedOtpToken")
        phone = parse_mobile(named.country_code, named.number.reveal())
        # Had before anything is charged: without keys there is nothing to charge or to give back by.
        key = phone_key(self._vault.keyring(), code.phone)
        # Nothing is told of the look before the tries are durable: one act charges, looks, and gives back.
        outcome = await self._store.run(lambda act: self._judged(act, call, code, key, given, phone))
        if outcome == "limit":
            raise Refused(Reason.RULE_BROKEN)
        if outcome != "right":
            raise Refused(Reason.RULE_BROKEN, "encryptedOtpToken", wrong=outcome == "wrong")

    def _judged(
        self,
        act: Transaction,
        call: Call,
        code: OneTimeCode,
        key: str,
        given: Secret,
        phone: MobilePhone | None,
    ) -> str:
        """A right code is used and the phone certified together; the session's try and the day's go by it."""
        if not self._reserved(act, call, key):
            act.audit.record(self._tried_event(call, code, "limit"))
            return "limit"
        matches = self._sender.matches(code, given, call.the_session.handle, code.phone, PURPOSE)
        right = matches and phone is not None and phone.e164 == code.phone
        certified = right and self._certify(act, call, code)
        outcome = "right" if certified else "used" if right else "wrong"
        act.audit.record(self._tried_event(call, code, outcome))
        if certified:
            self._limits.give_back(act, TRIES_DAY, key, call.now)
            country = call.the_session.certification.country_code
            act.audit.record(call.event(EventType.PHONE_CERTIFIED, PhoneCertified(country)))
        return outcome

    def _reserved(self, act: Transaction, call: Call, key: str) -> bool:
        """A try of the session's and one of the phone's day, before the code is looked at; both or none."""
        session = act.sessions.find(call.the_session.handle)
        certification = None if session is None else _tried(session.certification, self._otp.tries)
        if session is None or certification is None:
            return False
        limit = self._policy.otp.tries_per_customer_and_day
        if not self._limits.reserve(act, TRIES_DAY, key, limit, call.now):
            return False
        act.sessions.place(replace(session, certification=certification))
        return True

    def _certify(self, act: Transaction, call: Call, code: OneTimeCode) -> bool:
        session = act.sessions.find(call.the_session.handle)
        certification = None if session is None else _certified(session.certification, code, call.now)
        if session is None or certification is None:
            return False
        act.sessions.place(replace(session, certification=certification))
        return True

    def certified_phone(self, call: Call) -> MobilePhone:
        """The phone this session certified.

        Raises ``Refused``: none certified or sent; a code outstanding, or certified too long ago.
        """
        certification = call.the_session.certification
        if certification.certified(call.now, self._policy.certification.certified_minutes):
            return MobilePhone(certification.country_code, certification.number)
        if certification.certified_at is not None or certification.outstanding(call.now):
            raise Refused(Reason.RULE_BROKEN)
        raise Refused(Reason.NOT_FOUND)

    async def _change(self, call: Call, rule: Rule) -> bool:
        def changed(session: Session) -> Session | None:
            certification = rule(session.certification)
            return None if certification is None else replace(session, certification=certification)

        return await self._sessions.change(call.the_session.handle, changed) is not None

    async def _told(self, call: Call, outcome: str) -> None:
        event = call.event(EventType.CODE_SENT, CodeSent(PURPOSE, Means.SMS.value, outcome))
        await self._store.run(lambda act: act.audit.record(event))

    @staticmethod
    def _tried_event(call: Call, code: OneTimeCode, outcome: str) -> Event:
        payload = CodeTried(PURPOSE, Means.SMS.value, outcome, code.provider)
        return call.event(EventType.CODE_TRIED, payload)


def _tried(certification: Certification, limit: int) -> Certification | None:
    code = certification.code
    if code is None or code.tries >= limit:
        return None
    return replace(certification, code=replace(code, tries=code.tries + 1))


def _certified(certification: Certification, code: OneTimeCode, now: datetime) -> Certification | None:
    """Consumed by whoever comes first: the code is still the one that was checked, and unused."""
    kept = certification.code
    if kept is None or kept.nonce != code.nonce or not certification.outstanding(now):
        return None
    return replace(certification, code=expired(without_try(kept)), certified_at=now)
