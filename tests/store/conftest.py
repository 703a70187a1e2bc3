"""Lists the stores: each of them passes every suite in ``contracts``."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.databases import BOTH
from tests.postgres import PostgresServer
from tests.store.houses import (
    House,
    beside_valkey,
    memory_house,
    postgres_house,
    sqlite_house,
    sqlite_store,
    wait,
)
from tests.valkey_server import Valkey

from aldaba.store.sql.sqlite.engine import SqliteStore
from aldaba.store.sql.upgrading import migrate


@pytest.fixture(scope="session")
def clustered() -> Iterator[Valkey]:
    """Valkey as a cluster of one node, so that a script whose keys lie apart is refused."""
    server = Valkey.cluster()
    yield server
    server.close()


@pytest.fixture(params=["memory", "sqlite", "postgres", "memory+valkey", "sqlite+valkey", "postgres+valkey"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A house on each kind of store, and on each with its sessions on Valkey."""
    durable, _, beside = str(request.param).partition("+")
    with ExitStack() as closing:
        house = _durable(durable, request, tmp_path, closing)
        if beside:
            valkey: Valkey = request.getfixturevalue("clustered")
            valkey.flush()
            house, server = beside_valkey(house, valkey.url)
            closing.callback(lambda: wait(server.close()))
        yield house


def _durable(kind: str, request: pytest.FixtureRequest, folder: Path, closing: ExitStack) -> House:
    if kind == "memory":
        return memory_house()
    if kind == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        on_postgres, its_store = postgres_house(closing.enter_context(server.database()))
        closing.callback(its_store.close)
        return on_postgres
    house, store = sqlite_house(folder / "aldaba.db")
    closing.callback(store.close)
    return house


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
