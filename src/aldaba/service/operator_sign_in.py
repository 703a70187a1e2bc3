"""Operators sign in with password and one-time code; their sessions, and what ends them."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aldaba.crypto.base64text import encode_url
from aldaba.crypto.digests import Secret, equal, handle_digest, keyed_digest, new_handle
from aldaba.crypto.keyring import Keyring
from aldaba.crypto.totp import fitting_step, step_of
from aldaba.domain.addresses import counted_as
from aldaba.domain.operators import (
    Actor,
    Operator,
    OperatorSession,
    charged,
    is_operator_name,
    no_code_missed,
    signed_in,
    uncharged,
)
from aldaba.domain.policy import OperatorPolicy
from aldaba.domain.quotas import Window, stretch
from aldaba.domain.refusals import HouseUnavailable, Reason, Refused
from aldaba.service.audit import Event, EventType, OperatorSignedIn, OperatorSignedOut
from aldaba.service.lookup_digests import recovery_digests
from aldaba.service.ports import Clock, Hasher, KeyVault, RandomBytes, Store, Transaction
from aldaba.service.records import open_operator_secret

LONGEST_CODE = 32
LONGEST_PASSWORD = 128
TOKEN_LENGTH = 43
ADDRESS_SECONDS = 600
MINUTE = 60


@dataclass(frozen=True, slots=True)
class SignedIn:
    """``token`` is the session's, kept nowhere; ``csrf`` goes with every act a browser asks for."""

    token: Secret
    csrf: Secret
    actor: Actor
    expires_at: datetime
    recovery_codes_left: int


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A charged sign-in; where ``cause`` says why it cannot be right, it is verified all the same."""

    operator: Operator | None
    cause: str | None
    charged_at: datetime


class OperatorSignIn:
    """Every door opens and checks operators' sessions here; all failures look and cost the same.

    ``phone_clock`` is the time that authenticator apps see, which a sandbox does not move.
    """

    def __init__(
        self,
        store: Store,
        vault: KeyVault,
        hasher: Hasher,
        rules: OperatorPolicy,
        clock: Clock,
        random_bytes: RandomBytes,
        phone_clock: Clock,
    ) -> None:
        self._store = store
        self._vault = vault
        self._hasher = hasher
        self._rules = rules
        self._clock = clock
        self._random_bytes = random_bytes
        self._phone_clock = phone_clock

    async def sign_in(self, name: str, password: Secret, code: Secret, address: str | None) -> SignedIn:
        """A new session, with an id of its own; ``code`` is the app's or a recovery code.

        Raises ``Refused``: ``AUTHENTICATION_FAILED`` whatever was wrong, ``DAY_LIMIT`` for an address that
        failed too often. ``HouseUnavailable`` is nobody's failure and not counted.
        """
        attempt = await self._store.run(lambda act: self._charge(act, name, address))
        if attempt is None:
            raise Refused(Reason.DAY_LIMIT)
        try:
            proved = await self._proved(attempt.operator, password)
        except HouseUnavailable:
            # Nothing was guessed: an overload locks nobody out, whoever brought it about.
            await self._store.run(lambda act: self._uncharge(act, attempt, address))
            raise
        token = new_handle(self._random_bytes)
        entered = await self._store.run(
            lambda act: self._enter(act, attempt, name, code, token, address, proved=proved)
        )
        if entered is None:
            raise Refused(Reason.AUTHENTICATION_FAILED)
        operator, session = entered
        actor = Actor(operator.name, operator.roles, session.handle, address)
        return SignedIn(
            Secret(token), csrf_of(Secret(token)), actor, session.expires_at, len(operator.recovery)
        )

    async def admit(self, token: Secret, address: str | None) -> Actor:
        """Whose live session this is, its idle time begun again.

        Raises ``Refused``: ``SESSION_EXPIRED`` for whatever is no live session, ``DAY_LIMIT`` for an operator
        that asks too often.
        """
        found = await self._store.run(lambda act: self._admitted(act, handle_of(token), address))
        if isinstance(found, Reason):
            raise Refused(found)
        return found

    async def alive(self, token: Secret) -> bool:
        """Whether it is a live session's: a look alone, which neither counts nor prolongs anything."""
        handle = handle_of(token)

        def query(transaction: Transaction) -> bool:
            return self._standing(transaction, handle) is not None

        return await self._store.read(query)

    async def sign_out(self, actor: Actor) -> None:
        def act(transaction: Transaction) -> None:
            transaction.operators.end_session(actor.handle)
            payload = OperatorSignedOut(actor.name)
            transaction.audit.record(
                self._event(EventType.OPERATOR_SIGNED_OUT, payload, actor.name, actor.address)
            )

        await self._store.run(act)

    def fits(self, operator: Operator, code: Secret, keyring: Keyring) -> Operator | None:
        """The operator with this code used up, the app's or a recovery code; None where it is neither."""
        given = code.reveal()
        if operator.totp_seed is None or len(given) > LONGEST_CODE:
            return None
        seed = bytes.fromhex(
            open_operator_secret(keyring, operator.totp_seed, operator.name, "second-factor")
        )
        step = self.step(seed, code, operator.last_step)
        if step is not None:
            return replace(operator, last_step=step)
        digests = recovery_digests(keyring, operator.name, given.replace("-", "").lower())
        left = tuple(kept for kept in operator.recovery if not any(equal(kept, each) for each in digests))
        return replace(operator, recovery=left) if len(left) < len(operator.recovery) else None

    def step(self, seed: bytes, code: Secret, after: int = -1) -> int | None:
        """The time step whose code this is, by the time on operators' phones; None where there is none."""
        given = code.reveal()
        if len(given) > LONGEST_CODE:
            return None
        return fitting_step(seed, given, step_of(self._phone_clock().timestamp()), after)

    async def _proved(self, operator: Operator | None, password: Secret) -> bool:
        sealed = None if operator is None else operator.password
        phc = None
        if operator is not None and sealed is not None:
            phc = open_operator_secret(self._vault.keyring(), sealed, operator.name, "password")
        # An overlong one is wrong, and costs what a wrong one costs.
        fitting = password if len(password.reveal()) <= LONGEST_PASSWORD else Secret("")
        return await self._hasher.verify(phc, fitting)

    def _charge(self, act: Transaction, name: str, address: str | None) -> _Attempt | None:
        now = self._clock()
        window = _address_window(address, now)
        if act.quotas.count(window.name, window.ends_at, now) > self._rules.address_failures:
            act.quotas.count(window.name, window.ends_at, now, by=-1)
            self._tell(act, "address limit", address, None)
            return None
        # What can be no name never reaches the store: PostgreSQL refuses a NUL, and the count would be lost.
        operator = act.operators.find(name) if is_operator_name(name) else None
        if operator is None:
            return _Attempt(None, "unknown", now)
        if not operator.enabled:
            return _Attempt(operator, "disabled", now)
        if operator.password is None or operator.totp_seed is None:
            return _Attempt(operator, "not enrolled", now)
        after = charged(operator, now, self._rules)
        if after is None:
            return _Attempt(operator, "locked", now)
        act.operators.save(after)
        return _Attempt(operator, None, now)

    def _uncharge(self, act: Transaction, attempt: _Attempt, address: str | None) -> None:
        now = self._clock()
        window = _address_window(address, attempt.charged_at)
        act.quotas.count(window.name, window.ends_at, now, by=-1)
        operator = None if attempt.operator is None else act.operators.find(attempt.operator.name)
        if operator is not None and attempt.cause is None:
            act.operators.save(uncharged(operator, self._rules))
        self._tell(act, "unavailable", address, operator)

    def _enter(
        self,
        act: Transaction,
        attempt: _Attempt,
        name: str,
        code: Secret,
        token: str,
        address: str | None,
        *,
        proved: bool,
    ) -> tuple[Operator, OperatorSession] | None:
        now = self._clock()
        before, cause = attempt.operator, attempt.cause
        current = None if before is None else act.operators.find(name)
        # Whoever was disabled or got another password meanwhile does not come in on the old one.
        same = before is not None and current is not None and current.password == before.password
        if cause is None and not (same and current is not None and current.enabled):
            cause = "changed meanwhile"
        if cause is None and not proved and current is not None:
            cause = "password"
            act.operators.save(no_code_missed(current))
        used = None if current is None else self.fits(current, code, self._vault.keyring())
        if cause is None and used is None:
            cause = "code"
        self._tell(act, cause or "right", address, current)
        if cause is not None or used is None:
            return None
        operator = signed_in(used, now)
        act.operators.save(operator)
        window = _address_window(address, now)
        act.quotas.count(window.name, window.ends_at, now, by=-1)
        handle = handle_digest(token).hex()
        until = now + timedelta(seconds=self._rules.absolute_seconds)
        session = OperatorSession(handle, name, now, now, until, address)
        act.operators.place_session(session)
        return operator, session

    def _admitted(self, act: Transaction, handle: str | None, address: str | None) -> Actor | Reason:
        now = self._clock()
        standing = self._standing(act, handle)
        if standing is None:
            return Reason.SESSION_EXPIRED
        operator, session = standing
        window = stretch("operator", operator.name, now, MINUTE)
        if act.quotas.count(window.name, window.ends_at, now) > self._rules.requests_per_minute:
            return Reason.DAY_LIMIT
        act.operators.place_session(replace(session, touched_at=now))
        return Actor(operator.name, operator.roles, session.handle, address)

    def _standing(self, act: Transaction, handle: str | None) -> tuple[Operator, OperatorSession] | None:
        session = None if handle is None else act.operators.session(handle)
        operator = None if session is None else act.operators.find(session.operator)
        if session is None or operator is None or not operator.enabled:
            return None
        return (operator, session) if session.alive(self._clock(), self._rules) else None

    def _tell(self, act: Transaction, outcome: str, address: str | None, operator: Operator | None) -> None:
        # What an unknown person typed as a name may be a password; only names there are stand in the audit.
        known = "" if operator is None else operator.name
        roles = () if operator is None else tuple(sorted(operator.roles))
        payload = OperatorSignedIn(known, outcome, roles)
        act.audit.record(self._event(EventType.OPERATOR_SIGNED_IN, payload, known or None, address))

    def _event(
        self,
        kind: EventType,
        payload: OperatorSignedIn | OperatorSignedOut,
        name: str | None,
        address: str | None,
    ) -> Event:
        return Event(kind, self._clock(), payload, actor=name, address=address)


def handle_of(token: Secret) -> str | None:
    """What a session is kept under; None for what cannot be a token of ours."""
    text = token.reveal()
    fits = text.isascii() and len(text) == TOKEN_LENGTH
    return handle_digest(text).hex() if fits else None


def csrf_of(token: Secret) -> Secret:
    """What proves that an act comes from the page the session was opened on; derived from its token."""
    return Secret(encode_url(keyed_digest(token.reveal().encode("utf-8"), "operator csrf", "")))


def _address_window(address: str | None, now: datetime) -> Window:
    return stretch("operator sign-in", counted_as(address or "unknown"), now, ADDRESS_SECONDS)
