"""Soft tokens run by the vendor: its JWTs validated, its customers registered and asked about."""

from dataclasses import dataclass, field, replace

from aldaba.domain.application import Right
from aldaba.domain.customer import Customer
from aldaba.domain.identifiers import CustomerName
from aldaba.domain.policy import Policy
from aldaba.domain.profile import factor_locked
from aldaba.domain.refusals import Reason, Refused
from aldaba.domain.session import Factor, Subject, hindrance
from aldaba.domain.token import SOFT, TokenStatus
from aldaba.service.audit import EventType, VendorCustomerAsked, VendorCustomerRegistered, VendorTokenTried
from aldaba.service.calls import Call
from aldaba.service.ports import KeyVault, Store, Transaction
from aldaba.service.subjects import Found, Subjects
from aldaba.service.vendor_tokens import (
    VendorClaims,
    VendorTokens,
    claimed_subject,
    profile_ids,
    vendor_customer,
)

CUSTOMER = "customerId"
_LOCATIONS = {Reason.NOT_FOUND: "grantType", Reason.TOKEN_INVALID: "transmitToken"}


@dataclass(frozen=True, slots=True)
class ValidateVendorToken:
    """A JWT of the vendor's, whose it should be, and the functional id it should be for."""

    token: str = field(repr=False)
    customer_id: str
    grant: str


