"""The rules of new access: card, phone and code of one session and one customer, each with its limits.

Of each step one function tells which refusals change nothing, another what the step itself does.
"""

from collections.abc import Iterator
from dataclasses import replace

from tests.histories.asked import Asked, Batch, Done
from tests.histories.state import (
    CARD_FAILURES_OF_A_DAY,
    CARD_FAILURES_THAT_LOCK,
    CODE_LIVES,
    CODE_REPEATED_AFTER,
    CODE_TRIES_OF_A_DAY,
    CODE_TRIES_OF_A_SESSION,
    CODES_OF_A_DAY,
    CODES_OF_A_SESSION,
    NEVER,
    NIP,
    PHONE_TRIES_OF_A_DAY,
    PHONE_TRIES_OF_A_SESSION,
    Code,
    Customer,
    Session,
    State,
    midnight_after,
)

NOT_THIS_CUSTOMER = "422 businessValidationFailed ccsId"
NO_SUCH_CUSTOMER = "404 userIdNotFound ccsId"
NO_SESSION = "401 unAuthorized sid"
CARD_LOCKED = "422 businessValidationFailed encryptedCredentialAccess"
WRONG_CARD = "401 credentialValidationFailed"
WRONG = "401 credentialValidtionFailed"
SESSION_LIMIT = "422 SessionError"
DAY_LIMIT = "422 DayError"


def card(state: State, session: Session, done: Done, batch: Batch) -> Iterator[State]:
    """Three wrong NIPs in a row, or in a day, close the card until midnight."""
    asked, number = done.asked, done.asked.customer
    if session.customer != number:
        if done.said == NOT_THIS_CUSTOMER:
            yield state
        return
    customer = state.customers[number]
    today = customer.today.cards
    closed = batch.now < customer.card_locked_until or today >= CARD_FAILURES_OF_A_DAY
    if done.said == CARD_LOCKED and (closed or today + batch.others(asked) >= CARD_FAILURES_OF_A_DAY):
        yield state
    if closed:
        return
    if asked.given == NIP:
        yield from _right_card(state.with_customer(number, card_failures=0), session, done, batch)
    elif done.said == WRONG_CARD:
        yield state.with_customer(number, **_missed(customer, batch.now))


def _right_card(state: State, session: Session, done: Done, batch: Batch) -> Iterator[State]:
    if done.said == "204":
        yield state.with_session(replace(session, card=True))
    # Meanwhile forgotten, or never remembered.
    if done.said in {"204", NOT_THIS_CUSTOMER} and session.turned == batch.number:
        yield state


def _missed(customer: Customer, now: float) -> dict[str, object]:
    failures = customer.card_failures + 1
    until = midnight_after(now) if failures >= CARD_FAILURES_THAT_LOCK else NEVER
    today = replace(customer.today, cards=customer.today.cards + 1)
    return {"card_failures": failures, "card_locked_until": until, "today": today}


def phone(state: State, session: Session, done: Done, batch: Batch) -> Iterator[State]:
    """Three wrong phones in a session, six in a day."""
    asked, number = done.asked, done.asked.customer
    today = state.customers[number].today
    if done.said in _phone_refusals(session, asked, batch):
        yield state
    if session.customer != number or session.phone_tries >= PHONE_TRIES_OF_A_SESSION:
        return
    tried = state.with_session(replace(session, phone_tries=session.phone_tries + 1))
    if done.said == DAY_LIMIT and today.phones + batch.others(asked) >= PHONE_TRIES_OF_A_DAY:
        # No rule says whether the session's try is used up by it.
        yield from (state, tried)
    if today.phones >= PHONE_TRIES_OF_A_DAY:
        return
    if asked.phone in state.customers[number].phones:
        yield from _right_phone(state, tried, session, done, batch)
    elif done.said == WRONG:
        yield tried.with_customer(number, today=replace(today, phones=today.phones + 1))


def _phone_refusals(session: Session, asked: Asked, batch: Batch) -> set[str]:
    meanwhile = {SESSION_LIMIT, NO_SUCH_CUSTOMER} if session.turned == batch.number else set()
    if session.customer != asked.customer:
        return {NO_SUCH_CUSTOMER, *meanwhile}
    tries = session.phone_tries + batch.others(asked, in_session=True)
    return {SESSION_LIMIT, *meanwhile} if tries >= PHONE_TRIES_OF_A_SESSION else meanwhile


def _right_phone(state: State, tried: State, session: Session, done: Done, batch: Batch) -> Iterator[State]:
    if done.said == "200":
        yield state.with_session(replace(session, phone=done.asked.phone))
    if session.turned == batch.number and done.said in {"200", NO_SUCH_CUSTOMER}:
        # Meanwhile forgotten, or never remembered.
        yield from (state, tried)


