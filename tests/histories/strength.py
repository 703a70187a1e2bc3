"""The rules of a token's challenge, and of the new password that needs one passed."""

from collections.abc import Iterator
from dataclasses import replace

from tests.histories.asked import Batch, Done
from tests.histories.state import (
    CHALLENGE_LIVES,
    CHALLENGE_TRIES,
    STRONG_FOR,
    TOKEN_FAILURES_THAT_LOCK,
    Session,
    State,
)

NOT_OUTSTANDING = "422 businessValidationFailed challengeQuestion"
TOKEN_LOCKED = "422 businessValidationFailed"
WRONG = "401 authenticationFailed"


def challenge(state: State, session: Session, done: Done, batch: Batch) -> Iterator[State]:
    """One question is outstanding in a session: a new one takes its place."""
    if state.customers[session.customer or 0].token_locked:
        if done.said == TOKEN_LOCKED:
            yield state
        return
    if done.said == "200":
        expires = batch.now + CHALLENGE_LIVES
        asked = replace(session, question=done.told, question_expires=expires, question_tries=0)
        yield state.with_session(replace(asked, turned=batch.number))


def respond(state: State, session: Session, done: Done, batch: Batch) -> Iterator[State]:
    """The outstanding question, three times at most, once rightly; five wrong in a row lock the token."""
    asked, number = done.asked, session.customer or 0
    outstanding = session.question == asked.question and batch.now < session.question_expires
    crowded = session.question_tries + batch.others(asked, in_session=True) >= CHALLENGE_TRIES
    if done.said == NOT_OUTSTANDING and (
        not outstanding or session.question_tries >= CHALLENGE_TRIES or crowded
    ):
        yield state
    if done.said == NOT_OUTSTANDING and asked.right and session.turned == batch.number:
        # Right, and somebody asked anew meanwhile: nothing is gained, but the failures are forgotten.
        yield state.with_customer(number, token_failures=0)
    if not outstanding or session.question_tries >= CHALLENGE_TRIES:
        return
    state = state.with_session(replace(session, question_tries=session.question_tries + 1))
    yield from _judged(state, session, done, batch)


def _judged(state: State, session: Session, done: Done, batch: Batch) -> Iterator[State]:
    number = session.customer or 0
    customer = state.customers[number]
    if customer.token_locked:
        if done.said == TOKEN_LOCKED:
            yield state
    elif done.asked.right:
        if done.said == "200":
            strong = replace(session, strong_until=batch.now + STRONG_FOR, question=None)
            strong = replace(strong, turned=batch.number)
            yield state.with_session(strong).with_customer(number, token_failures=0)
    else:
        failures = customer.token_failures + 1
        locked = failures >= TOKEN_FAILURES_THAT_LOCK
        if done.said == (TOKEN_LOCKED if locked else WRONG):
            yield state.with_customer(number, token_failures=failures, token_locked=locked)


def change(state: State, session: Session, done: Done, batch: Batch) -> Iterator[State]:
    """A new password for whoever is logged in and passed a challenge a short while ago."""
    number = session.customer or 0
    customer = state.customers[number]
    if batch.now >= session.strong_until:
        if done.said == "422 businessValidationFailed challenge":
            yield state
        return
    if done.said == "204":
        guard = replace(customer.guard, failures=0)
        yield state.with_customer(number, password=done.asked.fresh, guard=guard, changed=batch.number)
    # Somebody else's new password came first.
    if done.said == "422 businessValidationFailed credentialStatus" and customer.changed == batch.number:
        yield state
