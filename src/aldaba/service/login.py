"""Login and logout: attempt reserved, risk asked, credential verified, outcome committed, session rotated."""

from dataclasses import dataclass, replace

from aldaba.crypto.digests import Secret, new_handle
from aldaba.domain.customer import Customer, Device, DeviceStatus, device_status
from aldaba.domain.identifiers import parse_customer_name
from aldaba.domain.lockout import LockCause, LockKind, Settlement
from aldaba.domain.login import Trial, entered, may_enter, occupied, refusal
from aldaba.domain.policy import Policy
from aldaba.domain.profile import (
    AccessProfile,
    LastLogin,
    credential_status,
    factor_locked,
    guard_of,
    secret_to_verify,
)
from aldaba.domain.profile import locked as lock_profile
from aldaba.domain.refusals import Reason, Refused
from aldaba.domain.session import Authentication, CredentialStatus, Factor, Session, authenticated
from aldaba.domain.session_epochs import session_over
from aldaba.domain.token import TokenStatus
from aldaba.service.arrivals import handle_of
from aldaba.service.attempts import Attempt, Attempts
from aldaba.service.audit import EventType, LoggedIn, LoginRefused, SessionEnded
from aldaba.service.biometrics import Biometrics
from aldaba.service.calls import Call
from aldaba.service.lookup_digests import Digests, sim_digests
from aldaba.service.ports import Directory, Hasher, KeyVault, RandomBytes, Store, Transaction
from aldaba.service.records import Sealable, open_phc, seal_phc
from aldaba.service.risk_ports import Risk, RiskAnswer, RiskQuestion, Verdict
from aldaba.service.subjects import Found, Subjects, check_session

USER_ID = "customerCredentials.userId"


@dataclass(frozen=True, slots=True)
class RiskSignals:
    """What the front end's anti-money-laundering part tells; absent values are None."""

    compromised: bool = False
    emulator: bool = False
    sim_id: str | None = None


@dataclass(frozen=True, slots=True)
class LogIn:
    user_id: str
    factor: Factor
    credential: Secret
    vasco_id: str | None = None
    application_device_id: str | None = None
    signals: RiskSignals = RiskSignals()


@dataclass(frozen=True, slots=True)
class CustomerLoggedIn:
    """Everything a login answers; ``sid`` is the session's new handle, ``last_login`` the one before."""

    sid: str
    customer: Customer
    credential_status: CredentialStatus
    last_login: LastLogin | None
    token_status: TokenStatus
    device_status: DeviceStatus


@dataclass(frozen=True, slots=True)
class _Proof:
    """What verifying found: whether it matched, and a fresh sealed string where hash parameters moved."""

    right: bool
    rehashed: str | None = None


@dataclass(frozen=True, slots=True)
class _Decided:
    """What the second act decided."""

    refused: Reason | None
    wrong: bool = False
    authentication: Authentication | None = None
    last_login: LastLogin | None = None
    token_status: TokenStatus = TokenStatus.BASIC
    device_status: DeviceStatus = DeviceStatus.UNKNOWN


