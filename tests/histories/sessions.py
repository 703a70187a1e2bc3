"""The rules of a session: how it begins, whom it is about, the one login, and its end."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from tests.histories.asked import Batch, Done
from tests.histories.state import (
    NEVER,
    SESSION_LIVES,
    TOMBSTONE_LIVES,
    Customer,
    Session,
    State,
)

ANOTHER = "400 invalidRequest customerCredentials.userId"
BAD = "401 6666"
TURNED = "401 unAuthorized"
LOCKED = "401 8006"
OCCUPIED = "401 8008"


def begin(state: State, done: Done, batch: Batch) -> Iterator[State]:
    """Anybody may have a session with keys."""
    if done.said == "200":
        asked = done.asked
        opened = Session(asked.fresh, asked.application, batch.now + SESSION_LIVES, batch.now)
        yield state.with_session(opened)


def identify(state: State, session: Session, done: Done, batch: Batch) -> Iterator[State]:
    """The last identification counts, and what was proved before is forgotten; tries used stay used."""
    if session.authenticated:
        if done.said == "422 businessValidationFailed sid":
            yield state
        return
    if done.said == "200":
        code = replace(session.code, expires=NEVER)
        again = replace(session, customer=done.asked.customer, card=False, phone=None, code=code)
        yield state.with_session(replace(again, turned=batch.number))


def login(state: State, session: Session, done: Done, batch: Batch) -> Iterator[State]:
    """Five wrong passwords lock, no password opens a lock, and one session at a time is logged in."""
    asked, number = done.asked, done.asked.customer
    meanwhile = session.turned == batch.number
    if session.customer not in (None, number):
        if done.said == ANOTHER:
            yield state
        if not meanwhile:
            return
    customer = state.customers[number]
    if customer.guard.locked(batch.now):
        if done.said == LOCKED:
            yield state
        return
    if asked.given == customer.password:
        yield from _right(state, session, done, batch)
    else:
        yield from _wrong(state, done, batch)
    if customer.changed == batch.number and done.said == BAD:
        # Looked at beside the password that was there before, or is there since; neither let anybody in.
        yield state
        yield state.with_customer(number, guard=customer.guard.failed(batch.now))


def _wrong(state: State, done: Done, batch: Batch) -> Iterator[State]:
    number = done.asked.customer
    guard = state.customers[number].guard.failed(batch.now)
    if done.said == (LOCKED if guard.locked(batch.now) else BAD):
        yield state.with_customer(number, guard=guard)


def _right(state: State, session: Session, done: Done, batch: Batch) -> Iterator[State]:
    number = done.asked.customer
    customer = state.customers[number]
    state = state.with_customer(number, guard=replace(customer.guard, failures=0))
    if session.customer not in (None, number):
        # Another customer was named in it, or entered by it, while the password was looked at.
        if done.said == TURNED:
            yield state
        return
    rival = _rival(state, customer, batch.now)
    occupied = rival is not None and rival.label != session.successor
    # Let in before the rival was there, a repetition was not yet one.
    meanwhile = rival is not None and rival.born == batch.number
    if done.said == OCCUPIED and (session.authenticated or occupied or meanwhile):
        yield state
    if done.said == "200" and not session.authenticated and not occupied:
        yield from _entered(state, session, done, batch)


def _rival(state: State, customer: Customer, now: float) -> Session | None:
    live = None if customer.live is None else state.session(customer.live)
    return live if live is not None and live.alive(now) else None


def _entered(state: State, session: Session, done: Done, batch: Batch) -> Iterator[State]:
    """A new sid; the old one stays a minute for a repetition, and a repetition gives it no longer."""
    number, label = done.asked.customer, done.asked.fresh
    state = state.ending(state.customers[number].live, batch.number)
    buried = batch.now + TOMBSTONE_LIVES if session.successor is None else session.expires
    old = replace(session, customer=number, successor=label, touched=batch.now)
    old = replace(old, expires=buried, turned=batch.number)
    fresh = replace(
        session,
        label=label,
        customer=number,
        authenticated=True,
        successor=None,
        expires=batch.now + SESSION_LIVES,
        touched=batch.now,
        born=batch.number,
        turned=-1,
        # What was sent to the old sid is no code of the new one's.
        code=replace(session.code, value=None),
    )
    state = state.with_session(old).with_customer(number, live=label)
    # Tries that were under way are given back, where they were right, to the old one alone.
    phones, codes = (batch.under_way(act, session.label) for act in ("phone", "new access"))
    for phone, code in product(range(phones + 1), range(codes + 1)):
        used = replace(fresh.code, tries=fresh.code.tries + code)
        yield state.with_session(replace(fresh, phone_tries=fresh.phone_tries + phone, code=used))


def logout(state: State, session: Session, done: Done, batch: Batch) -> Iterator[State]:
    """Ends the session, whose sid is good for nothing from then on."""
    if done.said != "204" or session.customer is None:
        return
    yield state.ending(session.label, batch.number)
