"""The schema goes up, down and up again on each database, and rows of every earlier schema are read.

``rows/REVISION.json`` holds rows as the code of that revision wrote them; a new migration adds a file with
the rows of its own tables, and never touches an earlier one.
"""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect
from tests.databases import BOTH
from tests.postgres import PostgresServer
from tests.store.houses import NOON, SetClock, ring
from tests.store.samples import (
    APPLICATION,
    CUSTOMER,
    DEVICE,
    EVENT,
    GRANT,
    INVITATION,
    KEY_PAIR,
    OPERATOR,
    OPERATOR_SESSION,
    PROFILE,
    TOKEN,
)

from aldaba.service.audit import AuditEntry, AuditQuery
from aldaba.service.ports import Notice, Transaction
from aldaba.store.sql.audit_stub import Stub, read_stub
from aldaba.store.sql.opening import is_postgres, open_store
from aldaba.store.sql.tables import metadata
from aldaba.store.sql.upgrading import CannotMigrate, downgrade, migrate, schema_of

ROWS = Path(__file__).with_name("rows")
VERSIONS = Path(__file__).parents[2] / "src" / "aldaba" / "store" / "sql" / "migrations"
REVISIONS = [script.revision for script in ScriptDirectory(str(VERSIONS)).walk_revisions()][::-1]
STUB = {"kind": "purged", "eventId": 1, "count": 1, "link": "0a0b"}
LATER = NOON.replace(year=2030)


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without a schema."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'aldaba.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database(with_schema=False) as url:
        yield url


def connected(url: str) -> Connection:
    if is_postgres(url):
        return create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url)).connect()
    return create_engine(url).connect()


def described(url: str) -> dict[str, object]:
    """Every table with its columns, keys and indexes."""
    with connected(url) as connection:
        seen = inspect(connection)
        found: dict[str, object] = {
            table: (
                [
                    (column["name"], str(column["type"]), column["nullable"])
                    for column in seen.get_columns(table)
                ],
                seen.get_pk_constraint(table)["constrained_columns"],
                sorted(str(index["column_names"]) for index in seen.get_indexes(table)),
            )
            for table in seen.get_table_names()
            if table != "alembic_version"
        }
    connection.engine.dispose()
    return found


def test_tables_and_migrations_do_not_drift_apart(url: str) -> None:
    migrate(url)
    with connected(url) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    connection.engine.dispose()


@pytest.mark.parametrize("revision", ["base", *REVISIONS[:-1]])
def test_the_schema_goes_up_down_and_up_again(url: str, revision: str) -> None:
    migrate(url)
    newest = described(url)
    downgrade(url, revision)
    assert schema_of(url).current == (None if revision == "base" else revision)
    assert described(url) != newest
    migrate(url)
    assert described(url) == newest
    assert schema_of(url).is_current


def test_a_schema_of_a_later_release_is_left_as_it_is_and_served_from(url: str) -> None:
    migrate(url)
    with connected(url) as connection, connection.begin():
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9001'")
        connection.exec_driver_sql("ALTER TABLE profiles ADD COLUMN note TEXT")
    connection.engine.dispose()
    later = described(url)
    migrate(url)
    assert described(url) == later
    schema = schema_of(url)
    assert (schema.current, schema.is_current, schema.fits) == ("9001", False, True)


def test_an_empty_database_fits_nobody(url: str) -> None:
    schema = schema_of(url)
    assert (schema.current, schema.fits) == (None, False)


def put(url: str, revision: str) -> None:
    """The rows that the code of that revision wrote."""
    tables = json.loads((ROWS / f"{revision}.json").read_text("utf-8"))
    with connected(url) as connection:
        for table, rows in tables.items():
            for row in rows:
                values = {name: _value(value) for name, value in row.items()}
                connection.execute(metadata.tables[table].insert().values(values))
        connection.commit()
    connection.engine.dispose()


def _value(value: Any) -> Any:
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else value


def test_each_revision_with_tables_of_its_own_has_rows_here() -> None:
    kept = {path.stem for path in ROWS.glob("*.json")}
    assert {"0001", "0002", "0003", "0004"} <= kept <= set(REVISIONS)


def test_rows_that_every_earlier_schema_held_are_read_and_survive_down_and_up(url: str) -> None:
    migrate(url)
    for revision in REVISIONS:
        downgrade(url, revision) if revision != REVISIONS[-1] else None
        if (ROWS / f"{revision}.json").exists():
            put(url, revision)
        migrate(url)
        # What only newer schemas hold is lost on the way down, and put back by its own turn.
    store = open_store(url, ring, SetClock(), bytes, connections=1)
    try:
        store.read_blocking(assert_all_there)
    finally:
        store.close()


def assert_all_there(query: Transaction) -> None:
    assert query.profiles.find(PROFILE.ccs_id) == PROFILE
    assert query.customers.find(CUSTOMER.customer_id) == CUSTOMER
    assert query.customers.by_card((CUSTOMER.cards[0].digest,)) == CUSTOMER
    assert query.devices.of(CUSTOMER.customer_id) == (DEVICE,)
    assert query.tokens.find(TOKEN.serial) == TOKEN
    assert query.applications.all() == (APPLICATION,)
    assert query.key_pairs.all(KEY_PAIR.purpose) == (KEY_PAIR,)
    assert query.house.get("name") == "value"
    assert query.quotas.figure("q", NOON) == 7
    assert query.audit.events() == [(1, EVENT)]  # type: ignore[attr-defined]  # the real transaction has more than the port
    assert query.customers.by_phone((CUSTOMER.phones[0].digest,), 9) == (CUSTOMER,)
    assert query.audit.search(AuditQuery(actor=EVENT.actor), 9) == (AuditEntry(1, EVENT),)
    assert query.operators.find(OPERATOR.name) == OPERATOR
    assert query.operators.session(OPERATOR_SESSION.handle) == OPERATOR_SESSION
    assert query.operators.invitation(INVITATION.digest) == INVITATION
    assert query.operators.grants(9) == (GRANT,)
    assert read_stub(query.sql, lambda _jws: STUB) == Stub(1, 1, bytes.fromhex("0a0b"))  # type: ignore[attr-defined]  # the real transaction has more than the port
    assert query.notices.due(NOON, 10) == (Notice("n1", "locked", CUSTOMER.customer_id, "es", NOON),)


def test_a_migration_that_fails_leaves_nothing_behind(url: str) -> None:
    with connected(url) as connection:
        connection.exec_driver_sql("CREATE TABLE tokens (serial TEXT)")
        connection.commit()
    connection.engine.dispose()
    before = described(url)
    with pytest.raises(Exception, match="tokens"):
        migrate(url)
    assert described(url) == before
    assert schema_of(url).current is None


def test_one_migration_runs_at_a_time_and_the_other_gives_up(postgres_server: PostgresServer) -> None:
    with postgres_server.database(with_schema=False) as url, psycopg.connect(url) as running:
        running.execute("SELECT pg_advisory_xact_lock(0x616C64, 1)")
        with pytest.raises(CannotMigrate, match="another migration"):
            migrate(f"{url}&options=-clock_timeout%3D50ms")
        running.rollback()
        migrate(url)
        assert schema_of(url).is_current
