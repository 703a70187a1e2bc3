"""What every store promises of operators and what belongs to them, and of searching the audit."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.store.houses import NOON, House, at_once, wait
from tests.store.samples import CUSTOMER, EVENT, GRANT, INVITATION, LATER, OPERATOR, OPERATOR_SESSION

from aldaba.domain.customer import Customer
from aldaba.domain.four_eyes import Grant, GrantState
from aldaba.domain.operators import Operator, OperatorSession
from aldaba.service.audit import AuditQuery, ChallengeTried, CodeSent, Event, EventType, SessionEnded
from aldaba.service.ports import Transaction


def save(house: House, operator: Operator) -> None:
    house.do(lambda act: act.operators.save(operator))


def place(house: House, session: OperatorSession) -> None:
    house.do(lambda act: act.operators.place_session(session))


def session_of(house: House, handle: str) -> OperatorSession | None:
    return house.look(lambda query: query.operators.session(handle))


def keep(house: House, grant: Grant) -> None:
    house.do(lambda act: act.operators.save_grant(grant, LATER))


def take_in(house: House, customer: Customer) -> None:
    house.do(lambda act: act.customers.save(customer))


def test_operators_come_back_as_saved_last_and_by_name(house: House) -> None:
    other = replace(OPERATOR, name="abel", recovery=())
    for one in (OPERATOR, other, replace(OPERATOR, failures=3)):
        save(house, one)
    assert house.look(lambda query: query.operators.find("ana")) == replace(OPERATOR, failures=3)
    assert house.look(lambda query: query.operators.find("x")) is None
    assert [one.name for one in house.look(lambda query: query.operators.all())] == ["abel", "ana"]


def test_a_session_is_placed_touched_and_ended(house: House) -> None:
    house.do(lambda act: act.operators.place_session(OPERATOR_SESSION))
    touched = replace(OPERATOR_SESSION, touched_at=LATER)
    house.do(lambda act: act.operators.place_session(touched))
    assert house.look(lambda query: query.operators.session("handle")) == touched
    house.do(lambda act: act.operators.end_session("handle"))
    assert house.look(lambda query: query.operators.session("handle")) is None


def test_all_of_an_operators_sessions_end_and_nobody_elses(house: House) -> None:
    for handle, operator in (("one", "ana"), ("two", "ana"), ("three", "eva")):
        session = replace(OPERATOR_SESSION, handle=handle, operator=operator)
        place(house, session)
    house.do(lambda act: act.operators.end_sessions("ana"))
    found = [session_of(house, handle) for handle in ("one", "two")]
    assert found == [None, None]
    assert house.look(lambda query: query.operators.session("three")) is not None


def test_an_operator_has_one_invitation_at_most(house: House) -> None:
    newer = replace(INVITATION, digest=b"e" * 32)
    house.do(lambda act: act.operators.invite(INVITATION))
    house.do(lambda act: act.operators.invite(newer))
    assert house.look(lambda query: query.operators.invitation(b"d" * 32)) is None
    assert house.look(lambda query: query.operators.invitation(b"e" * 32)) == newer
    house.do(lambda act: act.operators.take_back("ana"))
    assert house.look(lambda query: query.operators.invitation(b"e" * 32)) is None


def test_grants_come_newest_first(house: House) -> None:
    newer = replace(GRANT, id="g2", requested_at=LATER)
    for one in (newer, GRANT):
        keep(house, one)
    assert house.look(lambda query: query.operators.grants(9)) == (newer, GRANT)
    assert house.look(lambda query: query.operators.grants(1)) == (newer,)
    assert house.look(lambda query: query.operators.grants_since(GRANT.requested_at)) == (newer, GRANT)
    assert house.look(lambda query: query.operators.grants_since(LATER)) == (newer,)
    assert house.look(lambda query: query.operators.grant("g1")) == GRANT
    assert house.look(lambda query: query.operators.grant("g3")) is None


def test_however_many_come_at_once_a_grant_is_spent_once_and_each_failure_counted(house: House) -> None:
    waiting = replace(GRANT, state=GrantState.WAITING)
    keep(house, waiting)
    save(house, replace(OPERATOR, failures=0))

    def spend(act: Transaction) -> bool:
        grant, operator = act.operators.grant("g1"), act.operators.find("ana")
        assert grant is not None
        assert operator is not None
        act.operators.save(replace(operator, failures=operator.failures + 1))
        act.operators.save_grant(replace(grant, state=GrantState.SPENT), LATER)
        return grant.state is GrantState.WAITING

    assert sum(at_once(*(house.store.run(spend) for _ in range(16)))) == 1
    found = house.look(lambda query: query.operators.find("ana"))
    assert found is not None
    assert found.failures == 16


def test_an_act_that_raises_leaves_operators_as_they_were(house: House) -> None:
    save(house, OPERATOR)

    def fails(act: Transaction) -> None:
        act.operators.save(replace(OPERATOR, failures=9))
        act.operators.place_session(OPERATOR_SESSION)
        raise ValueError("half done")

    with pytest.raises(ValueError, match="half done"):
        house.do(fails)
    assert house.look(lambda query: query.operators.find("ana")) == OPERATOR
    assert session_of(house, "handle") is None


def test_the_sweep_takes_what_is_over(house: House) -> None:
    house.do(lambda act: act.operators.save(OPERATOR))
    house.do(lambda act: act.operators.place_session(OPERATOR_SESSION))
    house.do(lambda act: act.operators.invite(INVITATION))
    house.do(lambda act: act.operators.save_grant(GRANT, LATER))
    wait(house.sessions.sweep(LATER - timedelta(seconds=1)))
    assert house.look(lambda query: query.operators.session("handle")) == OPERATOR_SESSION
    wait(house.sessions.sweep(LATER))
    assert house.look(lambda query: query.operators.session("handle")) is None
    assert house.look(lambda query: query.operators.invitation(INVITATION.digest)) is None
    assert house.look(lambda query: query.operators.grants(9)) == ()
    assert house.look(lambda query: query.operators.find("ana")) == OPERATOR


def test_who_gave_a_phone_is_told_once_however_many_of_its_digests_are_kept(house: House) -> None:
    phone = CUSTOMER.phones[0]
    both = replace(CUSTOMER, phones=(phone, replace(phone, digest=b"2" * 40)))
    house.do(lambda act: act.customers.save(both))
    for digests in ((phone.digest,), (b"2" * 40,), (b"1" * 40, phone.digest), (phone.digest, b"2" * 40)):
        assert by_phone(house, *digests) == (both,)
    assert by_phone(house, b"1" * 40, b"3" * 40) == ()


def test_payloads_are_tallied_by_what_their_members_say(house: House) -> None:
    def sent(outcome: str, provider: str | None, minutes: int = 0) -> Event:
        at = NOON + timedelta(minutes=minutes)
        return Event(EventType.CODE_SENT, at, CodeSent("recovery", "sms", outcome, provider))

    events = [
        sent("sent", "sinch"),
        sent("sent", "sinch", 119),
        sent("sent", "sinch", 120),
        sent("sent", "sinch", -1),
        sent("sent", "vonage", 90),
        sent("failed", None),
        replace(EVENT, type=EventType.CHALLENGE_TRIED, payload=ChallengeTried("s", "wrong", locked_now=True)),
    ]
    for event in events:
        house.do(lambda act, event=event: act.audit.record(event))  # type: ignore[misc]  # bound, not inferred
    until = NOON + timedelta(hours=2)

    def tallied(type_: EventType, *members: str) -> Mapping[tuple[str, ...], int]:
        return house.look(lambda query: query.audit.tallied(type_, members, NOON, until))

    assert tallied(EventType.CODE_SENT, "provider", "outcome") == {
        ("sinch", "sent"): 2,
        ("vonage", "sent"): 1,
        ("", "failed"): 1,
    }
    assert tallied(EventType.CODE_SENT, "no such member") == {("",): 4}
    assert tallied(EventType.CHALLENGE_TRIED, "locked_now") == {("true",): 1}
    assert tallied(EventType.CODE_TRIED, "outcome") == {}


def by_phone(house: House, *digests: bytes) -> tuple[Customer, ...]:
    return house.look(lambda query: query.customers.by_phone(digests, 9))


def test_customers_are_found_by_phone_as_saved_last(house: House) -> None:
    other = replace(CUSTOMER, customer_id="999999999999", cards=())
    digest = CUSTOMER.phones[0].digest
    for one in (other, CUSTOMER):
        take_in(house, one)
    assert house.look(lambda query: query.customers.by_phone((digest,), 9)) == (CUSTOMER, other)
    assert house.look(lambda query: query.customers.by_phone((digest,), 1)) == (CUSTOMER,)
    house.do(lambda act: act.customers.save(replace(other, phones=())))
    assert house.look(lambda query: query.customers.by_phone((digest,), 9)) == (CUSTOMER,)
    house.do(lambda act: act.customers.remove(CUSTOMER.customer_id))
    assert house.look(lambda query: query.customers.by_phone((digest,), 9)) == ()
    twice = replace(CUSTOMER, phones=CUSTOMER.phones * 2)
    house.do(lambda act: act.customers.save(twice))
    assert house.look(lambda query: query.customers.by_phone((digest,), 9)) == (twice,)


FIRST = replace(EVENT, actor="ana", at=NOON)
SECOND = Event(EventType.SESSION_ENDED, LATER, SessionEnded("logout"), request_id="r2", application_id="a2")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (AuditQuery(), [2, 1]),
        (AuditQuery(before=2), [1]),
        (AuditQuery(before=1), []),
        (AuditQuery(actor="ana"), [1]),
        (AuditQuery(actor="eva"), []),
        (AuditQuery(type="session:ended"), [2]),
        (AuditQuery(request_id="r2"), [2]),
        (AuditQuery(application_id="a2", type="session:ended"), [2]),
        (AuditQuery(customer_id=FIRST.customer_id), [1]),
        (AuditQuery(ccs_id=FIRST.ccs_id, actor="ana"), [1]),
        (AuditQuery(since=LATER), [2]),
        (AuditQuery(until=LATER), [1]),
        (AuditQuery(since=NOON, until=LATER, actor="ana", before=2), [1]),
    ],
)
def test_the_audit_is_searched_newest_first(house: House, query: AuditQuery, found: list[int]) -> None:
    assert FIRST.customer_id
    assert FIRST.ccs_id
    house.do(lambda act: act.audit.record(FIRST))
    house.do(lambda act: act.audit.record(SECOND))
    entries = house.look(lambda act: act.audit.search(query, 9))
    assert [entry.id for entry in entries] == found
    assert [entry.event for entry in entries] == [{1: FIRST, 2: SECOND}[number] for number in found]
    assert len(house.look(lambda act: act.audit.search(query, 1))) == min(1, len(found))


def test_events_of_a_type_are_counted_by_the_full_hour_they_fell_in(house: House) -> None:
    moments = [NOON - timedelta(seconds=1), NOON, NOON + timedelta(minutes=59, seconds=59.999), LATER]
    ended = [replace(EVENT, at=moment) for moment in moments]
    other = Event(EventType.SESSION_ENDED, NOON, SessionEnded("x"))

    def act(transaction: Transaction) -> None:
        for event in (*ended, other):
            transaction.audit.record(event)

    house.do(act)

    def hourly(since: timedelta) -> Mapping[datetime, int]:
        return house.look(lambda query: query.audit.hourly(EVENT.type, NOON + since))

    earlier = NOON - timedelta(hours=1)
    assert hourly(timedelta(hours=-1)) == {earlier: 1, NOON: 2, LATER: 1}
    assert hourly(timedelta(0)) == {NOON: 2, LATER: 1}
    assert hourly(timedelta(hours=2)) == {}


def test_who_had_an_operators_link_in_hand_is_kept_in_order(house: House) -> None:
    made = replace(OPERATOR, vouched_by=("adan", "cli:root"))
    save(house, made)
    assert house.look(lambda query: query.operators.find(made.name)) == made
