"""Challenge and response: a question for the customer's token, and the judgement of its answer."""

from dataclasses import dataclass, replace

from aldaba.crypto.digests import Secret
from aldaba.domain.customer import Customer
from aldaba.domain.policy import Policy
from aldaba.domain.refusals import Reason, Refused
from aldaba.domain.session import Session, challenge_passed
from aldaba.domain.token import ACTIVE, issue, tried
from aldaba.service.audit import ChallengeIssued, ChallengeTried, EventType
from aldaba.service.calls import Call
from aldaba.service.ports import RandomBytes, Sessions, Store
from aldaba.service.subjects import Subjects
from aldaba.service.token_codes import Response, TokenCodes

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
        sessions: Sessions,
        subjects: Subjects,
        tokens: TokenCodes,
        policy: Policy,
        random_bytes: RandomBytes,
    ) -> None:
        self._store = store
        self._sessions = sessions
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
        asked = await self._sessions.change(
            call.the_session.handle, lambda session: replace(session, challenge=challenge)
        )
        if asked is None:
            raise Refused(Reason.UNAUTHORIZED, "sid")
        event = call.event(EventType.CHALLENGE_ISSUED, ChallengeIssued(token.serial))
        await self._store.run(lambda act: act.audit.record(event))
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
        if found.customer is None or not _in_standing(found.customer):
            raise Refused(Reason.RULE_BROKEN)
        if not await self._reserve(call, command.question):
            await self._told(call, token.serial, "not outstanding")
            raise Refused(Reason.RULE_BROKEN, QUESTION)
        response = await self._tokens.verify(call, command.response, command.question)
        await self._told(call, token.serial, response.value)
        match response:
            case Response.WRONG:
                raise Refused(Reason.AUTHENTICATION_FAILED)
            case Response.LOCKED | Response.LOCKED_NOW:
                raise Refused(Reason.RULE_BROKEN)
            case Response.NO_TOKEN:
                raise Refused(Reason.NOT_FOUND)
        await self._consume(call, command.question)

    async def _reserve(self, call: Call, question: str) -> bool:
        """Charge a try of this challenge, before the answer is looked at."""

        def rule(session: Session) -> Session | None:
            charged = tried(session.challenge, question, call.now, self._policy.challenge)
            return None if charged is None else replace(session, challenge=charged)

        return await self._sessions.change(call.the_session.handle, rule) is not None

    async def _consume(self, call: Call, question: str) -> None:
        """A challenge is good once: whoever comes second finds it gone."""
        rules = self._policy.session
        passed = await self._sessions.change(
            call.the_session.handle,
            lambda session: challenge_passed(session, question, call.now, rules),
        )
        if passed is None:
            raise Refused(Reason.RULE_BROKEN, QUESTION)

    async def _told(self, call: Call, serial: str, outcome: str) -> None:
        payload = ChallengeTried(serial, outcome, locked_now=outcome == Response.LOCKED_NOW)
        event = call.event(EventType.CHALLENGE_TRIED, payload)
        await self._store.run(lambda act: act.audit.record(event))


def _in_standing(customer: Customer) -> bool:
    return not customer.black_listed
