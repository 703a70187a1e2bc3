"""Recovery, step 4: the new password judged, the code tried once, and both taken effect in one act."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NoReturn

from aldaba.crypto.digests import Secret
from aldaba.domain.customer import Customer
from aldaba.domain.lockout import Lifter
from aldaba.domain.otp import Means, OneTimeCode, expired, with_try, without_try
from aldaba.domain.policy import Policy
from aldaba.domain.profile import AccessProfile, ceiling_reached, changed, lift_locks
from aldaba.domain.recovery import RecoveryFacts, ready_for_code
from aldaba.domain.refusals import Reason, Refused
from aldaba.domain.session import Session
from aldaba.domain.session_epochs import session_over, sessions_ended
from aldaba.service.audit import AccessSet, CodeTried, CredentialsRefused, EventType
from aldaba.service.calls import Call
from aldaba.service.charges import Charges
from aldaba.service.code_sender import CodeSender
from aldaba.service.day_limits import DayLimits
from aldaba.service.personal import personal_data
from aldaba.service.ports import Hasher, KeyVault, RandomBytes, Sessions, Store, Transaction
from aldaba.service.records import seal_phc
from aldaba.service.recovery import change_facts, check_flow
from aldaba.service.recovery_codes import PURPOSE
from aldaba.service.secret_rules import SecretRules
from aldaba.service.subjects import Found, Subjects
from aldaba.service.token_codes import Response, TokenCodes, Trial

OTP_DAY = "code tries"
PASSWORD = "newEncryptedAccessCredential"


@dataclass(frozen=True, slots=True)
class SetAccess:
    ccs_id: str
    password: Secret
    code: Secret
    first_time: bool


class NewAccess:
    """Sets a new password for whoever proved phone, card and code."""

    def __init__(
        self,
        store: Store,
        sessions: Sessions,
        subjects: Subjects,
        limits: DayLimits,
        sender: CodeSender,
        tokens: TokenCodes,
        rules: SecretRules,
        hasher: Hasher,
        vault: KeyVault,
        policy: Policy,
        random_bytes: RandomBytes,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._subjects = subjects
        self._limits = limits
        self._sender = sender
        self._tokens = tokens
        self._rules = rules
        self._hasher = hasher
        self._vault = vault
        self._policy = policy
        self._random_bytes = random_bytes

    async def set(self, call: Call, command: SetAccess) -> None:
        """Set the password if the code is right; locks a customer may lift are lifted, sessions end.

        Raises ``Refused``: another customer's id, a session that is over, a contradicting flow, a standing
        that rules electronic banking out (told to whoever proved card and phone alone), a password against
        policy (no try is charged for it), tries used up in this session or today, a wrong, expired, used or
        never sent code.
        Raises ``BackendFailed``; then no try is charged.
        """
        profile = await self._subjects.of_session(self._store, call)
        if command.ccs_id != call.subject.ccs_id:
            raise Refused(Reason.RULE_BROKEN, "ccsId")
        found = await self._subjects.again(call.subject)
        check_flow(profile, first_time=command.first_time)
        customer = _proved(call, found)
        if customer is not None and not found.in_standing:
            raise Refused(Reason.RULE_BROKEN, "ccsId")
        await self._judge(call, command, profile, customer)
        if customer is None:
            await self._refuse(call, None, "none outstanding", Reason.CREDENTIAL_REFUSED)
        async with Charges() as charges:
            code = await self._reserve(call, profile, charges)
            trial = await self._trial(call, command, code, charges)
            fits = self._fits(call, code, command.code) if trial is None else trial.fits
            fresh = await self._hasher.hash(command.password) if fits else None
            act = self._taking_effect(call, command, profile, code, trial, fresh)
            done = await charges.settled(self._store.run(act))
        if not done:
            raise Refused(Reason.CREDENTIAL_REFUSED)

    async def _judge(
        self, call: Call, command: SetAccess, profile: AccessProfile, customer: Customer | None
    ) -> None:
        """Policy comes before the code. ``customer`` is None for whoever has not proved card and phone.

        They are told of the form alone: the rest would tell whether a guess is the customer's name, phone or
        password, at no charge.
        """
        if customer is None:
            broken = self._rules.judge_password_form(command.password)
        else:
            personal = personal_data(self._vault.keyring(), customer, profile.representative)
            broken = await self._rules.judge_password(command.password, profile, personal)
        if broken:
            rules = ", ".join(broken)
            refusal = CredentialsRefused(Reason.SECRET_UNFIT.value, rules)
            event = call.event(EventType.CREDENTIALS_REFUSED, refusal)
            await self._store.run(lambda act: act.audit.record(event))
            raise Refused(Reason.SECRET_UNFIT, PASSWORD, more=rules)

    async def _reserve(self, call: Call, profile: AccessProfile, charges: Charges) -> OneTimeCode:
        """One try of the session's and one of the day's, before the code is looked at."""
        found: list[RecoveryFacts] = []
        trying = change_facts(self._sessions, call, lambda facts: self._tried(facts, found))
        if not await charges.made(trying, lambda _: change_facts(self._sessions, call, _untried)):
            code = found[-1].code if found else None
            if code is None or found[-1].phone is None:
                await self._refuse(call, code, "none outstanding", Reason.CREDENTIAL_REFUSED)
            await self._refuse(call, code, "session limit", Reason.SESSION_LIMIT)
        code = found[-1].code
        if code is None:
            raise LookupError("a try was reserved for no code")
        counting = self._store.run(lambda act: self._reserve_day(act, call, profile))
        if not await charges.made(counting, lambda _: self._give_day_back(call, profile)):
            await self._refuse(call, code, "day limit", Reason.DAY_LIMIT)
        return code

    def _tried(self, facts: RecoveryFacts, found: list[RecoveryFacts]) -> RecoveryFacts | None:
        """``found``: what the try was reserved, or refused, in the face of."""
        found.append(facts)
        if facts.code is None or facts.phone is None:
            return None
        code = with_try(facts.code, self._policy.otp)
        return None if code is None else replace(facts, code=code)

    def _reserve_day(self, act: Transaction, call: Call, profile: AccessProfile) -> bool:
        if ceiling_reached(profile, self._policy):
            return False
        limit = self._policy.otp.tries_per_customer_and_day
        return self._limits.reserve(act, OTP_DAY, profile.ccs_id, limit, call.now)

    async def _give_day_back(self, call: Call, profile: AccessProfile) -> None:
        await self._store.run(lambda act: self._limits.give_back(act, OTP_DAY, profile.ccs_id, call.now))

    async def _trial(
        self, call: Call, command: SetAccess, code: OneTimeCode, charges: Charges
    ) -> Trial | None:
        """What a token showed, looked at; None where the code was sent, or is too old to be looked at."""
        if code.means is not Means.TOKEN or not code.alive(call.now):
            return None
        trial = await self._tokens.begin(call, command.code)
        charges.hold(lambda: self._tokens.withdraw(trial))
        return trial

    def _fits(self, call: Call, code: OneTimeCode, given: Secret) -> bool:
        if code.means is Means.TOKEN:
            return False
        subject = call.subject
        matches = self._sender.matches(code, given, call.the_session.handle, subject.ccs_id, PURPOSE)
        return matches and code.alive(call.now)

    def _taking_effect(
        self,
        call: Call,
        command: SetAccess,
        judged: AccessProfile,
        code: OneTimeCode,
        trial: Trial | None,
        phc: str | None,
    ) -> Callable[[Transaction], bool]:
        """The act: the code is spent and the password set together (True), or the failure counted."""

        def act(transaction: Transaction) -> bool:
            profile = transaction.profiles.find(judged.ccs_id) or judged
            shown = None if trial is None else self._tokens.settle(transaction, call, trial)
            if phc is None or shown not in (None, Response.RIGHT):
                outcome = "wrong" if code.alive(call.now) else "expired"
                transaction.profiles.save(replace(profile, failures=profile.failures + 1))
                self._record(transaction, call, code, outcome)
                return False
            session = transaction.sessions.find(call.the_session.handle)
            proved = session is not None and not session_over(profile, session)
            spent = proved and _still_proved(session, call, code) and self._spend(transaction, call, code)
            self._record(transaction, call, code, "right" if spent else "used")
            self._limits.give_back(transaction, OTP_DAY, profile.ccs_id, call.now)
            if session is None or not spent or profile.revision != judged.revision:
                return False
            self._set(transaction, call, command, profile, session, phc)
            return True

        return act

    def _spend(self, act: Transaction, call: Call, code: OneTimeCode) -> bool:
        session = call.the_session
        mark = f"{session.handle}\n{code.nonce}"
        return act.replays.claim("one-time code", mark, session.expires_at, call.now)

    def _record(self, act: Transaction, call: Call, code: OneTimeCode, outcome: str) -> None:
        payload = CodeTried(PURPOSE, code.means.value, outcome, code.provider)
        act.audit.record(call.event(EventType.CODE_TRIED, payload))

    def _set(
        self,
        act: Transaction,
        call: Call,
        command: SetAccess,
        profile: AccessProfile,
        session: Session,
        phc: str,
    ) -> None:
        sealed = seal_phc(self._vault.keyring(), phc, profile.ccs_id, "password", self._random_bytes)
        lifted = lift_locks(profile, Lifter.SET_ACCESS, call.now)
        fresh = changed(lifted.profile.password, sealed, call.now, self._policy.password.history)
        renewed = replace(
            # Not a tombstone: whoever repeats its login has been logged in.
            sessions_ended(lifted.profile, sparing="" if session.successor else session.handle),
            password=fresh,
            temporary_pin=None,
            active_at=call.now,
            revision=profile.revision + 1,
        )
        act.profiles.save(renewed)
        # The one logged in goes with its keys, the others are over by the profile's epoch; this one goes on.
        act.sessions.place(replace(session, recovery=_done(session.recovery)))
        if profile.live_session is not None:
            act.sessions.end(profile.live_session.handle)
        payload = AccessSet(command.first_time, tuple(lock.kind.value for lock in lifted.lifted))
        act.audit.record(call.event(EventType.ACCESS_SET, payload))
        act.notices.add(call.notice("new-credential", profile.customer_id))
        if lifted.lifted:
            act.notices.add(call.notice("unlocked", profile.customer_id))

    async def _refuse(self, call: Call, code: OneTimeCode | None, outcome: str, reason: Reason) -> NoReturn:
        means, provider = (None, None) if code is None else (code.means.value, code.provider)
        payload = CodeTried(PURPOSE, means, outcome, provider)
        event = call.event(EventType.CODE_TRIED, payload)
        await self._store.run(lambda act: act.audit.record(event))
        raise Refused(reason)


def _proved(call: Call, found: Found) -> Customer | None:
    """The customer, if this session proved card and phone; only such a session can have had a code sent."""
    customer = found.customer
    proved = customer is not None and ready_for_code(call.the_session.recovery, customer)
    return customer if proved else None


def _still_proved(session: Session | None, call: Call, code: OneTimeCode) -> bool:
    """Whether the session neither ended nor was identified anew while the code was looked at."""
    if session is None or session.subject != call.subject or session.recovery.phone is None:
        return False
    now = session.recovery.code
    return now is not None and now.nonce == code.nonce and now.alive(call.now)


def _untried(facts: RecoveryFacts) -> RecoveryFacts | None:
    return None if facts.code is None else replace(facts, code=without_try(facts.code))


def _done(facts: RecoveryFacts) -> RecoveryFacts:
    """Nothing proved serves twice: a second new password needs card, phone and code again."""
    code = None if facts.code is None else expired(without_try(facts.code))
    return RecoveryFacts(phone_tries=facts.phone_tries, code=code)
