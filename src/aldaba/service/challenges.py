"""Challenge and response: a question for the customer's token, and the judgement of its answer."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from aldaba.crypto.digests import Secret
from aldaba.domain.policy import Policy
from aldaba.domain.refusals import Reason, Refused
from aldaba.domain.session import challenge_passed
from aldaba.domain.token import ACTIVE, issue, tried, untried
from aldaba.service.audit import ChallengeIssued, ChallengeTried, Event, EventType
from aldaba.service.calls import Call
from aldaba.service.charges import Charges
from aldaba.service.ports import RandomBytes, Store, Transaction
from aldaba.service.subjects import Subjects
from aldaba.service.token_codes import Beside, Response, TokenCodes, Trial

QUESTION = "challengeQuestion"


@dataclass(frozen=True, slots=True)
class AnswerChallenge:
    question: str
    response: Secret


class Challenges:
    """Asks an authenticated customer's token, and judges what it answers."""

    def __init__(
        self,
        store: Store,
        subjects: Subjects,
        tokens: TokenCodes,
        policy: Policy,
        random_bytes: RandomBytes,
    ) -> None:
        self._store = store
        self._subjects = subjects
        self._tokens = tokens
        self._policy = policy
        self._random_bytes = random_bytes

    async def retrieve(self, call: Call) -> str:
        """A fresh question; it takes the place of one outstanding.

        Raises ``Refused``: no active token, token locked.
        """
        token = await self._store.read(lambda query: query.tokens.of(call.subject.customer_id))
        if token is None or token.status not in ACTIVE:
            raise Refused(Reason.NOT_FOUND)
        if token.guard.lock is not None:
            raise Refused(Reason.RULE_BROKEN)
        drawn = int.from_bytes(self._random_bytes(16), "big")
        challenge = issue(drawn, call.now, self._policy.challenge)
        event = call.event(EventType.CHALLENGE_ISSUED, ChallengeIssued(token.serial))

        def act(transaction: Transaction) -> bool:
            session = transaction.sessions.find(call.the_session.handle)
            if session is None:
                return False
            transaction.sessions.place(replace(session, challenge=challenge))
            transaction.audit.record(event)
            return True

        if not await self._store.run(act):
            raise Refused(Reason.UNAUTHORIZED, "sid")
        return challenge.question

    async def validate(self, call: Call, command: AnswerChallenge) -> None:
        """Judge the answer; a right one makes the session strongly authenticated for a while.

        Raises ``Refused``: no token (any more), not the outstanding question, wrong, token locked. Raises
        ``BackendFailed`` when the directory cannot tell the customer's standing; then nothing is charged.
        """
        token = await self._store.read(lambda query: query.tokens.of(call.subject.customer_id))
        if token is None or token.status not in ACTIVE:
            raise Refused(Reason.NOT_FOUND)
        found = await self._subjects.again(call.subject)
        if found.barred:
            raise Refused(Reason.RULE_BROKEN)
        async with Charges() as charges:
            beside = Beside(
                lambda act: self._reserve(act, call, command.question),
                lambda act: self._give_back(act, call, command.question),
            )
            trial = await self._tokens.begin(call, command.response, command.question, beside)
            charges.hold(lambda: self._tokens.withdraw(trial))
            if trial.refused:
                await self._told(call, token.serial, "not outstanding")
                raise Refused(Reason.RULE_BROKEN, QUESTION)
            judging = self._judging(call, command, token.serial, trial)
            response, passed = await charges.settled(self._store.run(judging))
        match response:
            case Response.WRONG:
                raise Refused(Reason.AUTHENTICATION_FAILED)
            case Response.LOCKED | Response.LOCKED_NOW:
                raise Refused(Reason.RULE_BROKEN, wrong=response is Response.LOCKED_NOW)
            case Response.NO_TOKEN:
                raise Refused(Reason.NOT_FOUND)
        if not passed:
            raise Refused(Reason.RULE_BROKEN, QUESTION)

    def _judging(
        self, call: Call, command: AnswerChallenge, serial: str, trial: Trial
    ) -> Callable[[Transaction], tuple[Response, bool]]:
        """The act: the response spent or counted, told, and the challenge passed by a right one."""

        def act(transaction: Transaction) -> tuple[Response, bool]:
            response = self._tokens.settle(transaction, call, trial)
            passed = response is Response.RIGHT and self._consume(transaction, call, command.question)
            outcome = "used" if response is Response.RIGHT and not passed else response.value
            transaction.audit.record(_tried_event(call, serial, outcome))
            return response, passed

        return act

    def _reserve(self, act: Transaction, call: Call, question: str) -> bool:
        """Charge a try of this challenge, before the answer is looked at."""
        session = act.sessions.find(call.the_session.handle)
        if session is None:
            return False
        charged = tried(session.challenge, question, call.now, self._policy.challenge)
        if charged is None:
            return False
        act.sessions.place(replace(session, challenge=charged))
        return True

    def _give_back(self, act: Transaction, call: Call, question: str) -> None:
        session = act.sessions.find(call.the_session.handle)
        given_back = None if session is None else untried(session.challenge, question)
        if session is not None and given_back is not None:
            act.sessions.place(replace(session, challenge=given_back))

    def _consume(self, act: Transaction, call: Call, question: str) -> bool:
        """A challenge is good once: whoever comes second finds it gone."""
        session = act.sessions.find(call.the_session.handle)
        rules = self._policy.session
        passed = None if session is None else challenge_passed(session, question, call.now, rules)
        if passed is None:
            return False
        act.sessions.place(passed)
        return True

    async def _told(self, call: Call, serial: str, outcome: str) -> None:
        event = _tried_event(call, serial, outcome)
        await self._store.run(lambda act: act.audit.record(event))


def _tried_event(call: Call, serial: str, outcome: str) -> Event:
    payload = ChallengeTried(serial, outcome, locked_now=outcome == Response.LOCKED_NOW)
    return call.event(EventType.CHALLENGE_TRIED, payload)
