"""Brings a database to the schema this release was written for, and tells which one it has."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, create_engine, event, inspect, make_url, select

from aldaba.store.sql.tables import house_state

_SCRIPTS = Path(__file__).with_name("migrations")


@dataclass(frozen=True, slots=True)
class Schema:
    """The revision a database has (None when it is empty) and the one this release needs."""

    current: str | None
    head: str | None

    @property
    def is_current(self) -> bool:
        return self.current == self.head


def migrate(url: str) -> None:
    """Upgrade to the newest schema; a SQLite file that is not there is made, for its owner's eyes only."""
    database = make_url(url)
    if database.database and _is_sqlite(database):
        Path(database.database).touch(mode=0o600)
    with _changing(database) as connection:
        command.upgrade(_config(connection), "head")


def downgrade(url: str, revision: str) -> None:
    """Go back to an earlier schema (``base``: to none); what only the newer one holds is lost."""
    with _changing(make_url(url)) as connection:
        command.downgrade(_config(connection), revision)


def schema_of(url: str) -> Schema:
    """Look without changing anything; a database that is not there has no schema."""
    head = ScriptDirectory(str(_SCRIPTS)).get_current_head()
    database = make_url(url)
    if _is_sqlite(database) and not Path(database.database or "").is_file():
        return Schema(None, head)
    engine = create_engine(database)
    try:
        with engine.connect() as connection:
            return Schema(MigrationContext.configure(connection).get_current_revision(), head)
    finally:
        engine.dispose()


def house_value(url: str, name: str) -> str | None:
    """One of ``house_state``'s named values, read without opening the house; None where there is none."""
    database = make_url(url)
    if _is_sqlite(database) and not Path(database.database or "").is_file():
        return None
    engine = create_engine(database)
    try:
        if not inspect(engine).has_table(house_state.name):
            return None
        with engine.connect() as connection:
            wanted = select(house_state.c.value).where(house_state.c.name == name)
            value: str | None = connection.execute(wanted).scalar()
            return value
    finally:
        engine.dispose()


@contextmanager
def _changing(url: URL) -> Iterator[Connection]:
    """A connection in one transaction, so that a migration that is interrupted leaves nothing behind."""
    engine = create_engine(url)
    if _is_sqlite(url):
        # Left to itself the driver begins no transaction for CREATE TABLE.
        event.listen(engine, "connect", lambda raw, _record: setattr(raw, "isolation_level", None))
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
