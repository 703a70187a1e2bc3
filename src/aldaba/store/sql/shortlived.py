"""Rows and what is forgotten by itself: replay marks, request ids, quotas, and the sweep of all of it."""

from datetime import datetime

from sqlalchemy import Table, bindparam, case, delete, select, tuple_

from aldaba.domain.quotas import Sliding
from aldaba.service.ports import SET_BACK
from aldaba.store.request_ids import request_key
from aldaba.store.sql.connection import SqlConnection
from aldaba.store.sql.statements import Statement, at_most, statement, upsert
from aldaba.store.sql.tables import (
    grants,
    notices,
    operator_invitations,
    operator_sessions,
    profiles,
    quotas,
    replay_marks,
    request_marks,
    sessions,
)
from aldaba.store.sql.values import digest_of, milliseconds

SLICE = 500
"""So many rows at most go in one act of the sweep, so that no customer's act waits long behind it."""

# A mark whose time is over may be claimed again.
_CLAIM = upsert(replay_marks, where=replay_marks.c.expires_at <= bindparam("now"))
_CLAIM_REQUEST = upsert(request_marks, where=request_marks.c.expires_at <= bindparam("now"))

_ADDED = {
    "figure": case(
        (quotas.c.expires_at > bindparam("now"), quotas.c.figure + bindparam("figure")),
        else_=bindparam("figure"),
    )
}
_COUNT = upsert(quotas, setting=_ADDED, returning=(quotas.c.figure,))
_before = quotas.alias("before")
_SLIDE = upsert(
    quotas,
    setting=_ADDED,
    returning=(
        quotas.c.figure,
        select(_before.c.figure)
        .where(_before.c.name == bindparam("before"), _before.c.expires_at > bindparam("now"))
        .scalar_subquery(),
    ),
)
_FIGURE = statement(
    select(quotas.c.figure).where(quotas.c.name == bindparam("name"), quotas.c.expires_at > bindparam("now"))
)


class SqlReplays:
    def __init__(self, sql: SqlConnection) -> None:
        self._sql = sql

    def claim(self, kind: str, value: str, until: datetime, now: datetime) -> bool:
        return (
            self._sql.change(
                _CLAIM,
                kind=kind,
                digest=digest_of(value),
                expires_at=milliseconds(until),
                now=milliseconds(now),
            )
            == 1
        )


def claim_request(
    sql: SqlConnection, application_id: str, request_id: str, until: datetime, now: datetime
) -> bool:
    """True for the first request of the application with this id, False for every later one."""
    return (
        sql.change(
            _CLAIM_REQUEST,
            application_id=application_id,
            request_id=request_key(request_id),
            expires_at=milliseconds(until),
            now=milliseconds(now),
        )
        == 1
    )


class SqlQuotas:
    def __init__(self, sql: SqlConnection) -> None:
        self._sql = sql

    def count(self, name: str, ends_at: datetime, now: datetime, by: int = 1) -> int:
        ends, moment = milliseconds(ends_at), milliseconds(now)
        row = self._sql.one(_COUNT, name=name, figure=by, expires_at=ends, now=moment)
        return by if row is None else int(row[0])

    def slide(self, window: Sliding, now: datetime, by: int = 1) -> tuple[int, int]:
        row = self._sql.one(
            _SLIDE,
            name=window.present,
            before=window.before,
            figure=by,
            expires_at=milliseconds(window.kept_until),
            now=milliseconds(now),
        )
        return (by, 0) if row is None else (int(row[0]), int(row[1] or 0))

    def figure(self, name: str, now: datetime) -> int:
        row = self._sql.one(_FIGURE, name=name, now=milliseconds(now))
        return 0 if row is None else int(row[0])


def _forget(table: Table) -> Statement:
    key = list(table.primary_key.columns)
    expired = table.c.expires_at <= bindparam("now")
    slice_of = at_most(select(*key).where(expired), "slice").with_for_update(skip_locked=True)
    named = key[0] if len(key) == 1 else tuple_(*key)
    # Said twice: a row that another node renews between the two looks must stay.
    return statement(delete(table).where(named.in_(slice_of), expired))


_FORGET = tuple(
    _forget(table)
    for table in (
        sessions,
        profiles,
        notices,
        operator_sessions,
        operator_invitations,
        grants,
    )
)
# Forgotten at once, what was used once would be good again when a clock that ran ahead is set back.
_FORGET_LATE = tuple(_forget(table) for table in (request_marks, replay_marks, quotas))


def sweep_slice(sql: SqlConnection, now: datetime) -> bool:
    """Forget a slice of what has expired; True when there may be more.

    A session that only stood idle goes when its longest life is over: an index that every touch would
    have to change costs more than an hour of a sealed row.
    """
    gone = [sql.change(each, now=milliseconds(now), slice=SLICE) for each in _FORGET]
    late = milliseconds(now - SET_BACK)
    gone += [sql.change(each, now=late, slice=SLICE) for each in _FORGET_LATE]
    return max(gone) == SLICE
