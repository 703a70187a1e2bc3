"""Responses of a customer's token: reserved before they are computed, verified, and spent in one act."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from aldaba.crypto import ocra
from aldaba.crypto.digests import Secret
from aldaba.domain.lockout import Reserved, Settlement, reserve, settle
from aldaba.domain.policy import Policy
from aldaba.domain.refusals import HouseUnavailable, Reason, Refused
from aldaba.domain.token import (
    ACTIVE,
    OTP_QUESTION,
    Moment,
    Token,
    TokenStatus,
    accepted,
    fitting,
    lockout_rules,
    moments,
    otp_accepted,
    otp_moments,
    strayed,
)
from aldaba.service.calls import Call
from aldaba.service.charges import Charges
from aldaba.service.patience import until_free
from aldaba.service.ports import KeyVault, Pause, RandomBytes, Store, Transaction
from aldaba.service.records import open_token_seed
from aldaba.service.token_suites import moving_of


class Response(StrEnum):
    """How a response fared."""

    RIGHT = "right"
    WRONG = "wrong"
    LOCKED = "token locked"
    LOCKED_NOW = "token locked by this one"
    NO_TOKEN = "no token"


@dataclass(frozen=True, slots=True)
class Beside:
    """Another count of the same try, kept elsewhere: charged and given back in the same acts.

    ``charge`` answers False, and changes nothing, where it allows no try.
    """

    charge: Callable[[Transaction], bool]
    give_back: Callable[[Transaction], object]


@dataclass(frozen=True, slots=True)
class _Tried:
    """The token with the try reserved, if its guard granted one; None where there is no active token.

    ``beside`` is what was charged beside it and is still to be given back.
    """

    id: str
    token: Token | None
    answer: Reserved
    beside: Beside | None = None
    refused: bool = False

    @property
    def granted(self) -> bool:
        return self.token is not None and self.answer is Reserved.GRANTED


@dataclass(frozen=True, slots=True)
class _Judged:
    """The moment a response fits, or None and whether it would have fitted further out."""

    moment: Moment | None
    strays: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """A response looked at and not yet counted: to be settled inside an act, or withdrawn."""

    tried: _Tried
    judged: _Judged
    question: str | None
    at: datetime

    @property
    def refused(self) -> bool:
        """The other count allowed no try, so nothing was charged and nothing looked at."""
        return self.tried.refused

    @property
    def fits(self) -> bool:
        """Whether it is right, unless somebody spends it before this one is settled."""
        return self.judged.moment is not None


class TokenCodes:
    """Verifies what a hard or soft token shows."""

    def __init__(
        self, store: Store, vault: KeyVault, policy: Policy, pause: Pause, random_bytes: RandomBytes
    ) -> None:
        self._store = store
        self._vault = vault
        self._policy = policy
        self._pause = pause
        self._random_bytes = random_bytes
        self._rules = lockout_rules(policy.challenge, policy.lockout)

    async def check(self, customer_id: str, *, hard: bool, soft: bool) -> None:
        """Whether the customer holds such a token, active, unlocked and able to give codes by itself.

        Raises ``Refused`` (``RULE_BROKEN``, location ``authType``).
        """
        token = await self._store.read(lambda query: query.tokens.of(customer_id))
        wanted = {TokenStatus.HARD_ACTIVE: hard, TokenStatus.SOFT_ACTIVE: soft}
        if token is None or not wanted.get(token.status, False) or token.guard.lock is not None:
            raise Refused(Reason.RULE_BROKEN, "authType")
        if not moving_of(ocra.parse_suite(token.suite)).alone:
            raise Refused(Reason.RULE_BROKEN, "authType")

    async def begin(
        self, call: Call, given: Secret, question: str | None = None, beside: Beside | None = None
    ) -> Trial:
        """Charge a try and look at a response: to a challenge or, without one, a code of the token's own.

        It is settled in an act of the caller's, together with what it leads to; a fault of ours withdraws it.
        """
        async with Charges() as charges:
            tried = await until_free(
                lambda: charges.made(
                    self._reserved(call, beside),
                    lambda tried: self._given_back(tried, call.now),
                ),
                lambda tried: tried.answer is Reserved.WAIT,
                self._pause,
                self._policy.lockout.wait_seconds,
            )
            judged = _Judged(None, strays=False)
            if tried.token is not None and tried.granted:
                judged = self._judge(tried.token, given, question, call.now)
        return Trial(tried, judged, question, call.now)

    def settle(self, act: Transaction, call: Call, trial: Trial) -> Response:
        """Inside an act: the response is spent if it is right, counted if it is not; a lock is told."""
        tried, judged = trial.tried, trial.judged
        if tried.token is None:
            return Response.NO_TOKEN
        if tried.answer is not Reserved.GRANTED:
            return Response.LOCKED
        token = self._again(act, tried)
        spend = otp_accepted if trial.question is None else accepted
        after = None if judged.moment is None else spend(token, judged.moment)
        if after is not None:
            act.tokens.save(self._settled(after, tried, Settlement.RIGHT, trial.at))
            return Response.RIGHT
        token = replace(token, resyncing=token.resyncing or judged.strays)
        failed = self._settled(token, tried, Settlement.WRONG, trial.at)
        act.tokens.save(failed)
        if failed.guard.lock is None:
            return Response.WRONG
        act.notices.add(call.notice("token-locked", call.subject.customer_id))
        return Response.LOCKED_NOW

    async def withdraw(self, trial: Trial) -> None:
        """Give the try back: the fault was ours. Raises ``HouseUnavailable``; then it runs out."""
        await self._given_back(trial.tried, trial.at)

    async def _given_back(self, tried: _Tried, at: datetime) -> None:
        def act(transaction: Transaction) -> None:
            if tried.granted:
                token = self._again(transaction, tried)
                transaction.tokens.save(self._settled(token, tried, Settlement.WITHDRAWN, at))
            if tried.beside is not None:
                tried.beside.give_back(transaction)

        if tried.granted or tried.beside is not None:
            await self._store.run(act)

    async def _reserved(self, call: Call, beside: Beside | None) -> _Tried:
        attempt_id = self._random_bytes(9).hex()
        try:
            return await self._store.run(lambda act: self._reserve(act, call, attempt_id, beside))
        except HouseUnavailable:
            # Where sessions are kept apart, the token's try may be durable and only the session's not.
            with suppress(HouseUnavailable):
                await self._store.run(lambda act: self._withdraw(act, call, attempt_id))
            raise

    def _withdraw(self, act: Transaction, call: Call, attempt_id: str) -> None:
        token = act.tokens.of(call.subject.customer_id)
        if token is not None:
            tried = _Tried(attempt_id, token, Reserved.GRANTED)
            act.tokens.save(self._settled(token, tried, Settlement.WITHDRAWN, call.now))

    def _reserve(self, act: Transaction, call: Call, attempt_id: str, beside: Beside | None) -> _Tried:
        if beside is not None and not beside.charge(act):
            return _Tried(attempt_id, None, Reserved.LOCKED, refused=True)
        token = act.tokens.of(call.subject.customer_id)
        if token is None or token.status not in ACTIVE:
            return _Tried(attempt_id, None, Reserved.LOCKED, beside)
        guard, answer = reserve(token.guard, attempt_id, call.now, self._rules, self._policy.zone)
        token = replace(token, guard=guard)
        act.tokens.save(token)
        if answer is Reserved.WAIT and beside is not None:
            beside.give_back(act)  # whoever waits comes again, and is charged then
            beside = None
        return _Tried(attempt_id, token, answer, beside)

    def _judge(self, token: Token, given: Secret, question: str | None, now: datetime) -> _Judged:
        suite = ocra.parse_suite(token.suite)
        rules, moving = self._policy.challenge, moving_of(suite)
        fits = self._fits(token, suite, given, question or OTP_QUESTION)
        candidates = otp_moments if question is None else moments
        moment = fitting(candidates(token, moving, now, rules), fits)
        if moment is not None:
            return _Judged(moment, strays=False)
        return _Judged(None, strayed(token, moving, now, rules, fits).resyncing)

    def _fits(
        self, token: Token, suite: ocra.Suite, given: Secret, question: str
    ) -> Callable[[Moment], bool]:
        seed = open_token_seed(self._vault.keyring(), token.sealed_secret, token.serial)
        return lambda moment: ocra.matches(
            suite,
            seed,
            given.reveal(),
            question=question,
            counter=moment.counter,
            timestamp_steps=moment.step,
        )

    def _again(self, act: Transaction, tried: _Tried) -> Token:
        if tried.token is None:
            raise LookupError("a response was judged without a token")
        return act.tokens.find(tried.token.serial) or tried.token

    def _settled(self, token: Token, tried: _Tried, settlement: Settlement, now: datetime) -> Token:
        guard = settle(token.guard, tried.id, settlement, now, self._rules, self._policy.zone)
        return replace(token, guard=guard)
