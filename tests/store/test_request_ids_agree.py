"""A request id spent without a session stays spent when sessions move to Valkey, or back."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.store.houses import NOON, beside_valkey, sqlite_house, wait
from tests.valkey_server import Valkey

from aldaba.service.ports import Arrival, Arrived

ARRIVAL = Arrival("app", "0b6c5d2e-0000-4000-8000-000000000001", NOON + timedelta(minutes=10), None)


@pytest.mark.parametrize("first", ["database", "valkey"])
def test_turning_valkey_on_or_off_forgets_no_id(tmp_path: Path, clustered: Valkey, first: str) -> None:
    clustered.flush()
    alone, store = sqlite_house(tmp_path / "aldaba.db")
    beside, server = beside_valkey(alone, clustered.url)
    one, other = (alone, beside) if first == "database" else (beside, alone)
    assert wait(one.sessions.arrive(ARRIVAL, NOON)).outcome is Arrived.FRESH
    assert wait(other.sessions.arrive(ARRIVAL, NOON)).outcome is Arrived.REPEATED
    fresh = replace(ARRIVAL, request_id="0b6c5d2e-0000-4000-8000-000000000002")
    assert wait(other.sessions.arrive(fresh, NOON)).outcome is Arrived.FRESH
    wait(server.close())
    store.close()
