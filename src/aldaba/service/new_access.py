"""Recovery, step 4: the new password judged, the code tried once, and both taken effect in one act."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NoReturn

from aldaba.crypto.digests import Secret
from aldaba.domain.credentials import PersonalData
from aldaba.domain.lockout import Lifter
from aldaba.domain.otp import Means, OneTimeCode, expired, with_try, without_try
from aldaba.domain.policy import Policy
from aldaba.domain.profile import AccessProfile, ceiling_reached, changed, lift_locks
from aldaba.domain.recovery import RecoveryFacts
from aldaba.domain.refusals import Reason, Refused
from aldaba.service.audit import AccessSet, CodeTried, CredentialsRefused, EventType
from aldaba.service.calls import Call
from aldaba.service.code_sender import CodeSender
from aldaba.service.day_limits import DayLimits
from aldaba.service.personal import personal_data
from aldaba.service.ports import Hasher, KeyVault, RandomBytes, Sessions, Store, Transaction
from aldaba.service.records import seal_phc
from aldaba.service.recovery import change_facts, check_flow
from aldaba.service.recovery_codes import PURPOSE
from aldaba.service.secret_rules import SecretRules
from aldaba.service.subjects import Found, Subjects
from aldaba.service.token_codes import Response, TokenCodes

OTP_DAY = "code tries"
PASSWORD = "newEncryptedAccessCredential"
NOTHING_PERSONAL = PersonalData((), (), lambda _: False)


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

        Raises ``Refused``: another customer's id, a contradicting flow, a password against policy (no try is
        charged for it), tries used up in this session or today, a wrong, expired, used or never sent code.
        Raises ``BackendFailed``; then no try is charged.
        """
        if command.ccs_id != call.subject.ccs_id:
            raise Refused(Reason.RULE_BROKEN, "ccsId")
        found = await self._subjects.again(call.subject)
        profile = await self._store.read(lambda act: self._subjects.standing_profile(act, found, call.now))
        check_flow(profile, first_time=command.first_time)
        await self._judge(call, command, found, profile)
        code = await self._reserve(call, profile)
        try:
            right = await self._right(call, code, command.code)
            fresh = await self._hasher.hash(command.password) if right else None
            ended = await self._store.run(self._taking_effect(call, command, profile, code, fresh))
        except BaseException:
            await self._withdraw(call, profile)
            raise
        if fresh is None or ended is None:
            raise Refused(Reason.CREDENTIAL_REFUSED)
        await change_facts(self._sessions, call, _done)
        if ended:
            await self._sessions.end(ended)

    async def _judge(self, call: Call, command: SetAccess, found: Found, profile: AccessProfile) -> None:
        personal = NOTHING_PERSONAL
        if found.customer is not None:
            personal = personal_data(self._vault.keyring(), found.customer, profile.representative)
        violation = await self._rules.judge_password(command.password, profile, personal)
        if violation is not None:
            refusal = CredentialsRefused(Reason.SECRET_UNFIT.value, violation.value)
            event = call.event(EventType.CREDENTIALS_REFUSED, refusal)
            await self._store.run(lambda act: act.audit.record(event))
            raise Refused(Reason.SECRET_UNFIT, PASSWORD, more=violation.value)

    async def _reserve(self, call: Call, profile: AccessProfile) -> OneTimeCode:
        """One try of the session's and one of the day's, before the code is looked at."""
        code = call.the_session.recovery.code
        if code is None:
            await self._refuse(call, None, "none outstanding", Reason.CREDENTIAL_REFUSED)
        kept: list[OneTimeCode] = []
        if not await change_facts(self._sessions, call, lambda facts: self._tried(facts, kept)):
            await self._refuse(call, code, "session limit", Reason.SESSION_LIMIT)
        if not await self._store.run(lambda act: self._reserve_day(act, call, profile)):
            await change_facts(self._sessions, call, _untried)
            await self._refuse(call, code, "day limit", Reason.DAY_LIMIT)
        return kept[-1]

    def _tried(self, facts: RecoveryFacts, kept: list[OneTimeCode]) -> RecoveryFacts | None:
        code = None if facts.code is None else with_try(facts.code, self._policy.otp)
        if code is None:
            return None
        kept.append(code)
        return replace(facts, code=code)

    def _reserve_day(self, act: Transaction, call: Call, profile: AccessProfile) -> bool:
        if ceiling_reached(profile, self._policy):
            return False
        limit = self._policy.otp.tries_per_customer_and_day
        return self._limits.reserve(act, OTP_DAY, profile.ccs_id, limit, call.now)

    async def _withdraw(self, call: Call, profile: AccessProfile) -> None:
        await self._store.run(lambda act: self._limits.give_back(act, OTP_DAY, profile.ccs_id, call.now))
        await change_facts(self._sessions, call, _untried)

    async def _right(self, call: Call, code: OneTimeCode, given: Secret) -> bool:
        if code.means is Means.TOKEN:
            return code.alive(call.now) and await self._tokens.verify(call, given) is Response.RIGHT
        subject = call.subject
        matches = self._sender.matches(code, given, call.the_session.handle, subject.ccs_id, PURPOSE)
        return matches and code.alive(call.now)

    def _taking_effect(
        self, call: Call, command: SetAccess, judged: AccessProfile, code: OneTimeCode, phc: str | None
    ) -> Callable[[Transaction], str | None]:
        """The act: the code is spent and the password set together, or the failure counted.

        It answers the handle of the session that ends ("" when there was none), None for a refusal.
        """

        def act(transaction: Transaction) -> str | None:
            profile = transaction.profiles.find(judged.ccs_id) or judged
            spent = phc is not None and transaction.replays.claim(
                "one-time code",
                f"{call.the_session.handle}\n{code.nonce}",
                call.the_session.expires_at,
                call.now,
            )
            outcome = "right" if spent else "used" if phc is not None else self._why_wrong(call, code)
            payload = CodeTried(PURPOSE, code.means.value, outcome)
            transaction.audit.record(call.event(EventType.CODE_TRIED, payload))
            if phc is None:
                transaction.profiles.save(replace(profile, failures=profile.failures + 1))
                return None
            self._limits.give_back(transaction, OTP_DAY, profile.ccs_id, call.now)
            if not spent or profile.revision != judged.revision:
                return None
            return self._set(transaction, call, command, profile, phc)

        return act

    def _set(self, act: Transaction, call: Call, command: SetAccess, profile: AccessProfile, phc: str) -> str:
        sealed = seal_phc(self._vault.keyring(), phc, profile.ccs_id, "password", self._random_bytes)
        lifted = lift_locks(profile, Lifter.SET_ACCESS, call.now)
        fresh = changed(lifted.profile.password, sealed, call.now, self._policy.password.history)
        live = profile.live_session
        renewed = replace(
            lifted.profile,
            password=fresh,
            temporary_pin=None,
            live_session=None,
            active_at=call.now,
            revision=profile.revision + 1,
        )
        act.profiles.save(renewed)
        payload = AccessSet(command.first_time, tuple(lock.kind.value for lock in lifted.lifted))
        act.audit.record(call.event(EventType.ACCESS_SET, payload))
        act.notices.add(call.notice("new-credential", profile.customer_id))
        return live.handle if live is not None else ""

    def _why_wrong(self, call: Call, code: OneTimeCode) -> str:
        return "wrong" if code.alive(call.now) else "expired"

    async def _refuse(self, call: Call, code: OneTimeCode | None, outcome: str, reason: Reason) -> NoReturn:
        payload = CodeTried(PURPOSE, code.means.value if code else None, outcome)
        event = call.event(EventType.CODE_TRIED, payload)
        await self._store.run(lambda act: act.audit.record(event))
        raise Refused(reason)


def _untried(facts: RecoveryFacts) -> RecoveryFacts | None:
    return None if facts.code is None else replace(facts, code=without_try(facts.code))


def _done(facts: RecoveryFacts) -> RecoveryFacts:
    """Nothing proved serves twice: a second new password needs card, phone and code again."""
    code = None if facts.code is None else expired(without_try(facts.code))
    return RecoveryFacts(phone_tries=facts.phone_tries, code=code)