class Login:
    """Opens and ends authenticated sessions."""

    def __init__(
        self,
        store: Store,
        subjects: Subjects,
        attempts: Attempts,
        biometrics: Biometrics,
        directory: Directory,
        risk: Risk,
        hasher: Hasher,
        vault: KeyVault,
        policy: Policy,
        random_bytes: RandomBytes,
    ) -> None:
        self._store = store
        self._subjects = subjects
        self._attempts = attempts
        self._biometrics = biometrics
        self._directory = directory
        self._risk = risk
        self._hasher = hasher
        self._vault = vault
        self._policy = policy
        self._random_bytes = random_bytes

    async def log_in(self, call: Call, command: LogIn) -> CustomerLoggedIn:
        """Prove the customer and give the session a new handle.

        Raises ``Refused`` with the login's own reasons, ``BackendFailed`` when the directory is away.
        """
        found = await self._found(call, command)
        attempt = await self._attempts.reserve(
            lambda act: self._subjects.judging_profile(act, found, call.application.client_id, call.now),
            command.factor,
        )
        sid = new_handle(self._random_bytes)
        try:
            check_session(attempt.profile, call.the_session)
            risk = await self._risk.assess(await self._question(call, found, command, attempt.profile))
            proof = await self._prove(call, command, found, attempt, risk)
            decided = await self._store.run(
                lambda act: self._decide(act, call, command, found, attempt, risk, proof, handle_of(sid))
            )
        except BaseException:
            # Whatever kept us from a verdict, a cancelled request included, was not the customer's doing.
            await self._attempts.withdraw(attempt)
            raise
        if decided.refused is not None or found.customer is None or decided.authentication is None:
            raise Refused(decided.refused or Reason.BAD_CREDENTIALS, wrong=decided.wrong)
        return CustomerLoggedIn(
            sid,
            found.customer,
            decided.authentication.credential_status,
            decided.last_login,
            decided.token_status,
            decided.device_status,
        )

    async def _found(self, call: Call, command: LogIn) -> Found:
        """The customer this login is about. Nothing is charged for naming another one."""
        name = parse_customer_name(command.user_id)
        if name is None:
            raise Refused(Reason.INVALID_REQUEST, USER_ID)
        subject = call.the_session.subject
        if subject is None:
            found = await self._subjects.named(name)
        else:
            other = name.representative not in (None, subject.representative)
            if name.number != subject.customer_id or other:
                raise Refused(Reason.INVALID_REQUEST, USER_ID)
            found = await self._subjects.again(subject)
        if call.documented_enumeration(self._policy):
            await self._tell_unknown(found)
        return found

    async def _tell_unknown(self, found: Found) -> None:
        if found.customer is None:
            raise Refused(Reason.CUSTOMER_UNKNOWN, USER_ID)
        profile = await self._store.read(lambda query: query.profiles.find(found.subject.ccs_id))
        if profile is None or profile.decoy:
            raise Refused(Reason.PROFILE_UNKNOWN, USER_ID)

    async def _question(
        self, call: Call, found: Found, command: LogIn, profile: AccessProfile
    ) -> RiskQuestion:
        signals = command.signals
        device = await self._store.read(lambda query: _device(query, command))
        sim = self._sim(profile.ccs_id, command)
        return RiskQuestion(
            ccs_id=found.subject.ccs_id,
            channel=call.channel,
            factor=command.factor.value,
            compromised=signals.compromised,
            emulator=signals.emulator,
            sim_id=signals.sim_id,
            device_id=command.vasco_id or command.application_device_id,
            address=call.address,
            known_device=_is_own(device, command, found),
            sim_changed=(
                sim is not None
                and profile.last_sim_digest is not None
                and not sim.names(profile.last_sim_digest)
            ),
        )

    def _sim(self, ccs_id: str, command: LogIn) -> Digests | None:
        sim_id = command.signals.sim_id
        return None if sim_id is None else sim_digests(self._vault.keyring(), ccs_id, sim_id)

    async def _prove(
        self, call: Call, command: LogIn, found: Found, attempt: Attempt, risk: RiskAnswer
    ) -> _Proof:
        """One verification, real or dummy, whatever is known of the customer and whatever lock stands."""
        may_look = attempt.granted and risk.verdict is not Verdict.DENY
        if command.factor is Factor.BIOMETRIC:
            known = await self._biometrics.verify(
                call, command.credential, command.application_device_id, found
            )
            # A decoy row stands in for a profile that does not exist: nobody enters by it.
            return _Proof(known and may_look and not attempt.profile.decoy)
        profile, retried = attempt.profile, call.the_session.successor
        sealed = secret_to_verify(profile, command.factor, call.now, retried) if may_look else None
        what = _stored_as(profile, command.factor)
        phc = open_phc(self._vault.keyring(), sealed, profile.ccs_id, what) if sealed else None
        right = await self._hasher.verify(phc, command.credential)
        if not right or phc is None or not self._hasher.needs_rehash(phc):
            return _Proof(right)
        fresh = await self._hasher.hash(command.credential)
        return _Proof(right, seal_phc(self._vault.keyring(), fresh, profile.ccs_id, what, self._random_bytes))

    def _decide(
        self,
        act: Transaction,
        call: Call,
        command: LogIn,
        found: Found,
        attempt: Attempt,
        risk: RiskAnswer,
        proof: _Proof,
        handle: str,
    ) -> _Decided:
        """The second act: settle the attempt and, if nothing speaks against it, take the one session."""
        denied = risk.verdict is Verdict.DENY
        stands = _stands(act, attempt)
        settlement = _settlement(proof, uncharged=denied or (proof.right and not stands))
        profile = self._attempts.settled(act, attempt, settlement, call.now)
        prevented = risk.lock and not (profile.lock is not None and profile.lock.stands(call.now))
        if prevented:
            profile = self._prevented(act, call, profile, risk)
        locked = factor_locked(profile, command.factor, call.now, self._policy)
        rule = self._policy.session.second_login
        reason = refusal(
            Trial(
                factor=command.factor,
                granted=attempt.granted and not locked,
                denied=denied,
                right=proof.right and stands,
                may_enter=self._may_enter(call, found),
                occupied=occupied(profile, call.the_session, self._rival(act, profile, call), rule),
            )
        )
        if reason is None:
            return self._enter(act, call, command, found, risk, proof, profile, handle)
        if attempt.granted or prevented:
            self._attempts.save(act, profile)
        lock = guard_of(profile, command.factor).lock if locked and attempt.granted else None
        lock = profile.lock if prevented else lock
        charged = attempt.granted and not denied and not proof.right
        payload = LoginRefused(
            command.factor.value, reason.value, lock.kind.value if lock else None, charged, risk.reasons
        )
        act.audit.record(call.event(EventType.LOGIN_REFUSED, payload, found.subject))
        if lock is not None and found.customer is not None:
            act.notices.add(call.notice("locked", found.customer.customer_id))
        return _Decided(reason, wrong=charged)

    def _prevented(
        self, act: Transaction, call: Call, profile: AccessProfile, risk: RiskAnswer
    ) -> AccessProfile:
        """The profile locked as an operator locks it preventively: its session ends."""
        if profile.live_session is not None:
            act.sessions.end(profile.live_session.handle)
        note = ", ".join(risk.reasons)
        shut = lock_profile(profile, LockKind.PREVENTIVE, LockCause.RISK, call.now, self._policy, note)
        return replace(shut, live_session=None)

    def _rival(self, act: Transaction, profile: AccessProfile, call: Call) -> Session | None:
        """The profile's live session, if it still lives."""
        live = profile.live_session
        session = None if live is None else act.sessions.find(live.handle)
        return session if session is not None and session.alive(call.now, self._policy.session) else None

    def _may_enter(self, call: Call, found: Found) -> bool | None:
        if found.customer is None:
            return None
        return may_enter(found.customer, found.subject, call.channel, self._policy)

    def _enter(
        self,
        act: Transaction,
        call: Call,
        command: LogIn,
        found: Found,
        risk: RiskAnswer,
        proof: _Proof,
        profile: AccessProfile,
        handle: str,
    ) -> _Decided:
        """Profile, session and event in one act: a login that is told stands, one that isn't never was."""
        status = credential_status(profile, command.factor, call.now, self._policy)
        step_up = risk.verdict is Verdict.STEP_UP
        authentication = Authentication(call.now, command.factor, status, step_up)
        session = act.sessions.find(call.the_session.handle)
        if session is None or not _serves(session, profile):
            self._attempts.save(act, profile)
            return _Decided(Reason.SESSION_EXPIRED)
        subject = replace(found.subject, session_epoch=profile.session_epoch)
        tombstone, fresh = authenticated(session, handle, subject, authentication, self._policy.session)
        ended = profile.live_session.handle if profile.live_session else None
        if ended is not None:
            act.sessions.end(ended)
        act.sessions.place(tombstone)
        act.sessions.place(fresh)
        sim = self._sim(profile.ccs_id, command)
        act.profiles.save(
            entered(
                profile,
                command.factor,
                proof.rehashed,
                handle,
                call.channel,
                call.now,
                None if sim is None else sim.current,
            )
        )
        payload = LoggedIn(command.factor.value, status.value, step_up, risk.reasons, ended is not None)
        act.audit.record(call.event(EventType.LOGIN_SUCCEEDED, payload, found.subject))
        token = act.tokens.of(found.subject.customer_id)
        return _Decided(
            refused=None,
            authentication=authentication,
            last_login=profile.last_login,
            token_status=token.status if token else TokenStatus.BASIC,
            device_status=device_status(_device(act, command), found.subject.customer_id),
        )

    async def log_out(self, call: Call) -> None:
        """End the session and erase its keys; the core is told, and being unable to keeps nothing open."""
        handle, subject = call.the_session.handle, call.subject

        def act(transaction: Transaction) -> None:
            profile = transaction.profiles.find(subject.ccs_id)
            live = profile.live_session if profile is not None else None
            if profile is not None and live is not None and live.handle == handle:
                transaction.profiles.save(replace(profile, live_session=None))
            transaction.sessions.end(handle)
            transaction.audit.record(call.event(EventType.SESSION_ENDED, SessionEnded("logout")))

        await self._store.run(act)
        await self._directory.session_ended(subject.customer_id)


