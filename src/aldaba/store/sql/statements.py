"""Core expressions turned, once, into the plain SQL text that the driver runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Delete,
    Select,
    Table,
    TextClause,
    Update,
    bindparam,
    literal_column,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import Insert
from sqlalchemy.sql.dml import ReturningInsert

Expression = Select[Any] | Insert | ReturningInsert[Any] | Update | Delete | TextClause

_SQLITE = sqlite.dialect(paramstyle="named")


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with named parameters, and whether running it changes anything."""

    sqlite: str
    changes: bool


def statement(expression: Expression) -> Statement:
    """The text of an expression, all of whose values must be named parameters."""
    compiled = expression.compile(dialect=_SQLITE)
    fixed = [name for name, value in compiled.params.items() if value is not None]
    if fixed:
        raise ValueError(f"a value stands in the expression itself: {fixed}")
    return Statement(str(compiled), changes=not isinstance(expression, Select | TextClause))


def at_most(expression: Select[Any], parameter: str) -> Select[Any]:
    """The first so many rows, the number being a parameter."""
    # Left out, SQLAlchemy writes the offset as an unnamed parameter.
    return expression.limit(bindparam(parameter)).offset(literal_column("0"))


def insert(table: Table) -> Statement:
    """A new row; a row that is there already is an error."""
    return statement(_insert(table))


def upsert(
    table: Table,
    *,
    setting: Mapping[str, ColumnElement[Any]] | None = None,
    where: ColumnElement[bool] | None = None,
    returning: Column[Any] | None = None,
) -> Statement:
    """A new row or, where its key is taken, the old one overwritten (or set as told), if ``where`` holds."""
    others = [column.name for column in table.columns if not column.primary_key]
    replaced: dict[str, Any] = {name: bindparam(name) for name in others} | dict(setting or {})
    expression = _insert(table).on_conflict_do_update(
        index_elements=list(table.primary_key.columns), set_=replaced, where=where
    )
    return statement(expression if returning is None else expression.returning(returning))


def _insert(table: Table) -> Insert:
    return Insert(table).values({column.name: bindparam(column.name) for column in table.columns})