class SoftTokens:
    """What the soft-token vendor's customers and channels ask for."""

    def __init__(
        self, store: Store, subjects: Subjects, tokens: VendorTokens, vault: KeyVault, policy: Policy
    ) -> None:
        self._store = store
        self._subjects = subjects
        self._tokens = tokens
        self._vault = vault
        self._policy = policy

    async def validate_jwt(self, call: Call, command: ValidateVendorToken) -> None:
        """Certify a token, and spend it.

        Raises ``Refused``: functional id not configured; token not valid or used; not the vendor's customer;
        customer locked or of no good standing. Raises ``BackendFailed``, ``HouseUnavailable``: nothing is
        spent then, nor by any refusal.
        """
        _check_unhindered(call)
        claims = await self._judged(call, command)
        found = await self._subjects.named(CustomerName(command.customer_id, claims.representative))
        reason = await self._store.run(lambda act: self._validate(act, call, command, found, claims))
        if reason is not None:
            raise Refused(reason, _LOCATIONS.get(reason, CUSTOMER))

    async def _judged(self, call: Call, command: ValidateVendorToken) -> VendorClaims:
        name = CustomerName(command.customer_id)
        try:
            return await self._tokens.judge(call, command.token, name, command.grant)
        except Refused as refused:
            reason = refused.reason
        subject = claimed_subject(self._vault.keyring(), name)
        await self._store.run(lambda act: _record_tried(act, call, command, reason, subject))
        raise Refused(reason, _LOCATIONS[reason])

    def _validate(
        self, act: Transaction, call: Call, command: ValidateVendorToken, found: Found, claims: VendorClaims
    ) -> Reason | None:
        reason = self._standing_flaw(act, call, found)
        if reason is None:
            used = not self._tokens.claim(act, claims, call.now)
        else:
            used = self._tokens.used(act, claims, call.now)
        reason = Reason.TOKEN_INVALID if used else reason
        _record_tried(act, call, command, reason, found.subject)
        return reason

    def _standing_flaw(self, act: Transaction, call: Call, found: Found) -> Reason | None:
        customer = found.customer
        if customer is None or not self._is_vendors(act, customer, found.subject):
            return Reason.NOT_A_VENDOR_CUSTOMER
        token = act.tokens.of(customer.customer_id)
        deactivated = token is not None and token.status is TokenStatus.SOFT_DEACTIVATED
        if not found.in_standing or deactivated:
            return Reason.RULE_BROKEN
        return Reason.RULE_BROKEN if self._locked(act, call, found) else None

    def _locked(self, act: Transaction, call: Call, found: Found) -> bool:
        profile = self._subjects.enrolled_profile(act, found, call.now)
        return profile is None or any(
            factor_locked(profile, factor, call.now, self._policy) for factor in (Factor.PIN, Factor.PASSWORD)
        )

    async def register(self, call: Call) -> None:
        """Make the authenticated customer, who holds a soft token, one of the vendor's; once is enough.

        Raises ``Refused``: no token, a hard one, no such customer any more.
        """
        reason = await self._store.run(lambda act: self._register(act, call))
        if reason is not None:
            raise Refused(reason)

    def _register(self, act: Transaction, call: Call) -> Reason | None:
        profile = act.profiles.find(call.subject.ccs_id)
        if profile is None:
            return Reason.NO_CUSTOMER
        token = act.tokens.of(call.subject.customer_id)
        if token is None or token.status is TokenStatus.BASIC:
            return Reason.NOT_FOUND
        if token.status not in SOFT:
            return Reason.RULE_BROKEN
        if not profile.vendor_registered:
            act.profiles.save(replace(profile, vendor_registered=True))
        payload = VendorCustomerRegistered(already=profile.vendor_registered)
        act.audit.record(call.event(EventType.VENDOR_CUSTOMER_REGISTERED, payload))
        return None

    async def is_registered(self, call: Call, customer_id: str) -> bool:
        """Whether the vendor runs this customer's soft token.

        Raises ``Refused``: neither the session's own customer nor an application with the right ``lookup``;
        no such customer; standing does not permit; no access profile. Raises ``BackendFailed``.
        """
        _check_unhindered(call)
        own = _own_subject(call, customer_id)
        if own is None and Right.LOOKUP not in call.application.rights:
            raise Refused(Reason.NOT_CONFIGURED, CUSTOMER)
        if own is not None:
            found = await self._subjects.again(own)
        else:
            found = await self._subjects.named(CustomerName(customer_id))
        told = await self._store.run(lambda act: self._told(act, call, found))
        if isinstance(told, Reason):
            raise Refused(told, CUSTOMER)
        return told

    def _told(self, act: Transaction, call: Call, found: Found) -> Reason | bool:
        told = self._answer(act, found)
        payload = VendorCustomerAsked(found=not isinstance(told, Reason))
        act.audit.record(call.event(EventType.VENDOR_CUSTOMER_ASKED, payload, found.subject))
        return told

    def _answer(self, act: Transaction, found: Found) -> Reason | bool:
        customer = found.customer
        if customer is None:
            return Reason.NO_CUSTOMER
        if found.barred:
            return Reason.RULE_BROKEN
        ids = profile_ids(self._vault.keyring(), customer, found.subject)
        profiles = [act.profiles.find(ccs_id) for ccs_id in ids]
        if all(profile is None or profile.decoy for profile in profiles):
            return Reason.NOT_FOUND
        return self._is_vendors(act, customer, found.subject)

    def _is_vendors(self, act: Transaction, customer: Customer, subject: Subject) -> bool:
        return vendor_customer(act, self._vault.keyring(), customer, subject)


def _own_subject(call: Call, customer_id: str) -> Subject | None:
    """The session's subject if it logged in as this customer: a name only typed is not yet one's own."""
    session = call.session
    if session is None or session.authentication is None or session.subject is None:
        return None
    return session.subject if session.subject.customer_id == customer_id else None


def _check_unhindered(call: Call) -> None:
    """A session that must first renew a credential or pass a challenge may do nothing else."""
    first = None if call.session is None else hindrance(call.session, call.operation)
    if first is not None:
        raise Refused(Reason.RULE_BROKEN, first)


def _record_tried(
    act: Transaction, call: Call, command: ValidateVendorToken, reason: Reason | None, subject: Subject
) -> None:
    payload = VendorTokenTried(command.grant, None if reason is None else reason.value)
    act.audit.record(call.event(EventType.VENDOR_TOKEN_TRIED, payload, subject))
