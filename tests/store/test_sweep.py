"""What the sweep forgets in the stores that have to be swept; the keys of Valkey go by themselves."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.store.houses import NOON, House, at_once, memory_house, sqlite_house, wait
from tests.store.samples import SESSION, arrival

from aldaba.service.ports import SET_BACK, Admission, Arrived


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.fixture(params=["memory", "sqlite"])
def swept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    if request.param == "memory":
        yield memory_house()
        return
    house, store = sqlite_house(tmp_path / "aldaba.db")
    yield house
    store.close()


def opened(house: House) -> None:
    admission = wait(house.sessions.arrive(arrival(0, opens=SESSION), NOON))
    assert admission == Admission(Arrived.FRESH, SESSION)


def test_the_sweep_takes_what_has_expired_and_leaves_the_rest(swept: House) -> None:
    opened(swept)
    short = replace(SESSION, handle="01" * 32, expires_at=after(100))
    wait(swept.sessions.arrive(replace(arrival(1, opens=short), remembered_until=after(100)), NOON))
    wait(swept.sessions.sweep(after(100)))
    assert wait(swept.sessions.find(short.handle, NOON)) is None
    assert wait(swept.sessions.find(SESSION.handle, NOON)) == SESSION
    # A clock that ran ahead may be set back: the id is remembered so much longer than it can matter.
    assert wait(swept.sessions.arrive(arrival(1), NOON)).outcome is Arrived.REPEATED
    wait(swept.sessions.sweep(after(100) + SET_BACK))
    assert wait(swept.sessions.arrive(arrival(1), NOON)).outcome is Arrived.FRESH
    assert wait(swept.sessions.arrive(arrival(0), NOON)).outcome is Arrived.REPEATED


def test_the_sweep_takes_more_than_one_slice(swept: House) -> None:
    until = after(1)
    at_once(*(swept.sessions.arrive(replace(arrival(n), remembered_until=until), NOON) for n in range(1201)))
    wait(swept.sessions.sweep(until + SET_BACK))
    again = at_once(*(swept.sessions.arrive(arrival(number), NOON) for number in range(1201)))
    assert {admission.outcome for admission in again} == {Arrived.FRESH}
