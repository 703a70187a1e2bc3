"""Lists the stores: each of them passes every suite in ``contracts``."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.databases import BOTH
from tests.postgres import PostgresServer
from tests.store.houses import House, memory_house, postgres_house, sqlite_house, sqlite_store

from aldaba.store.sql.sqlite.engine import SqliteStore
from aldaba.store.sql.upgrading import migrate


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A house on each kind of store."""
    if request.param == "memory":
        yield memory_house()
        return
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        with server.database() as url:
            on_postgres, its_store = postgres_house(url)
            yield on_postgres
            its_store.close()
        return
    house, store = sqlite_house(tmp_path / "aldaba.db")
    yield house
    store.close()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A database of the test's own, its schema made."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture(params=BOTH)
def fresh_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind, its schema made."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'aldaba.db'}"
        migrate(url)
        yield url
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database() as url:
        yield url


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """An empty SQLite store in the test's own folder."""
    store = sqlite_store(tmp_path / "aldaba.db")
    yield store
    store.close()
