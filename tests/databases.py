"""Which database a test's house stands on, as settings; parametrise ``database`` by ``BOTH``."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.postgres import PostgresServer

BOTH = ("sqlite", "postgres")


@contextmanager
def database_settings(kind: str, request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """Nothing for SQLite, whose default is a file in the test's folder."""
    if kind == "sqlite":
        yield {}
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database() as url:
        yield {"database.url": url, "database.connections": "4"}
