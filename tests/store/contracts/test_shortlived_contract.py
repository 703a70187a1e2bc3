"""What every store promises of things that may be used once, and of counters."""

from datetime import timedelta

import pytest
from tests.store.houses import NOON, House, at_once, wait

from aldaba.service.ports import SET_BACK, Transaction

LATER = NOON + timedelta(minutes=5)


def test_only_one_of_fifty_callers_at_once_claims_a_value(house: House) -> None:
    def act(transaction: Transaction) -> bool:
        return transaction.replays.claim("jti", "value", LATER, NOON)

    assert sum(at_once(*(house.store.run(act) for _ in range(50)))) == 1


def test_a_claim_holds_until_its_time_and_not_beyond(house: House) -> None:
    def claim(now_seconds: int) -> bool:
        now = NOON + timedelta(seconds=now_seconds)
        return house.do(lambda transaction: transaction.replays.claim("jti", "value", LATER, now))

    assert [claim(0), claim(299), claim(300)] == [True, False, True]


def test_a_claim_is_of_one_kind_and_one_value(house: House) -> None:
    def act(transaction: Transaction) -> list[bool]:
        things = (("jti", "a"), ("jti", "b"), ("otp", "a"), ("jti", "ñ\ud800"))
        return [transaction.replays.claim(kind, value, LATER, NOON) for kind, value in things]

    assert house.do(act) == [True] * 4


def test_a_clock_set_back_after_a_sweep_opens_no_mark_again(house: House) -> None:
    house.do(lambda transaction: transaction.replays.claim("jti", "value", LATER, NOON))
    wait(house.sessions.sweep(LATER + SET_BACK - timedelta(seconds=1)))
    assert not house.do(lambda transaction: transaction.replays.claim("jti", "value", LATER, NOON))
    wait(house.sessions.sweep(LATER + SET_BACK))
    assert house.do(lambda transaction: transaction.replays.claim("jti", "value", LATER, NOON))


def test_callers_at_once_each_get_a_figure_of_their_own(house: House) -> None:
    def act(transaction: Transaction) -> int:
        return transaction.quotas.count("otp/1", LATER, NOON)

    figures = at_once(*(house.store.run(act) for _ in range(50)))
    assert sorted(figures) == list(range(1, 51))
    assert house.look(lambda transaction: transaction.quotas.figure("otp/1", NOON)) == 50


@pytest.mark.parametrize("by", [0, 1, 7])
def test_a_counter_adds_what_it_is_told_and_is_forgotten_when_its_window_ends(house: House, by: int) -> None:
    def count(now_seconds: int) -> int:
        now = NOON + timedelta(seconds=now_seconds)
        end = LATER if now < LATER else LATER + timedelta(minutes=5)
        return house.do(lambda transaction: transaction.quotas.count("q", end, now, by))

    assert [count(0), count(299), count(300)] == [by, 2 * by, by]


def test_a_counter_nobody_touched_shows_nothing_after_its_window(house: House) -> None:
    house.do(lambda transaction: transaction.quotas.count("q", LATER, NOON, 3))
    before = LATER - timedelta(seconds=1)
    assert house.look(lambda transaction: transaction.quotas.figure("q", before)) == 3
    assert house.look(lambda transaction: transaction.quotas.figure("q", LATER)) == 0
    assert house.look(lambda transaction: transaction.quotas.figure("other", before)) == 0


def test_a_clock_set_back_after_a_sweep_finds_its_counters(house: House) -> None:
    house.do(lambda transaction: transaction.quotas.count("q", LATER, NOON, 3))
    wait(house.sessions.sweep(LATER + SET_BACK - timedelta(seconds=1)))
    assert house.look(lambda transaction: transaction.quotas.figure("q", NOON)) == 3
    wait(house.sessions.sweep(LATER + SET_BACK))
    assert house.look(lambda transaction: transaction.quotas.figure("q", NOON)) == 0
