"""Rows and the outbox of notices: due ones by time, sent ones remembered by their id alone."""

from datetime import datetime

import msgspec
from sqlalchemy import bindparam, select

from aldaba.service.ports import Notice
from aldaba.store.sql.connection import SqlConnection
from aldaba.store.sql.statements import at_most, insert_if_absent, statement, upsert
from aldaba.store.sql.tables import notices
from aldaba.store.sql.values import Value, body_of, milliseconds

_READ = msgspec.json.Decoder(Notice)

_ADD = insert_if_absent(notices)
_PUT = upsert(notices)
_DUE = statement(
    at_most(
        select(notices.c.body)
        .where(notices.c.due_at.is_not(None), notices.c.due_at <= bindparam("now"))
        .order_by(notices.c.due_at),
        "most",
    ),
    locks=notices,
    skip_locked=True,
)


class SqlNotices:
    def __init__(self, sql: SqlConnection) -> None:
        self._sql = sql

    def add(self, notice: Notice) -> None:
        self._sql.change(_ADD, **_row(notice, due_at=notice.at))

    def due(self, now: datetime, most: int) -> tuple[Notice, ...]:
        rows = self._sql.all(_DUE, now=milliseconds(now), most=most)
        return tuple(_READ.decode(row[0]) for row in rows)

    def postpone(self, notice: Notice, until: datetime) -> None:
        self._sql.change(_PUT, **_row(notice, due_at=until))

    def sent(self, notice_id: str, forget_at: datetime) -> None:
        self._sql.change(_PUT, id=notice_id, due_at=None, expires_at=milliseconds(forget_at), body=b"null")


def _row(notice: Notice, due_at: datetime) -> dict[str, Value]:
    return {"id": notice.id, "due_at": milliseconds(due_at), "expires_at": None, "body": body_of(notice)}
