"""Opens the store that a database URL names."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import make_url

from aldaba.crypto.keyring import Keyring
from aldaba.service.ports import Clock, RandomBytes
from aldaba.service.watching import Watch
from aldaba.store.sql.postgres.engine import PostgresStore
from aldaba.store.sql.sqlite.engine import SqliteStore
from aldaba.store.sql.store import SqlStore

SQLITE, POSTGRES = "sqlite:///", "postgresql://"


def is_postgres(url: str) -> bool:
    return url.startswith(POSTGRES)


def sqlite_path(url: str) -> Path:
    """The file that a SQLite URL names."""
    return Path(make_url(url).database or "")


def open_store(
    url: str,
    keyring: Callable[[], Keyring],
    clock: Clock,
    random_bytes: RandomBytes,
    *,
    connections: int,
    watch: Watch | None = None,
) -> SqlStore:
    """``sqlite:///FILE`` or ``postgresql://…``; raises ``HouseUnavailable`` when it cannot be opened."""
    if is_postgres(url):
        return PostgresStore(url, keyring, clock, random_bytes, connections=connections, watch=watch)
    return SqliteStore(sqlite_path(url), keyring, clock, random_bytes, watch=watch)
