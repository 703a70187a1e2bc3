"""Setting PIN and password after a login, and telling their state to IVR and branch."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from aldaba.crypto.digests import Secret
from aldaba.domain.application import Right
from aldaba.domain.credentials import Violation
from aldaba.domain.customer import Customer
from aldaba.domain.identifiers import CustomerName
from aldaba.domain.policy import Policy
from aldaba.domain.profile import AccessProfile, Credential, changed
from aldaba.domain.refusals import Reason, Refused
from aldaba.domain.session import CredentialStatus, strongly_authenticated, with_status
from aldaba.domain.token import ACTIVE
from aldaba.service.audit import CredentialsAsked, CredentialsRefused, CredentialsSet, EventType
from aldaba.service.calls import Call
from aldaba.service.personal import personal_data
from aldaba.service.ports import Hasher, KeyVault, RandomBytes, Sessions, Store, Transaction
from aldaba.service.records import Sealable, seal_phc
from aldaba.service.secret_rules import SecretRules
from aldaba.service.subjects import Found, Subjects

STATUS = "credentialStatus"
PIN = "newEncryptedAccessNumber"
PASSWORD = "newEncryptedAccessCredential"

_BOTH = frozenset({CredentialStatus.NEW, CredentialStatus.RPIN})


@dataclass(frozen=True, slots=True)
class SetCredentials:
    """New secrets; ``status`` is the credential status the front end was told at login."""

    status: CredentialStatus | None
    pin: Secret | None
    password: Secret | None


@dataclass(frozen=True, slots=True)
class _Fresh:
    """A new secret that passed every rule, hashed and sealed."""

    pin: str | None
    password: str | None


class Credentials:
    """Sets and tells PIN and password."""

    def __init__(
        self,
        store: Store,
        sessions: Sessions,
        subjects: Subjects,
        hasher: Hasher,
        vault: KeyVault,
        rules: SecretRules,
        policy: Policy,
        random_bytes: RandomBytes,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._subjects = subjects
        self._hasher = hasher
        self._vault = vault
        self._policy = policy
        self._rules = rules
        self._random_bytes = random_bytes

    async def set(self, call: Call, command: SetCredentials) -> None:
        """Set what the credential status demands.

        Raises ``Refused``: status not the session's, a demanded secret missing, one against policy or used
        before, strong authentication needed. Raises ``BackendFailed``.
        """
        status = self._agreed_status(call, command)
        found = await self._subjects.again(call.subject)
        profile = await self._store.read(lambda query: query.profiles.find(call.subject.ccs_id))
        if profile is None or found.customer is None:
            raise Refused(Reason.RULE_BROKEN, STATUS)
        if status is CredentialStatus.NONE:
            await self._check_strength(call)
        await self._judge(call, command, found.customer, profile)
        fresh = await self._hashed(command, profile)
        if not await self._store.run(self._setting(call, profile, fresh, status)):
            raise Refused(Reason.RULE_BROKEN, STATUS)
        cured = CredentialStatus.NONE
        await self._sessions.change(call.the_session.handle, lambda session: with_status(session, cured))

    def _agreed_status(self, call: Call, command: SetCredentials) -> CredentialStatus:
        authentication = call.the_session.authentication
        if authentication is None or command.status is None:
            raise Refused(Reason.INVALID_REQUEST, STATUS)
        status = authentication.credential_status
        if command.status is not status:
            raise Refused(Reason.RULE_BROKEN, STATUS)
        if status in _BOTH and command.pin is None:
            raise Refused(Reason.INVALID_REQUEST, PIN)
        if status is not CredentialStatus.NONE and command.password is None:
            raise Refused(Reason.INVALID_REQUEST, PASSWORD)
        if command.pin is None and command.password is None:
            raise Refused(Reason.INVALID_REQUEST, PASSWORD)
        if command.pin is not None and status in (CredentialStatus.ACPWD, CredentialStatus.CHPWD):
            raise Refused(Reason.RULE_BROKEN, PIN)
        return status

    async def _check_strength(self, call: Call) -> None:
        """A plain change needs a challenge passed of late where the customer has an active token."""
        token = await self._store.read(lambda query: query.tokens.of(call.subject.customer_id))
        if token is None or token.status not in ACTIVE:
            return
        if not strongly_authenticated(call.the_session, call.now):
            raise Refused(Reason.RULE_BROKEN, "challenge")

    async def _judge(
        self, call: Call, command: SetCredentials, customer: Customer, profile: AccessProfile
    ) -> None:
        personal = personal_data(self._vault.keyring(), customer, profile.representative)
        for field, secret, rule in (
            (PIN, command.pin, self._rules.judge_pin),
            (PASSWORD, command.password, self._rules.judge_password),
        ):
            if secret is None:
                continue
            broken = await rule(secret, profile, personal)
            if broken:
                await self._refuse(call, field, broken)

    async def _refuse(self, call: Call, field: str, broken: tuple[Violation, ...]) -> None:
        rules = ", ".join(broken)
        event = call.event(EventType.CREDENTIALS_REFUSED, CredentialsRefused(Reason.RULE_BROKEN.value, rules))
        await self._store.run(lambda transaction: transaction.audit.record(event))
        raise Refused(Reason.RULE_BROKEN, field, more=rules)

    async def _hashed(self, command: SetCredentials, profile: AccessProfile) -> _Fresh:
        return _Fresh(
            await self._hash(command.pin, profile.ccs_id, "pin"),
            await self._hash(command.password, profile.ccs_id, "password"),
        )

    async def _hash(self, secret: Secret | None, ccs_id: str, what: Sealable) -> str | None:
        if secret is None:
            return None
        phc = await self._hasher.hash(secret)
        return seal_phc(self._vault.keyring(), phc, ccs_id, what, self._random_bytes)

    def _setting(
        self, call: Call, judged: AccessProfile, fresh: _Fresh, status: CredentialStatus
    ) -> Callable[[Transaction], bool]:
        def act(transaction: Transaction) -> bool:
            profile = transaction.profiles.find(judged.ccs_id)
            # Judged against another revision's history: somebody else's change came first.
            if profile is None or profile.revision != judged.revision:
                return False
            live = profile.live_session
            if live is None or live.handle != call.the_session.handle:
                return False
            transaction.profiles.save(renewed(profile, fresh.pin, fresh.password, call.now, self._policy))
            payload = CredentialsSet(fresh.pin is not None, fresh.password is not None, status.value)
            transaction.audit.record(call.event(EventType.CREDENTIALS_SET, payload))
            transaction.notices.add(call.notice("new-credential", profile.customer_id))
            return True

        return act

    async def status(self, call: Call, name: CustomerName) -> AccessProfile:
        """PIN and password detail for an application with the right ``ivr``.

        Raises ``Refused``: right missing, no such customer or profile. Raises ``BackendFailed``.
        """
        if Right.IVR not in call.application.rights:
            raise Refused(Reason.NOT_CONFIGURED, "operation")
        found = await self._subjects.named(name)
        profile = await self._store.run(lambda act: self._asked(act, call, found))
        if profile is None:
            raise Refused(Reason.NOT_FOUND, "customerId")
        return profile

    def _asked(self, act: Transaction, call: Call, found: Found) -> AccessProfile | None:
        known = found.customer is not None and not found.subject.ambiguous
        profile = act.profiles.find(found.subject.ccs_id) if known else None
        if known and (profile is None or profile.decoy):
            profile = self._brought(found, call.now)
        payload = CredentialsAsked(profile is not None)
        act.audit.record(call.event(EventType.CREDENTIALS_ASKED, payload, found.subject))
        return profile

    def _brought(self, found: Found, now: datetime) -> AccessProfile | None:
        """What a customer who never came here has: the record's credentials, their dates unknown.

        Asking makes no profile; that is a prelogin's.
        """
        profile = self._subjects.profile_to_be(found, now)
        if profile is None:
            return None
        return replace(profile, pin=_undated(profile.pin), password=_undated(profile.password))


def _undated(credential: Credential) -> Credential:
    return replace(credential, activated_at=None, reset_at=None, state_changed_at=None)


def renewed(
    profile: AccessProfile, pin: str | None, password: str | None, now: datetime, policy: Policy
) -> AccessProfile:
    """The profile with what its owner set anew; a temporary PIN has done its work."""
    if pin is not None:
        profile = replace(profile, pin=changed(profile.pin, pin, now, policy.pin.history), temporary_pin=None)
    if password is not None:
        fresh = changed(profile.password, password, now, policy.password.history)
        profile = replace(profile, password=fresh)
    return replace(profile, revision=profile.revision + 1)