def send(state: State, session: Session, done: Done, batch: Batch) -> Iterator[State]:
    """After card and phone; the same code while it lives, half a minute apart, so many a session and day."""
    meanwhile = session.turned == batch.number
    if session.customer != done.asked.customer:
        if done.said == NOT_THIS_CUSTOMER or (meanwhile and done.said == NO_SESSION):
            yield state
        return
    if not session.card or session.phone is None:
        if done.said == WRONG:
            yield state
        # Proved when it was let in, and forgotten since: what is sent serves only once all is proved again.
        if not meanwhile:
            return
    code = session.code
    alive = code.issued and batch.now < code.expires
    if alive and batch.now < code.sent + CODE_REPEATED_AFTER:
        if done.said == "204":
            yield state
    elif code.sends >= CODES_OF_A_SESSION:
        if done.said == SESSION_LIMIT:
            yield state
    else:
        fresh = Code(True, None, batch.now + CODE_LIVES, tries=code.tries, sends=code.sends)
        yield from _sent(state, replace(session, code=code if alive else fresh), done, batch)


def _sent(state: State, session: Session, done: Done, batch: Batch) -> Iterator[State]:
    """This code, unless the day's messages to this customer or phone are used up."""
    number, code = done.asked.customer, session.code
    where = session.phone or done.asked.phone
    today = state.customers[number].today
    many = max(today.sends, today.phones_sent.count(where))
    if done.said == DAY_LIMIT and many + batch.others(done.asked) >= CODES_OF_A_DAY:
        yield state.with_session(replace(session, code=replace(code, sent=NEVER)))
    if done.said != "204" or many >= CODES_OF_A_DAY:
        return
    counted = replace(today, sends=today.sends + 1, phones_sent=(*today.phones_sent, where))
    state = state.with_customer(number, today=counted)
    for message in dict.fromkeys(batch.messages):
        left = batch.messages.count(message) - state.told.count(message)
        if message[0] == where and left > 0 and code.value in (None, message[1]):
            sent = replace(code, value=message[1], sent=batch.now, sends=code.sends + 1)
            yield replace(state, told=(*state.told, message)).with_session(replace(session, code=sent))


def new_access(state: State, session: Session, done: Done, batch: Batch) -> Iterator[State]:
    """The code of this session, while it lives, once; three tries in a session, nine in a day."""
    asked, number = done.asked, done.asked.customer
    if done.said in _new_access_refusals(state, session, asked, batch):
        yield state
    code, today = session.code, state.customers[number].today
    tried = state.with_session(replace(session, code=replace(code, tries=code.tries + 1)))
    charged = tried.with_customer(number, today=replace(today, tries=today.tries + 1))
    if done.said == WRONG and _overtaken(state, session, asked, batch):
        # Something else came first: this password is not set, and what it brought may be used up.
        yield from (charged, tried)
        if asked.given == code.value:
            yield state.with_session(replace(session, code=replace(code, expires=NEVER)))
    if session.customer != number or not _proved(session):
        return
    if code.tries >= CODE_TRIES_OF_A_SESSION or today.tries >= CODE_TRIES_OF_A_DAY:
        return
    if asked.given == code.value and batch.now < code.expires:
        # What a session proved sets nothing once it ended, however short a while ago.
        if done.said == "204" and not session.ended:
            yield _set(state, session, done, batch)
    elif done.said == WRONG:
        yield charged


def _new_access_refusals(state: State, session: Session, asked: Asked, batch: Batch) -> set[str]:
    """What changes nothing: said before the code is looked at, or of a session that turned meanwhile."""
    overtaken = {WRONG, SESSION_LIMIT} if _overtaken(state, session, asked, batch) else set()
    if session.customer != asked.customer:
        return {NOT_THIS_CUSTOMER, *overtaken}
    if not _proved(session):
        return {WRONG, *overtaken}
    tries = session.code.tries + batch.others(asked, in_session=True)
    today = state.customers[asked.customer].today.tries + batch.others(asked)
    used_up = {SESSION_LIMIT} if tries >= CODE_TRIES_OF_A_SESSION else set()
    return used_up | ({DAY_LIMIT} if today >= CODE_TRIES_OF_A_DAY else set()) | overtaken


def _overtaken(state: State, session: Session, asked: Asked, batch: Batch) -> bool:
    return batch.number in (session.turned, state.customers[asked.customer].changed)


def _proved(session: Session) -> bool:
    return session.card and session.phone is not None and session.code.issued


def _set(state: State, session: Session, done: Done, batch: Batch) -> State:
    """Locks that the customer may lift are lifted, other sessions end, nothing proved serves twice."""
    number = done.asked.customer
    customer = state.customers[number]
    code = replace(session.code, expires=NEVER)
    used = replace(session, card=False, phone=None, code=code, turned=batch.number)
    # The one logged in is erased, even where it is the one that set the access.
    state = state.ending_all(number, batch.number).with_session(used).ending(customer.live, batch.number)
    lifted = customer.guard.lifted()
    return state.with_customer(
        number, password=done.asked.fresh, guard=lifted, live=None, changed=batch.number
    )
