"""What every store promises of sessions and of the request ids spent by them."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.store.houses import NOON, House, at_once, wait
from tests.store.samples import SESSION, arrival, request_id

from aldaba.domain.session import CredentialStatus, Session, spend_random, with_random, with_status
from aldaba.service.ports import Admission, Arrived, Transaction


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def opened(house: House, session: Session = SESSION) -> str:
    """The handle of a session that the house has just opened."""
    admission = wait(house.sessions.arrive(arrival(0, opens=session), NOON))
    assert admission == Admission(Arrived.FRESH, session)
    return session.handle


def test_a_request_that_names_no_session_is_claimed_and_gets_none(house: House) -> None:
    assert wait(house.sessions.arrive(arrival(1), NOON)) == Admission(Arrived.FRESH, None)
    assert wait(house.sessions.arrive(arrival(1), NOON)) == Admission(Arrived.REPEATED, None)


def test_a_request_that_may_open_a_session_opens_it(house: House) -> None:
    assert wait(house.sessions.find(opened(house), NOON)) == SESSION


def test_only_one_of_fifty_arrivals_at_once_with_one_id_is_fresh(house: House) -> None:
    arrivals = at_once(*(house.sessions.arrive(arrival(1, opens=SESSION), NOON) for _ in range(50)))
    assert [each.outcome for each in arrivals].count(Arrived.FRESH) == 1
    assert {each.outcome for each in arrivals} == {Arrived.FRESH, Arrived.REPEATED}


def test_a_request_id_is_the_same_in_any_spelling(house: House) -> None:
    first = replace(arrival(1), request_id=request_id(0xABCDEF).lower())
    again = replace(first, request_id=request_id(0xABCDEF).upper())
    assert wait(house.sessions.arrive(first, NOON)).outcome is Arrived.FRESH
    assert wait(house.sessions.arrive(again, NOON)).outcome is Arrived.REPEATED


def test_a_request_id_that_is_no_uuid_is_claimed_all_the_same(house: House) -> None:
    for text in ("one", "two"):
        odd = replace(arrival(1), request_id=text)
        outcomes = [wait(house.sessions.arrive(odd, NOON)).outcome for _ in range(2)]
        assert outcomes == [Arrived.FRESH, Arrived.REPEATED]


def test_another_application_may_use_the_same_request_id(house: House) -> None:
    wait(house.sessions.arrive(arrival(1), NOON))
    other = replace(arrival(1), application_id="client-2")
    assert wait(house.sessions.arrive(other, NOON)).outcome is Arrived.FRESH


def test_a_request_id_is_remembered_as_long_as_told(house: House) -> None:
    wait(house.sessions.arrive(arrival(1), NOON))
    again = replace(arrival(1), remembered_until=after(7200))
    outcomes = [wait(house.sessions.arrive(again, after(seconds))).outcome for seconds in (3599, 3600, 3601)]
    assert outcomes == [Arrived.REPEATED, Arrived.FRESH, Arrived.REPEATED]


def test_touching_a_session_starts_its_idle_time_again(house: House) -> None:
    handle = opened(house)
    for number, seconds in enumerate((299, 598, 897), start=1):
        admission = wait(house.sessions.arrive(arrival(number, handle), after(seconds)))
        assert admission == Admission(Arrived.FRESH, replace(SESSION, touched_at=after(seconds)))


def test_a_repeated_request_does_not_touch_its_session(house: House) -> None:
    handle = opened(house)
    wait(house.sessions.arrive(arrival(1, handle), NOON))
    wait(house.sessions.arrive(arrival(1, handle), after(200)))
    assert wait(house.sessions.find(handle, after(301))) is None


def test_a_session_ends_after_its_idle_time(house: House) -> None:
    handle = opened(house)
    assert wait(house.sessions.find(handle, after(299))) == SESSION
    assert wait(house.sessions.find(handle, after(300))) is None
    assert wait(house.sessions.arrive(arrival(1, handle), after(300))) == Admission(Arrived.FRESH, None)
    assert wait(house.sessions.find(handle, after(301))) is None


def test_a_session_ends_after_its_whole_time_however_busy(house: House) -> None:
    handle = opened(house)
    for number in range(1, 15):
        assert wait(house.sessions.arrive(arrival(number, handle), after(number * 250))).session is not None
    assert wait(house.sessions.arrive(arrival(20, handle), after(3599))).session is not None
    assert wait(house.sessions.arrive(arrival(21, handle), after(3600))) == Admission(Arrived.FRESH, None)
    assert wait(house.sessions.find(handle, after(3600))) is None


def test_another_applications_session_is_no_good_and_stays_untouched(house: House) -> None:
    handle = opened(house)
    foreign = replace(arrival(1, handle), application_id="client-2")
    assert wait(house.sessions.arrive(foreign, after(200))) == Admission(Arrived.FRESH, None)
    assert wait(house.sessions.find(handle, after(301))) is None


def test_an_unknown_handle_opens_nothing(house: House) -> None:
    other = replace(SESSION, handle="cd" * 32)
    assert wait(house.sessions.arrive(arrival(1, "00", opens=other), NOON)) == Admission(Arrived.FRESH, None)
    assert wait(house.sessions.find(other.handle, NOON)) is None


def test_above_the_quota_nothing_is_opened_and_the_request_stays_claimed(house: House) -> None:
    quota = ("opened/client-1", after(3600), 2)

    def arrive(number: int) -> Admission:
        opens = replace(SESSION, handle=f"{number:064x}")
        return wait(house.sessions.arrive(replace(arrival(number, opens=opens), opened_quota=quota), NOON))

    assert [arrive(number).outcome for number in (1, 2, 3)] == [Arrived.FRESH, Arrived.FRESH, Arrived.FULL]
    assert wait(house.sessions.find(f"{3:064x}", NOON)) is None
    assert arrive(3) == Admission(Arrived.REPEATED, None)


def test_a_request_in_a_session_counts_toward_no_quota(house: House) -> None:
    handle = opened(house)
    named = replace(arrival(1, handle, opens=SESSION), opened_quota=("opened", after(3600), 0))
    assert wait(house.sessions.arrive(named, NOON)).outcome is Arrived.FRESH
    assert house.look(lambda transaction: transaction.quotas.figure("opened", NOON)) == 0


def test_a_rule_changes_the_session_and_its_answer_is_given(house: House) -> None:
    handle = opened(house)
    changed = wait(house.sessions.change(handle, lambda it: with_status(it, CredentialStatus.NONE)))
    assert changed == with_status(SESSION, CredentialStatus.NONE)
    assert wait(house.sessions.find(handle, NOON)) == changed


def test_a_change_keeps_the_time_of_the_last_touch(house: House) -> None:
    handle = opened(house)
    wait(house.sessions.arrive(arrival(1, handle), after(200)))
    wait(house.sessions.change(handle, lambda it: with_random(it, "r3")))
    found = wait(house.sessions.find(handle, after(499)))
    assert found == replace(with_random(SESSION, "r3"), touched_at=after(200))
    assert wait(house.sessions.find(handle, after(500))) is None


def test_a_rule_that_answers_none_changes_nothing(house: House) -> None:
    handle = opened(house)
    assert wait(house.sessions.change(handle, lambda _session: None)) is None
    assert wait(house.sessions.find(handle, NOON)) == SESSION


def test_no_rule_runs_for_a_session_that_is_not_there(house: House) -> None:
    def rule(_session: Session) -> Session:
        raise AssertionError

    assert wait(house.sessions.change("00", rule)) is None


def test_only_one_of_fifty_callers_at_once_spends_a_server_random(house: House) -> None:
    handle = opened(house)
    spent = at_once(
        *(house.sessions.change(handle, lambda session: spend_random(session, "r1")) for _ in range(50))
    )
    assert sum(session is not None for session in spent) == 1


def rotated(house: House, tombstone: Session, fresh: Session) -> None:
    def act(transaction: Transaction) -> None:
        transaction.sessions.place(tombstone)
        transaction.sessions.place(fresh)

    wait(house.store.run(act))


def test_a_session_placed_by_an_act_that_fails_never_was(house: House) -> None:
    def act(transaction: Transaction) -> None:
        transaction.sessions.place(FRESH)
        raise LookupError

    with pytest.raises(LookupError):
        wait(house.store.run(act))
    assert wait(house.sessions.find(FRESH.handle, NOON)) is None
    assert wait(house.store.read(lambda query: query.sessions.find(FRESH.handle))) is None


TOMBSTONE = replace(SESSION, successor="ef" * 32, authentication=None, expires_at=after(60))
FRESH = replace(SESSION, handle="ef" * 32)


def test_after_a_rotation_both_handles_are_known_the_old_one_as_a_tombstone(house: House) -> None:
    opened(house)
    rotated(house, TOMBSTONE, FRESH)
    assert wait(house.sessions.arrive(arrival(1, SESSION.handle), after(59))).session == TOMBSTONE
    assert wait(house.sessions.arrive(arrival(2, FRESH.handle), after(59))).session == replace(
        FRESH, touched_at=after(59)
    )


def test_a_tombstone_is_admitted_for_its_short_while_only(house: House) -> None:
    opened(house)
    rotated(house, TOMBSTONE, FRESH)
    assert wait(house.sessions.find(TOMBSTONE.handle, after(59))) == TOMBSTONE
    assert wait(house.sessions.arrive(arrival(1, TOMBSTONE.handle), after(60))).session is None
    assert wait(house.sessions.find(TOMBSTONE.handle, after(60))) is None


def test_a_tombstone_stands_even_past_the_idle_time(house: House) -> None:
    patient = replace(TOMBSTONE, expires_at=after(900))
    rotated(house, patient, FRESH)
    assert wait(house.sessions.arrive(arrival(1, patient.handle), after(899))).session == patient


@pytest.mark.parametrize("named", [SESSION.handle, FRESH.handle])
def test_an_ended_session_is_gone(house: House, named: str) -> None:
    opened(house)
    rotated(house, TOMBSTONE, FRESH)
    wait(house.sessions.end(named))
    assert wait(house.sessions.find(named, NOON)) is None


def test_ending_a_session_takes_its_tombstone_along_but_not_the_other_way_round(house: House) -> None:
    opened(house)
    rotated(house, TOMBSTONE, FRESH)
    wait(house.sessions.end(TOMBSTONE.handle))
    assert wait(house.sessions.find(FRESH.handle, NOON)) == FRESH
    rotated(house, TOMBSTONE, FRESH)
    wait(house.sessions.end(FRESH.handle))
    assert wait(house.sessions.find(TOMBSTONE.handle, NOON)) is None


def test_the_sweep_leaves_what_still_stands(house: House) -> None:
    opened(house)
    wait(house.sessions.arrive(replace(arrival(1), remembered_until=after(100)), NOON))
    wait(house.sessions.sweep(after(100)))
    assert wait(house.sessions.find(SESSION.handle, after(100))) == SESSION
    assert wait(house.sessions.arrive(arrival(1), after(100))).outcome is Arrived.FRESH
    assert wait(house.sessions.arrive(arrival(0), after(100))).outcome is Arrived.REPEATED
