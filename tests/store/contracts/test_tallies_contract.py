"""What every store of short counters promises."""

from datetime import timedelta

from tests.store.houses import NOON, House, at_once, wait

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
