"""Brings a database to the schema this release was written for, and tells which one it has."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, inspect, select
from sqlalchemy.exc import OperationalError, ProgrammingError

from aldaba.domain.refusals import HouseUnavailable
from aldaba.store.sql.connection import PART
from aldaba.store.sql.opening import is_postgres, sqlite_path
from aldaba.store.sql.postgres.connecting import conninfo_of
from aldaba.store.sql.postgres.grants import grant_to
from aldaba.store.sql.tables import house_state

_SCRIPTS = Path(__file__).with_name("migrations")

_SESSION = {
    # A change of a table waits no longer behind the acts of running nodes, which would queue up behind it.
    "lock_timeout": "5s",
}
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(0x616C64, 1)"


_REASONS = {
    "42501": "{}: give the owner of the tables in database.owner_url",
    "42704": "{}: create the user that database.url names first",
    "55P03": "{}: another migration runs, or a table is in use for long; nothing was changed, try again",
}
"""Why PostgreSQL would not, by its code, and what cures it."""


class CannotMigrate(Exception):
    """The schema stays as it was; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Schema:
    """The revision a database has (None when it is empty) and the one this release needs.

    ``newer``: a later release has brought it further than this one knows. Each step fits the release before
    it, so this one serves on.
    """

    current: str | None
    head: str | None
    newer: bool = False

    @property
    def is_current(self) -> bool:
        return self.current == self.head

    @property
    def fits(self) -> bool:
        """Whether this release may serve from it."""
        return self.is_current or self.newer


def migrate(url: str, *, user: str | None = None) -> None:
    """Upgrade to the newest schema; a SQLite file that is not there is made, for its owner's eyes only.

    One that a later release has brought further stays as it is.

    ``user``: on PostgreSQL, whom to grant what a server needs and no more, when the tables belong to another.
    Raises ``CannotMigrate`` and ``HouseUnavailable``.
    """
    if not is_postgres(url):
        sqlite_path(url).touch(mode=0o600)
    with _changing(url) as connection:
        if not _newer(connection):
            command.upgrade(_config(connection), "head")
        if user is not None and is_postgres(url):
            grant_to(user, connection)


def downgrade(url: str, revision: str) -> None:
    """Go back to an earlier schema (``base``: to none); what only the newer one holds is lost."""
    with _changing(url) as connection:
        command.downgrade(_config(connection), revision)


def schema_of(url: str) -> Schema:
    """Look without changing anything; a database file that is not there has no schema.

    Raises ``HouseUnavailable`` when the server cannot be reached.
    """
    head = ScriptDirectory(str(_SCRIPTS)).get_current_head()
    if not is_postgres(url) and not sqlite_path(url).is_file():
        return Schema(None, head)
    with _engine(url) as engine, engine.connect() as connection:
        return Schema(_revision(connection), head, _newer(connection))


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _newer(connection: Connection) -> bool:
    known = {step.revision for step in ScriptDirectory(str(_SCRIPTS)).walk_revisions()}
    return _revision(connection) not in (None, *known)


def house_value(url: str, name: str) -> str | None:
    """One of ``house_state``'s named values, read without opening the house; None where there is none.

    Raises ``HouseUnavailable`` and ``CannotMigrate``.
    """
    if not is_postgres(url) and not sqlite_path(url).is_file():
        return None
    with _engine(url) as engine, engine.connect() as connection:
        if not inspect(connection).has_table(house_state.name):
            return None
        value: str | None = connection.execute(
            select(house_state.c.value).where(house_state.c.name == name)
        ).scalar()
        return value


@contextmanager
def _changing(url: str) -> Iterator[Connection]:
    """A connection in one transaction, so that a migration that is interrupted leaves nothing behind."""
    with _engine(url) as engine:
        if is_postgres(url):
            event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(_ONE_AT_A_TIME))
        else:
            # Left to itself the driver begins no transaction for CREATE TABLE.
            event.listen(engine, "connect", lambda raw, _record: setattr(raw, "isolation_level", None))
            event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        with engine.begin() as connection:
            yield connection


@contextmanager
def _engine(url: str) -> Iterator[Engine]:
    if is_postgres(url):
        conninfo = conninfo_of(url, session=_SESSION)
        # The driver reads the URL itself: it may name several hosts, or a socket.
        engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(conninfo))
    else:
        engine = create_engine(url)
    try:
        yield engine
    except (OperationalError, ProgrammingError) as error:
        if not isinstance(error.orig, psycopg.Error):
            raise
        reason = _REASONS.get(error.orig.sqlstate or "")
        if reason is not None:
            raise CannotMigrate(reason.format(str(error.orig).splitlines()[0])) from None
        if isinstance(error, ProgrammingError):
            raise
        raise HouseUnavailable(PART) from error
    finally:
        engine.dispose()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
