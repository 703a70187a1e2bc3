"""A consistent copy of a SQLite database beside a server that goes on writing, and what a copy holds."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import func, select

from aldaba.crypto.keyring import Keyring
from aldaba.domain.refusals import HouseUnavailable
from aldaba.store.sql.audit_rows import Head
from aldaba.store.sql.audit_sealing import read_head
from aldaba.store.sql.connection import PART
from aldaba.store.sql.sqlite.connection import SqliteConnection, open_file
from aldaba.store.sql.tables import metadata

_PAGES = 2_000
"""Copied between two looks at the progress; some 8 MB."""
_BUSY_SECONDS = 5.0
_JOURNALS = ("-wal", "-shm", "-journal")


def copy_database(
    source: Path, target: Path, progress: Callable[[int, int], None], pages: int = _PAGES
) -> None:
    """Write what ``source`` holds at this moment to the fresh file ``target``, for its owner's eyes only.

    ``progress`` is told pages copied and pages there are. Raises ``HouseUnavailable``; ``FileExistsError``.
    """
    target.touch(mode=0o600, exist_ok=False)
    try:
        held, copy = open_file(source, "ro", _BUSY_SECONDS), open_file(target, "rw", _BUSY_SECONDS)
        try:
            # A look that stays open keeps the moment: otherwise each commit beside it starts the copy anew.
            held.execute("BEGIN")
            held.execute("SELECT count(*) FROM sqlite_master").fetchone()
            held.backup(copy, pages=pages, progress=lambda _, left, all_: progress(all_ - left, all_))
            # One file, with no journal beside it that could be left behind.
            copy.execute("PRAGMA journal_mode = DELETE")
        finally:
            copy.close()
            held.close()
    except sqlite3.Error as error:
        raise HouseUnavailable(PART) from error


def rows_of(database: Path) -> dict[str, int]:
    """How many rows each table of this release holds; 0 for one that an older schema does not have."""
    try:
        look = open_file(database, "ro", _BUSY_SECONDS)
        try:
            present = {
                name for (name,) in look.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            }
            return {
                table.name: look.execute(str(select(func.count()).select_from(table))).fetchone()[0]
                if table.name in present
                else 0
                for table in metadata.sorted_tables
            }
        finally:
            look.close()
    except sqlite3.Error as error:
        raise HouseUnavailable(PART) from error


def head_of(database: Path, keyring: Keyring) -> Head | None:
    """The head of its audit chain. Raises ``HouseUnavailable``; ``CannotOpen`` for another house's keys."""
    look = SqliteConnection(open_file(database, "ro", _BUSY_SECONDS), writable=False)
    try:
        look.raw.execute("BEGIN")
        return read_head(look, keyring)
    finally:
        look.raw.close()


def remains_of(database: Path) -> list[Path]:
    """The database and the journals that belong to it, as far as they are there."""
    beside = [database.with_name(database.name + ending) for ending in _JOURNALS]
    return [path for path in (database, *beside) if path.exists()]
