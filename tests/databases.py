"""What a test's house stands on, with how many nodes; a folder that runs on each imports the fixtures."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.postgres import PostgresServer
from tests.valkey_server import Valkey

BOTH = ("sqlite", "postgres")
TWO_NODES = "two-nodes"
EACH = (*BOTH, "postgres+valkey", TWO_NODES)


@contextmanager
def database_settings(kind: str, request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """Nothing for SQLite, whose default is a file in the test's folder."""
    durable, _, beside = _shared(kind).partition("+")
    given: dict[str, str] = {}
    if beside:
        valkey: Valkey = request.getfixturevalue("valkey")
        valkey.flush()
        given["redis.url"] = valkey.url
    if durable == "sqlite":
        yield given
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database() as url:
        yield given | {"database.url": url, "database.connections": "8"}


def _shared(kind: str) -> str:
    return "postgres+valkey" if kind == TWO_NODES else kind


def nodes_of(kind: str) -> int:
    """Two share everything that is shared; every other house has one node."""
    return 2 if kind == TWO_NODES else 1


@pytest.fixture(params=EACH)
def ground(request: pytest.FixtureRequest) -> str:
    """Each kind of ground that a house stands on, in turn."""
    return str(request.param)


@pytest.fixture
def database(ground: str, request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """Settings of the database under the house."""
    with database_settings(ground, request) as settings:
        yield settings


@pytest.fixture
def nodes(ground: str) -> int:
    """How many nodes the house has."""
    return nodes_of(ground)
