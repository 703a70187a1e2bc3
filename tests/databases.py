"""What a test's house stands on, as settings; parametrise ``database`` by ``EACH``."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.postgres import PostgresServer
from tests.valkey_server import Valkey

BOTH = ("sqlite", "postgres")
EACH = (*BOTH, "postgres+valkey")


@contextmanager
def database_settings(kind: str, request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """Nothing for SQLite, whose default is a file in the test's folder."""
    durable, _, beside = kind.partition("+")
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
