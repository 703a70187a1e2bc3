"""Operators' use cases on tokens: import, assign, activate, resynchronise, unlock, revoke, and enrolment."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from aldaba.crypto import ocra
from aldaba.crypto.digests import Secret
from aldaba.domain.lockout import Lifter
from aldaba.domain.policy import Policy
from aldaba.domain.refusals import HouseUnavailable, Reason, Refused
from aldaba.domain.token import (
    OTP_QUESTION,
    BadToken,
    Fits,
    Moment,
    Token,
    TokenAct,
    TokenRecord,
    TokenStatus,
    assigned,
    moved,
    resynchronised,
    unlocked,
)
from aldaba.service.audit import Event, EventType, TokenChanged
from aldaba.service.ports import Clock, KeyVault, RandomBytes, Store, Transaction
from aldaba.service.records import open_token_seed, seal_token_seed
from aldaba.service.token_suites import moving_of, serviceable_suite

SERIAL = "serial"
NOT_TAKEN = "the house went away before it was known to be taken: import it again"


@dataclass(frozen=True, slots=True)
class TokensImported:
    accepted: int
    refused: tuple[BadToken, ...]


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a soft-token app is shown once: everything it needs to compute responses."""

    serial: str
    suite: str
    seed: Secret

    def uri(self) -> Secret:
        """For a QR code: ``aldaba-ocra://enrol?serial=…&suite=…&seed=HEX``."""
        return Secret(
            f"aldaba-ocra://enrol?serial={self.serial}&suite={self.suite}&seed={self.seed.reveal()}"
        )


