"""The migrations make the very schema that the tables describe, forwards and backwards."""

import re
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import bindparam, create_engine, select
from sqlalchemy.exc import OperationalError

from aldaba.store.sql.statements import statement
from aldaba.store.sql.tables import house_state, metadata
from aldaba.store.sql.upgrading import Schema, downgrade, migrate, schema_of


def described(path: Path) -> set[str]:
    """Every table and index of the file, its definition without white space."""
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    connection.close()
    texts = {re.sub(r"\s+", "", text) for (text,) in rows}
    return {text for text in texts if "alembic_version" not in text and "sqlite_sequence" not in text}


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def test_tables_and_migrations_do_not_drift_apart(tmp_path: Path) -> None:
    migrate(url(tmp_path / "migrated.db"))
    engine = create_engine(url(tmp_path / "migrated.db"))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()
    made = create_engine(url(tmp_path / "made.db"))
    metadata.create_all(made)
    made.dispose()
    assert described(tmp_path / "migrated.db") == described(tmp_path / "made.db")


def test_the_schema_goes_up_down_and_up_again(tmp_path: Path) -> None:
    path = tmp_path / "aldaba.db"
    migrate(url(path))
    first = described(path)
    downgrade(url(path), "base")
    assert described(path) == set()
    assert schema_of(url(path)).current is None
    migrate(url(path))
    assert described(path) == first
    assert schema_of(url(path)).is_current


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "aldaba.db"
    migrate(url(path))
    first = described(path)
    migrate(url(path))
    assert described(path) == first


def test_looking_for_a_schema_makes_no_file(tmp_path: Path) -> None:
    assert schema_of(url(tmp_path / "aldaba.db")) == Schema(None, "0004")
    assert not (tmp_path / "aldaba.db").exists()


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "aldaba.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE tokens (serial TEXT)")
    connection.close()
    before = described(path)
    with pytest.raises(OperationalError):
        migrate(url(path))
    assert described(path) == before


def test_a_statement_with_a_value_written_into_it_is_refused() -> None:
    with pytest.raises(ValueError, match="name_1"):
        statement(select(house_state.c.value).where(house_state.c.name == "clock"))
    assert not statement(select(house_state).where(house_state.c.name == bindparam("name"))).changes
