"""What may be answered to one request, and what is true afterwards: the bank's rules as they are published.

Each rule is a generator: it yields a state for everything that may have happened, nothing where the answer
breaks a rule. A request that was under way while another turned what it stood on may be refused, in whatever
order they are put; it may never be granted more. Those places say ``meanwhile``.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.histories.asked import Asked, Batch, Done
from tests.histories.recovering import card, new_access, phone, send
from tests.histories.sessions import begin, identify, login, logout
from tests.histories.state import NEVER, Session, State
from tests.histories.strength import challenge, change, respond

REPEATED = "400 invalidRequest uuid"
NO_SESSION = {"401 unAuthorized sid", "401 SessionTimeout sid", "401 InvalidCredentials sid"}
NO_SESSION_TO_LEAVE = "400 invalidRequest sid"
NEEDS_LOGIN = {"logout", "challenge", "respond", "change"}
NEEDS_CUSTOMER = {"card", "phone", "send", "new access"}

Rule = Callable[[State, Session, Done, Batch], Iterator[State]]
RULES: dict[str, Rule] = {
    "identify": identify,
    "login": login,
    "logout": logout,
    "challenge": challenge,
    "respond": respond,
    "change": change,
    "card": card,
    "phone": phone,
    "send": send,
    "new access": new_access,
}


def after(state: State, done: Done, batch: Batch) -> Iterator[State]:
    """The states this request may have left, given what was answered."""
    asked = done.asked
    if asked.act == "begin":
        yield from begin(state, done, batch)
        return
    until = state.spent_until(asked.application, asked.request_id)
    if until > NEVER and done.said == REPEATED:
        yield state
    if batch.now < until:
        return
    state = state.spending(asked.application, asked.request_id, batch.now)
    session = state.session(asked.session)
    if session is None or session.application != asked.application or not _serves(session, asked, batch):
        if _says_no_session(done):
            yield state
        yield from _too_late(state, session, done, batch)
        return
    if session.successor is None:
        session = replace(session, touched=batch.now)
        state = state.with_session(session)
    if _too_little(session, asked):
        if _says_no_session(done):
            yield state
        return
    yield from RULES[asked.act](state, session, done, batch)


def _serves(session: Session, asked: Asked, batch: Batch) -> bool:
    """A tombstone is good for a repeated login alone."""
    return session.alive(batch.now) and (session.successor is None or asked.act == "login")


def _too_little(session: Session, asked: Asked) -> bool:
    if asked.act in NEEDS_LOGIN:
        return not session.authenticated
    return asked.act in NEEDS_CUSTOMER and session.customer is None


def _says_no_session(done: Done) -> bool:
    return done.said == NO_SESSION_TO_LEAVE if done.asked.act == "logout" else done.said in NO_SESSION


LATE: dict[str, set[str]] = {
    "identify": {"422 businessValidationFailed sid"},
    "login": {"401 unAuthorized", "401 6666"},
    "logout": {"204"},
    "respond": {"422 businessValidationFailed challengeQuestion"},
    "change": {"422 businessValidationFailed credentialStatus"},
    "card": {"422 businessValidationFailed ccsId"},
    "phone": {"404 userIdNotFound ccsId", "422 SessionError"},
    "send": set(),
    "new access": {"401 credentialValidtionFailed"},
}
"""What a request may be told whose session came to its end meanwhile, beside that there is none."""


def _too_late(state: State, session: Session | None, done: Done, batch: Batch) -> Iterator[State]:
    """Let in while its session lived, judged when it had ended, by a logout, a login or new access.

    A recovery that was under way is judged by what the session had proved; what it proves is nobody's.
    """
    if session is None or session.turned != batch.number or session.application != done.asked.application:
        return
    if done.said in LATE.get(done.asked.act, set()):
        yield state
    if done.asked.act == "login" and done.said == "401 6666":
        guard = state.customers[done.asked.customer].guard
        yield state.with_customer(done.asked.customer, guard=guard.failed(batch.now))
    if done.asked.act in NEEDS_CUSTOMER and session.customer is not None:
        yield from RULES[done.asked.act](state, session, done, batch)
