"""Operators' accounts: one-time invitations, passwords and second factors, roles, disabling."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aldaba.crypto.digests import Secret, handle_digest, new_handle
from aldaba.crypto.totp import SEED_BYTES, otpauth_uri
from aldaba.domain.credentials import PersonalData, judge_password
from aldaba.domain.operators import Actor, Invitation, Operator, Role, is_operator_name, opened
from aldaba.domain.policy import MODERN, Policy
from aldaba.domain.refusals import Reason, Refused
from aldaba.service.audit import Event, EventType, OperatorChanged
from aldaba.service.lookup_digests import recovery_digest
from aldaba.service.operator_sign_in import TOKEN_LENGTH, OperatorSignIn
from aldaba.service.ports import Clock, Hasher, KeyVault, RandomBytes, Store, Transaction
from aldaba.service.records import open_operator_secret, seal_operator_secret

ISSUER = "aldaba"
RECOVERY_CODES = 10
RECOVERY_BYTES = 10


@dataclass(frozen=True, slots=True)
class Invited:
    """``token`` goes into the one-time link, is kept nowhere and shown once."""

    name: str
    token: Secret
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Enrolling:
    """What the one who holds the link sees: his name, and the second factor as an ``otpauth://`` address."""

    name: str
    roles: tuple[str, ...]
    uri: Secret
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Enrolled:
    """``recovery_codes`` are shown once; each signs in once in place of the app's code."""

    name: str
    recovery_codes: tuple[Secret, ...]


@dataclass(frozen=True, slots=True)
class OperatorView:
    name: str
    roles: tuple[str, ...]
    state: str
    """``invited``, ``enabled``, ``locked`` or ``disabled``."""
    created_at: datetime
    last_sign_in: datetime | None
    locked_until: datetime | None
    recovery_codes_left: int


