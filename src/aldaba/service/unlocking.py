"""Unlocking one's own access by a token of the soft-token vendor's: locks lifted, password expired."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from aldaba.crypto.digests import Secret
from aldaba.domain.identifiers import CustomerName, parse_customer_name
from aldaba.domain.lockout import Lifter, LockCause
from aldaba.domain.policy import Policy
from aldaba.domain.profile import AccessProfile, Credential, Expiry, lift_locks
from aldaba.domain.refusals import Reason, Refused
from aldaba.domain.session import Subject
from aldaba.domain.session_epochs import sessions_ended
from aldaba.service.audit import AccessUnlocked, EventType
from aldaba.service.calls import Call
from aldaba.service.ports import KeyVault, Store, Transaction
from aldaba.service.subjects import Found, Subjects
from aldaba.service.vendor_tokens import VendorClaims, VendorTokens, claimed_subject, vendor_customer

USUAL_GRANT = "2"
"""The functional id of binding, where the request names none."""

TOKEN = "jwtToken"
CUSTOMER = "customer.encryptedCustomerId"
REPRESENTATIVE = "customer.legalRepresentativeId"


@dataclass(frozen=True, slots=True)
class Unlock:
    """``customer`` is the opened customer number; ``representative`` a company's, as the request names it."""

    token: str = field(repr=False)
    grant: str | None
    customer: Secret
    representative: str | None


@dataclass(frozen=True, slots=True)
class _Named:
    """Whom a request means: ``exact`` the very profile, ``customer`` the customer whose it would be."""

    exact: Found
    customer: Found

    @property
    def subject(self) -> Subject:
        """Whom the audit tells of."""
        return self.customer.subject if self.exact.customer is None else self.exact.subject


@dataclass(frozen=True, slots=True)
class Opened:
    """A profile whose locks a customer lifted, and what they were."""

    profile: AccessProfile
    lifted: tuple[str, ...]


class Unlocking:
    """Lifts the locks that a customer may lift."""

    def __init__(
        self,
        store: Store,
        subjects: Subjects,
        tokens: VendorTokens,
        vault: KeyVault,
        policy: Policy,
    ) -> None:
        self._store = store
        self._subjects = subjects
        self._tokens = tokens
        self._vault = vault
        self._policy = policy

    async def unlock(self, call: Call, command: Unlock) -> None:
        """Lift the customer's locks, expire the password, end the sessions; the token is spent with it.

        Raises ``Refused``: token not valid or used; functional id that unlocks nothing; no such customer;
        not the vendor's; no such representative; nothing locked, or a lock that a branch alone lifts.
        Raises ``BackendFailed``, ``HouseUnavailable``: nothing is spent then, nor by any refusal.
        """
        name = _parsed(command)
        claims = await self._judged(call, command, name)
        named = await self._found(name)
        refused = await self._store.run(lambda act: self._decide(act, call, named, claims))
        if refused is not None:
            raise refused

    async def _judged(self, call: Call, command: Unlock, name: CustomerName) -> VendorClaims:
        grant = command.grant or USUAL_GRANT
        try:
            claims = await self._tokens.verify(call, command.token, name, grant)
            if grant in self._policy.vendor.unlock_grants and self._tokens.configured(grant):
                return claims
            refused = Refused(Reason.NOT_FOUND, "grantType")
        except Refused as flaw:
            refused = Refused(flaw.reason, TOKEN)
        subject = claimed_subject(self._vault.keyring(), name)
        await self._store.run(lambda act: _record(act, call, refused, (), subject))
        raise refused

    async def _found(self, name: CustomerName) -> _Named:
        exact = await self._subjects.named(name)
        if exact.customer is not None or name.representative is None:
            return _Named(exact, exact)
        # Nobody of that name: a number nobody has, or a customer's with a representative it has not.
        return _Named(exact, await self._subjects.named(CustomerName(name.number)))

    def _decide(self, act: Transaction, call: Call, named: _Named, claims: VendorClaims) -> Refused | None:
        refused = self._stranger(act, named) or _unnamed(named, claims)
        opened = None if refused else self._opened(act, call, named)
        if opened is None:
            refused = refused or Refused(Reason.RULE_BROKEN, CUSTOMER)
            used = self._tokens.used(act, claims, call.now)
        else:
            used = not self._tokens.claim(act, claims, call.now)
        if opened is None or used:
            told = Refused(Reason.TOKEN_INVALID, TOKEN) if used else refused
            _record(act, call, told, (), named.subject)
            return told
        _take_over(act, call, opened, named.subject)
        return None

    def _stranger(self, act: Transaction, named: _Named) -> Refused | None:
        customer, subject = named.customer.customer, named.subject
        if customer is None:
            return Refused(Reason.NOT_FOUND, CUSTOMER)
        if not vendor_customer(act, self._vault.keyring(), customer, subject):
            return Refused(Reason.NOT_A_VENDOR_CUSTOMER, CUSTOMER)
        return None

    def _opened(self, act: Transaction, call: Call, named: _Named) -> Opened | None:
        profile = self._subjects.enrolled_profile(act, named.exact, call.now)
        return None if profile is None else opened_by_owner(profile, call.now, self._policy)