def _stands(act: Transaction, attempt: Attempt) -> bool:
    """Whether what was verified is still what is stored: no reset, change or removal came in between."""
    stored = act.profiles.find(attempt.profile.ccs_id)
    return stored is not None and stored.revision == attempt.profile.revision


def _serves(session: Session, profile: AccessProfile) -> bool:
    """Whether this customer may enter by the session.

    Not where somebody else was named in it, or entered, meanwhile, nor where all sessions were ended.
    """
    subject = session.subject
    return subject is None or (subject.ccs_id == profile.ccs_id and not session_over(profile, session))


def _settlement(proof: _Proof, *, uncharged: bool) -> Settlement:
    if uncharged:
        return Settlement.WITHDRAWN
    return Settlement.RIGHT if proof.right else Settlement.WRONG


def _stored_as(profile: AccessProfile, factor: Factor) -> Sealable:
    if factor is Factor.PASSWORD:
        return "password"
    return "pin" if profile.temporary_pin is None else "temporary-pin"


def _device(act: Transaction, command: LogIn) -> Device | None:
    if command.vasco_id:
        return act.devices.by_vasco_id(command.vasco_id)
    wanted = command.application_device_id
    return act.devices.by_application_id(wanted) if wanted else None


def _is_own(device: Device | None, command: LogIn, found: Found) -> bool:
    if not (command.vasco_id or command.application_device_id):
        return True
    return device is not None and device.customer_id == found.subject.customer_id and not device.blocked