class OperatorAccounts:
    """Every change is recorded in the audit in the same act, and raises ``Refused`` when it cannot be."""

    def __init__(
        self,
        store: Store,
        vault: KeyVault,
        hasher: Hasher,
        policy: Policy,
        clock: Clock,
        random_bytes: RandomBytes,
        blocklist: frozenset[str],
        sign_in: OperatorSignIn,
    ) -> None:
        self._store = store
        self._vault = vault
        self._hasher = hasher
        self._policy = policy
        self._clock = clock
        self._random_bytes = random_bytes
        self._blocklist = blocklist
        self._sign_in = sign_in

    async def list(self) -> tuple[OperatorView, ...]:
        now = self._clock()
        return tuple(view_of(one, now) for one in await self._store.read(lambda query: query.operators.all()))

    async def invite(self, name: str, roles: frozenset[Role], reason: str, actor: str) -> Invited:
        """A new operator and the link that makes him one. Invited again, only the newest link serves."""
        if not is_operator_name(name):
            raise Refused(
                Reason.INVALID_REQUEST, "name", "2 to 32 lower-case letters, digits, dots or dashes"
            )
        if not roles:
            raise Refused(Reason.INVALID_REQUEST, "roles", "at least one role")
        token, invitation = self._invitation(name)
        now = self._clock()

        def act(transaction: Transaction) -> bool:
            found = transaction.operators.find(name)
            if found is not None and (found.password is not None or not found.enabled):
                return False
            since = now if found is None else found.created_at
            operator = Operator(name, roles, since, vouched_by=_vouchers(transaction, actor))
            transaction.operators.save(operator)
            transaction.operators.invite(invitation)
            self._record(transaction, operator, "invited", reason, actor)
            return True

        if not await self._store.run(act):
            raise Refused(Reason.RULE_BROKEN, "name", "an operator of that name exists")
        return Invited(name, token, invitation.expires_at)

    async def open_invitation(
        self, token: Secret, address: str | None, seen: Secret | None = None
    ) -> Enrolling:
        """A second factor drawn for this look alone, recorded: whoever looked before holds none of worth.

        Who brings as ``seen`` the ``uri`` that serves now is shown it again. Raises ``Refused``
        (``TOKEN_INVALID``) for a link that is unknown, used or expired.
        """
        invitation, operator = await self._invited(token)
        uri = Secret(otpauth_uri(self._seed(invitation), ISSUER, operator.name))
        if seen != uri:
            uri = await self._drawn_anew(invitation, address)
        return Enrolling(operator.name, tuple(sorted(operator.roles)), uri, invitation.expires_at)

    async def _drawn_anew(self, invitation: Invitation, address: str | None) -> Secret:
        seed, sealed = self._fresh_seed(invitation.operator)
        opened = replace(invitation, totp_seed=sealed)

        def act(transaction: Transaction) -> bool:
            current = transaction.operators.invitation(invitation.digest)
            operator = transaction.operators.find(invitation.operator)
            if current is None or operator is None:
                return False
            transaction.operators.invite(opened)
            self._record(transaction, operator, "opened", "", operator.name, address)
            return True

        if not await self._store.run(act):
            raise Refused(Reason.TOKEN_INVALID, "token")
        return Secret(otpauth_uri(seed, ISSUER, invitation.operator))

    async def accept(self, token: Secret, password: Secret, code: Secret, address: str | None) -> Enrolled:
        """Set the password, enrol the second factor shown, and use the link up.

        Raises ``Refused``: ``TOKEN_INVALID``; ``SECRET_UNFIT`` with the rule broken; ``CREDENTIAL_REFUSED``
        for a code that is not the app's.
        """
        invitation, operator = await self._invited(token)
        self._demand_fit(password, operator.name)
        now = self._clock()
        step = self._sign_in.step(self._seed(invitation), code)
        if step is None:
            raise Refused(Reason.CREDENTIAL_REFUSED, "code")
        sealed = await self._sealed(password, operator.name)
        codes = tuple(_readable(self._random_bytes(RECOVERY_BYTES)) for _ in range(RECOVERY_CODES))
        keyring = self._vault.keyring()
        digests = tuple(
            recovery_digest(keyring, operator.name, plain.replace("-", "").lower()) for plain in codes
        )
        enrolled = replace(
            opened(operator),
            password=sealed,
            totp_seed=invitation.totp_seed,
            last_step=step,
            recovery=digests,
            password_changed_at=now,
        )

        def act(transaction: Transaction) -> bool:
            current = transaction.operators.invitation(invitation.digest)
            found = transaction.operators.find(operator.name)
            # Opened again meanwhile, the factor proved is no longer the one shown.
            if current != invitation or found is None or not found.enabled:
                return False
            # Roles may have been changed since the link was looked at.
            transaction.operators.save(replace(enrolled, roles=found.roles, vouched_by=found.vouched_by))
            transaction.operators.take_back(operator.name)
            transaction.operators.end_sessions(operator.name)
            # Whoever had the link in hand may be who now stands here: four eyes and an auditor look at it.
            note = f"link handed to {', '.join(found.vouched_by)}" if found.vouched_by else ""
            self._record(transaction, found, "accepted", note, operator.name, address)
            return True

        if not await self._store.run(act):
            raise Refused(Reason.TOKEN_INVALID, "token")
        return Enrolled(operator.name, tuple(map(Secret, codes)))

    async def change_password(self, actor: Actor, current: Secret, new: Secret, code: Secret) -> None:
        """Prove both factors again, set another password and end every session of this operator's.

        Raises ``Refused``: ``SECRET_UNFIT`` with the rule, else as a sign-in does.
        """
        self._demand_fit(new, actor.name)
        proved = await self._sign_in.sign_in(actor.name, current, code, actor.address)
        sealed = await self._sealed(new, actor.name)
        now = self._clock()

        def act(transaction: Transaction) -> bool:
            operator = transaction.operators.find(actor.name)
            if operator is None or transaction.operators.session(proved.actor.handle) is None:
                return False
            changed = replace(operator, password=sealed, password_changed_at=now)
            transaction.operators.save(changed)
            transaction.operators.end_sessions(actor.name)
            self._record(transaction, changed, "password changed", "", actor.name, actor.address)
            return True

        if not await self._store.run(act):
            raise Refused(Reason.SESSION_EXPIRED)

    async def set_roles(self, name: str, roles: frozenset[Role], reason: str, actor: str) -> OperatorView:
        """Other roles; his sessions end, so that he comes back under a new id."""
        if not roles:
            raise Refused(Reason.INVALID_REQUEST, "roles", "at least one role")
        return await self._change(name, "roles", reason, actor, lambda _, found: replace(found, roles=roles))

    async def disable(self, name: str, reason: str, actor: str) -> OperatorView:
        """Let him in no more; his sessions end and a link he has is worth nothing."""
        now = self._clock()
        return await self._change(
            name,
            "disabled",
            reason,
            actor,
            lambda _, found: replace(found, disabled_at=found.disabled_at or now),
        )

    async def enable(self, name: str, reason: str, actor: str) -> OperatorView:
        """Let him in again, and lift a lock that failures brought about."""
        return await self._change(
            name,
            "enabled",
            reason,
            actor,
            lambda _, found: replace(opened(found), disabled_at=None),
        )

    async def reset_second_factor(self, name: str, reason: str, actor: str) -> Invited:
        """A new link that sets password and second factor anew; the old ones serve no more from now on."""
        token, invitation = self._invitation(name)

        def rule(transaction: Transaction, found: Operator) -> Operator:
            vouched_by = _vouchers(transaction, actor)
            return replace(found, password=None, totp_seed=None, recovery=(), vouched_by=vouched_by)

        await self._change(name, "second factor reset", reason, actor, rule, invitation)
        return Invited(name, token, invitation.expires_at)

    async def _change(
        self,
        name: str,
        action: str,
        reason: str,
        actor: str,
        rule: Callable[[Transaction, Operator], Operator],
        invitation: Invitation | None = None,
    ) -> OperatorView:
        def act(transaction: Transaction) -> Operator | None:
            found = transaction.operators.find(name)
            if found is None:
                return None
            changed = rule(transaction, found)
            transaction.operators.save(changed)
            transaction.operators.end_sessions(name)
            if invitation is not None:
                transaction.operators.invite(invitation)
            elif not changed.enabled:
                transaction.operators.take_back(name)
            self._record(transaction, changed, action, reason, actor)
            return changed

        changed = await self._store.run(act)
        if changed is None:
            raise Refused(Reason.NOT_FOUND, "name", "no operator of that name")
        return view_of(changed, self._clock())

    def _invitation(self, name: str) -> tuple[Secret, Invitation]:
        token = new_handle(self._random_bytes)
        # Nobody is shown this one; each opening of the link draws its own.
        _, sealed = self._fresh_seed(name)
        until = self._clock() + timedelta(hours=self._policy.operators.invitation_hours)
        return Secret(token), Invitation(handle_digest(token), name, sealed, until)

    async def _invited(self, token: Secret) -> tuple[Invitation, Operator]:
        text, now = token.reveal(), self._clock()
        digest = handle_digest(text) if text.isascii() and len(text) == TOKEN_LENGTH else b""

        def query(transaction: Transaction) -> tuple[Invitation, Operator] | None:
            invitation = transaction.operators.invitation(digest)
            if invitation is None or now >= invitation.expires_at:
                return None
            operator = transaction.operators.find(invitation.operator)
            return None if operator is None or not operator.enabled else (invitation, operator)

        found = await self._store.read(query)
        if found is None:
            raise Refused(Reason.TOKEN_INVALID, "token")
        return found

    def _seed(self, invitation: Invitation) -> bytes:
        keyring = self._vault.keyring()
        return bytes.fromhex(
            open_operator_secret(keyring, invitation.totp_seed, invitation.operator, "second-factor")
        )

    def _fresh_seed(self, name: str) -> tuple[bytes, str]:
        """In clear and sealed."""
        seed, keyring = self._random_bytes(SEED_BYTES), self._vault.keyring()
        return seed, seal_operator_secret(keyring, seed.hex(), name, "second-factor", self._random_bytes)

    def _demand_fit(self, password: Secret, name: str) -> None:
        rules = replace(MODERN.password, min_length=self._policy.operators.password_min_length)
        policy = replace(MODERN, password=rules, secret=self._policy.secret)
        personal = PersonalData((name,), (), lambda _: False)
        broken = judge_password(password.reveal(), policy, personal, self._blocklist)
        if broken is not None:
            raise Refused(Reason.SECRET_UNFIT, "password", broken.value)

    async def _sealed(self, password: Secret, name: str) -> str:
        phc = await self._hasher.hash(password)
        return seal_operator_secret(self._vault.keyring(), phc, name, "password", self._random_bytes)

    def _record(
        self,
        act: Transaction,
        operator: Operator,
        action: str,
        note: str,
        actor: str,
        address: str | None = None,
    ) -> None:
        payload = OperatorChanged(operator.name, action, tuple(sorted(operator.roles)), note)
        act.audit.record(
            Event(EventType.OPERATOR_CHANGED, self._clock(), payload, actor=actor, address=address)
        )


def view_of(operator: Operator, now: datetime) -> OperatorView:
    """What may be seen of an operator: no secret, no digest of one."""
    state = "enabled"
    if not operator.enabled:
        state = "disabled"
    elif operator.password is None:
        state = "invited"
    elif operator.locked(now):
        state = "locked"
    return OperatorView(
        operator.name,
        tuple(sorted(operator.roles)),
        state,
        operator.created_at,
        operator.last_sign_in,
        operator.locked_until if operator.locked(now) and not operator.shut_out else None,
        len(operator.recovery),
    )


def _vouchers(transaction: Transaction, actor: str) -> tuple[str, ...]:
    """As things stand when the link is handed out: what becomes of the actor later frees nobody he made."""
    holder = transaction.operators.find(actor)
    return (actor,) if holder is None else holder.hand


def _readable(drawn: bytes) -> str:
    """Eighty bits as four groups of four letters and digits."""
    text = base64.b32encode(drawn).decode("ascii").lower()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))
