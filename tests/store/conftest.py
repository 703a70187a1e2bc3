"""Lists the stores: each of them passes every suite in ``contracts``."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.store.houses import House, memory_house, sqlite_house, sqlite_store

from aldaba.store.sql.engine import SqliteStore


@pytest.fixture(params=["memory", "sqlite"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A house on each kind of store."""
    if request.param == "memory":
        yield memory_house()
        return
    house, store = sqlite_house(tmp_path / "aldaba.db")
    yield house
    store.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """An empty SQLite store in the test's own folder."""
    store = sqlite_store(tmp_path / "aldaba.db")
    yield store
    store.close()
