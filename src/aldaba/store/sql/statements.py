"""Core expressions turned, once, into the plain SQL text that each database's driver runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Delete,
    Dialect,
    Select,
    Table,
    TextClause,
    Update,
    bindparam,
    literal_column,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.sql.dml import ReturningInsert

SqliteInsert = sqlite.Insert
PostgresInsert = postgresql.Insert
Insert = SqliteInsert | PostgresInsert
Expression = Select[Any] | Insert | ReturningInsert[Any] | Update | Delete | TextClause

_SQLITE = sqlite.dialect(paramstyle="named")
_POSTGRES: Dialect = psycopg.dialect()  # type: ignore[no-untyped-call]  # as the library has it


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with named parameters, and whether running it changes anything.

    ``locking`` is what PostgreSQL runs inside an act: the same query, its rows locked until the act ends.
    """

    sqlite: str
    postgres: str
    locking: str
    changes: bool


def statement(expression: Expression, *, locks: Table | None = None, skip_locked: bool = False) -> Statement:
    """The text of an expression, all of whose values must be named parameters.

    ``locks``: the table whose rows an act keeps from other acts once it has read them; with
    ``skip_locked`` it passes over those that another act keeps.
    """
    locking = expression
    if locks is not None and isinstance(expression, Select):
        locking = expression.with_for_update(of=locks, skip_locked=skip_locked)
    return _statement(expression, expression, locking)


def at_most(expression: Select[Any], parameter: str) -> Select[Any]:
    """The first so many rows, the number being a parameter."""
    # Left out, SQLAlchemy writes the offset as an unnamed parameter.
    return expression.limit(bindparam(parameter)).offset(literal_column("0"))


def insert(table: Table, *, numbered: bool = False) -> Statement:
    """A new row; a row that is there already is an error. ``numbered``: the database gives the key."""
    return _for_both(_insert(SqliteInsert, table, numbered), _insert(PostgresInsert, table, numbered))


def insert_if_absent(table: Table) -> Statement:
    """A new row, unless its key is there already."""
    key = list(table.primary_key.columns)
    return _for_both(
        _insert(SqliteInsert, table).on_conflict_do_nothing(index_elements=key),
        _insert(PostgresInsert, table).on_conflict_do_nothing(index_elements=key),
    )


def upsert(
    table: Table,
    *,
    setting: Mapping[str, ColumnElement[Any]] | None = None,
    where: ColumnElement[bool] | None = None,
    returning: Sequence[ColumnElement[Any]] = (),
) -> Statement:
    """A new row or, where its key is taken, the old one overwritten (or set as told), if ``where`` holds."""
    others = [column.name for column in table.columns if not column.primary_key]
    replaced: dict[str, Any] = {name: bindparam(name) for name in others} | dict(setting or {})
    key = list(table.primary_key.columns)
    lite = _insert(SqliteInsert, table).on_conflict_do_update(index_elements=key, set_=replaced, where=where)
    post = _insert(PostgresInsert, table).on_conflict_do_update(
        index_elements=key, set_=replaced, where=where
    )
    if not returning:
        return _for_both(lite, post)
    return _for_both(lite.returning(*returning), post.returning(*returning))


def _insert(kind: Any, table: Table, numbered: bool = False) -> Any:
    given = [column.name for column in table.columns if not (numbered and column.primary_key)]
    return kind(table).values({name: bindparam(name) for name in given})


def _for_both(lite: Expression, post: Expression) -> Statement:
    return _statement(lite, post, post)


def _statement(lite: Expression, post: Expression, locking: Expression) -> Statement:
    return Statement(
        sqlite=_text(lite, _SQLITE),
        postgres=_text(post, _POSTGRES),
        locking=_text(locking, _POSTGRES),
        changes=not isinstance(lite, Select | TextClause),
    )


def _text(expression: Expression, dialect: Dialect) -> str:
    compiled = expression.compile(dialect=dialect)
    fixed = [name for name, value in compiled.params.items() if value is not None]
    if fixed:
        raise ValueError(f"a value stands in the expression itself: {fixed}")
    return str(compiled)
