"""Lists the stores: each of them passes every suite in ``contracts``."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.store.houses import House, beside_valkey, memory_house, sqlite_house, sqlite_store, wait
from tests.valkey_server import Valkey

from aldaba.store.sql.engine import SqliteStore


@pytest.fixture(scope="session")
def clustered() -> Iterator[Valkey]:
    """Valkey as a cluster of one node, so that a script whose keys lie apart is refused."""
    server = Valkey.cluster()
    yield server
    server.close()


@pytest.fixture(params=["memory", "sqlite", "memory+valkey", "sqlite+valkey"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A house on each kind of store, and on each with its sessions on Valkey."""
    durable, _, beside = str(request.param).partition("+")
    store = None
    if durable == "memory":
        house = memory_house()
    else:
        house, store = sqlite_house(tmp_path / "aldaba.db")
    if beside:
        valkey: Valkey = request.getfixturevalue("clustered")
        valkey.flush()
        house, server = beside_valkey(house, valkey.url)
        yield house
        wait(server.close())
    else:
        yield house
    if store is not None:
        store.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """An empty SQLite store in the test's own folder."""
    store = sqlite_store(tmp_path / "aldaba.db")
    yield store
    store.close()
