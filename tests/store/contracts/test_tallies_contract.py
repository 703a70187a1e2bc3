"""What every store of short counters promises."""

from datetime import timedelta

import pytest
from tests.store.houses import NOON, House, at_once, wait

from aldaba.domain.quotas import sliding

LATER = NOON + timedelta(minutes=5)


def test_callers_at_once_each_get_a_figure_of_their_own(house: House) -> None:
    figures = at_once(*(house.tallies.count("address/203.0.113.9", LATER, NOON) for _ in range(50)))
    assert sorted(figures) == list(range(1, 51))


def test_what_is_given_back_is_counted_no_more(house: House) -> None:
    def count(by: int) -> int:
        return wait(house.tallies.count("q", LATER, NOON, by))

    assert [count(1), count(1), count(-1), count(1)] == [1, 2, 1, 2]


def test_a_window_that_ended_begins_again_and_no_other_is_touched(house: House) -> None:
    def count(name: str, seconds: int) -> int:
        now = NOON + timedelta(seconds=seconds)
        end = LATER if now < LATER else LATER + timedelta(minutes=5)
        return wait(house.tallies.count(name, end, now))

    assert [count("a", 0), count("a", 299), count("a", 300), count("b", 299)] == [1, 2, 1, 1]


def test_a_clock_set_back_finds_its_counter(house: House) -> None:
    wait(house.tallies.count("q", LATER, NOON))
    assert wait(house.tallies.count("q", LATER, NOON - timedelta(minutes=1))) == 2


def test_a_sliding_window_weighs_the_stretch_before(house: House) -> None:
    def figure(seconds: int, by: int = 1, of: str = "203.0.113.9") -> float:
        now = NOON + timedelta(seconds=seconds)
        return wait(house.tallies.slide(sliding("address", of, now, 600), now, by))

    assert [figure(0), figure(599), figure(599), figure(599, -1)] == [1, 2, 3, 2]
    assert figure(0, of="203.0.113.10") == 1
    assert [figure(600), figure(900), figure(900, -1), figure(1199, -1)] == pytest.approx([3, 3, 2, 2 / 600])
    assert [figure(1200), figure(2400)] == [1, 1]


def test_callers_at_once_each_get_a_figure_of_their_own_of_a_sliding_window(house: House) -> None:
    window = sliding("address", "203.0.113.9", NOON, 600)
    assert sorted(at_once(*(house.tallies.slide(window, NOON) for _ in range(50)))) == list(range(1, 51))