class TokenAdministration:
    """Every change is recorded in the audit in the same act, and raises ``Refused`` when it cannot be."""

    def __init__(
        self, store: Store, vault: KeyVault, policy: Policy, clock: Clock, random_bytes: RandomBytes
    ) -> None:
        self._store = store
        self._vault = vault
        self._policy = policy
        self._clock = clock
        self._random_bytes = random_bytes

    async def import_tokens(self, records: Iterable[TokenRecord | BadToken], actor: str) -> TokensImported:
        """Take delivered tokens in, unassigned; a serial that is there already is refused.

        One act each, so that a long delivery holds nobody up. Where the store goes away after some were
        taken, the rest stand among the refused; before any, ``HouseUnavailable`` is raised.
        """
        accepted, refused, broken_off = 0, list[BadToken](), False
        for record in records:
            if isinstance(record, BadToken):
                refused.append(record)
                continue
            bad: BadToken | None = BadToken(record.serial, NOT_TAKEN)
            if not broken_off:
                try:
                    bad = await self._import(record, actor)
                except HouseUnavailable:
                    if not accepted:
                        raise
                    broken_off = True
            if bad is None:
                accepted += 1
            else:
                refused.append(bad)
        return TokensImported(accepted, tuple(refused))

    async def _import(self, record: TokenRecord, actor: str) -> BadToken | None:
        suite = record.suite or self._policy.challenge.suite
        if not serviceable_suite(suite):
            return BadToken(record.serial, "a suite that this house cannot serve")
        moving = moving_of(ocra.parse_suite(suite))
        sealed = seal_token_seed(self._vault.keyring(), record.secret, record.serial, self._random_bytes)
        token = Token(
            record.serial,
            record.kind,
            suite,
            sealed,
            TokenStatus.BASIC,
            counter=record.counter if moving.counted else 0,
            drift=0 if moving.step_seconds is None else record.drift,
        )

        def act(transaction: Transaction) -> BadToken | None:
            if transaction.tokens.find(token.serial) is not None:
                return BadToken(token.serial, "the serial is there already")
            self._save(transaction, token, "imported", actor)
            return None

        return await self._store.run(act)

    async def assign(self, serial: str, customer_id: str, actor: str) -> Token:
        """Give a free token to a customer who has none; a soft one is to be enrolled and activated next."""

        def rule(transaction: Transaction, token: Token) -> Token | None:
            if (
                transaction.customers.find(customer_id) is None
                or transaction.tokens.of(customer_id) is not None
            ):
                return None
            return assigned(token, customer_id)

        return await self._change(serial, "assigned", actor, rule)

    async def act(self, serial: str, act: TokenAct, actor: str) -> Token:
        """Move a token to its next state. Raises ``Refused`` where its state does not allow it."""
        return await self._change(serial, act.value, actor, lambda _, token: moved(token, act))

    async def revoke(self, serial: str, actor: str) -> Token:
        return await self.act(serial, TokenAct.REVOKE, actor)

    async def unlock(self, serial: str, lifter: Lifter, actor: str) -> Token:
        """Lift a token's lock, if this lifter may."""
        return await self._change(serial, "unlocked", actor, lambda _, token: unlocked(token, lifter))

    async def resynchronise(self, serial: str, first: Secret, second: Secret, actor: str) -> Token:
        """Find a token again by two consecutive one-time codes. Raises ``Refused`` when they do not fit."""

        def rule(_: Transaction, token: Token) -> Token | None:
            moving = moving_of(ocra.parse_suite(token.suite))
            one, two = self._fits(token, first), self._fits(token, second)
            return resynchronised(token, moving, self._clock(), self._policy.challenge, one, two)

        return await self._change(serial, "resynchronised", actor, rule)

    def _fits(self, token: Token, given: Secret) -> Fits:
        suite = ocra.parse_suite(token.suite)
        seed = open_token_seed(self._vault.keyring(), token.sealed_secret, token.serial)

        def fits(moment: Moment) -> bool:
            return ocra.matches(
                suite,
                seed,
                given.reveal(),
                question=OTP_QUESTION,
                counter=moment.counter,
                timestamp_steps=moment.step,
            )

        return fits

    async def enrol(self, serial: str, actor: str) -> Enrolment:
        """A pre-assigned soft token's seed, made anew, to be shown once; the one before no longer serves."""
        seed = self._random_bytes(32)
        sealed = seal_token_seed(self._vault.keyring(), seed, serial, self._random_bytes)

        def rule(_: Transaction, token: Token) -> Token | None:
            if token.status is not TokenStatus.SOFT_PRE_ASSIGNED:
                return None
            return replace(token, sealed_secret=sealed, counter=0, last_step=-1, drift=0)

        token = await self._change(serial, "enrolled", actor, rule)
        return Enrolment(token.serial, token.suite, Secret(seed.hex().upper()))

    async def show(self, customer_id: str) -> Token | None:
        return await self._store.read(lambda query: query.tokens.of(customer_id))

    async def response(self, customer_id: str, question: str) -> str | None:
        """What the customer's token shows now: for a sandbox's simulator alone."""
        token = await self.show(customer_id)
        if token is None:
            return None
        suite, moving = ocra.parse_suite(token.suite), moving_of(ocra.parse_suite(token.suite))
        seed = open_token_seed(self._vault.keyring(), token.sealed_secret, token.serial)
        seconds = moving.step_seconds
        step = None if seconds is None else int(self._clock().timestamp()) // seconds + token.drift
        counter = token.counter if moving.counted else None
        try:
            return ocra.response(suite, seed, question=question, counter=counter, timestamp_steps=step)
        except ocra.UnfitInput:
            return None

    async def _change(
        self, serial: str, action: str, actor: str, rule: Callable[[Transaction, Token], Token | None]
    ) -> Token:
        def act(transaction: Transaction) -> Token | Reason:
            token = transaction.tokens.find(serial)
            if token is None:
                return Reason.NOT_FOUND
            changed = rule(transaction, token)
            if changed is None:
                return Reason.RULE_BROKEN
            self._save(transaction, changed, action, actor)
            return changed

        outcome = await self._store.run(act)
        if isinstance(outcome, Reason):
            raise Refused(outcome, SERIAL)
        return outcome

    def _save(self, transaction: Transaction, token: Token, action: str, actor: str) -> None:
        transaction.tokens.save(token)
        payload = TokenChanged(token.serial, action, token.status.value)
        event = Event(
            EventType.TOKEN_CHANGED, self._clock(), payload, customer_id=token.customer_id, actor=actor
        )
        transaction.audit.record(event)