def opened_by_owner(profile: AccessProfile, now: datetime, policy: Policy) -> Opened | None:
    """The profile after its owner unlocked it: locks off, password to be changed, session gone.

    None where nothing is locked, or where anything stands that a branch alone may lift: a preventive lock,
    the ceiling of failures.
    """
    unused = now > profile.active_at + timedelta(days=policy.lockout.unused_days)
    result = lift_locks(profile, Lifter.UNLOCK_ACCESS, now)
    if result.standing or profile.failures >= policy.lockout.ceiling or not (result.lifted or unused):
        return None
    kinds = {lock.kind.value for lock in result.lifted} | ({LockCause.NO_USE.value} if unused else set())
    opened = replace(
        sessions_ended(result.profile),
        password=_expired(profile=result.profile),
        revision=profile.revision + 1,
    )
    return Opened(opened, tuple(sorted(kinds)))


def _expired(profile: AccessProfile) -> Credential:
    password = profile.password
    # What a reset expired serves no more at all: an unlock must not bring it back.
    if password.sealed is None or password.expired is Expiry.RESET:
        return password
    return replace(password, expired=Expiry.UNLOCK)


def _parsed(command: Unlock) -> CustomerName:
    """The customer meant; a representative may stand in the number's suffix or in its own field."""
    name = parse_customer_name(command.customer.reveal())
    if name is None:
        raise Refused(Reason.INVALID_REQUEST, CUSTOMER)
    if command.representative is None:
        return name
    representative = str(int(command.representative))
    if name.representative not in (None, representative):
        raise Refused(Reason.INVALID_REQUEST, REPRESENTATIVE)
    return CustomerName(name.number, representative)


def _unnamed(named: _Named, claims: VendorClaims) -> Refused | None:
    """A company is unlocked for one representative; of several, request and token must name the same.

    Else whoever holds one representative's token could unlock another's access.
    """
    customer, subject = named.exact.customer, named.exact.subject
    if customer is None or subject.ambiguous:
        return Refused(Reason.RULE_BROKEN, REPRESENTATIVE)
    if not customer.is_company:
        return None if claims.representative is None else Refused(Reason.RULE_BROKEN, REPRESENTATIVE)
    by_token = claims.representative or (subject.representative if len(customer.representatives) == 1 else "")
    fits = bool(subject.representative) and by_token == subject.representative
    return None if fits else Refused(Reason.RULE_BROKEN, REPRESENTATIVE)


def _take_over(act: Transaction, call: Call, opened: Opened, subject: Subject) -> None:
    """Keep what was opened, end the session that lived (the others are over by its epoch), tell of it."""
    before = act.profiles.find(opened.profile.ccs_id)
    if before is not None and before.live_session is not None:
        act.sessions.end(before.live_session.handle)
    act.profiles.save(opened.profile)
    act.notices.add(call.notice("unlocked", subject.customer_id))
    _record(act, call, None, opened.lifted, subject)


def _record(
    act: Transaction, call: Call, refused: Refused | None, lifted: tuple[str, ...], subject: Subject
) -> None:
    payload = AccessUnlocked(None if refused is None else refused.reason.value, lifted)
    act.audit.record(call.event(EventType.ACCESS_UNLOCKED, payload, subject))
