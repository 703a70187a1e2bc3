"""What the store holds at a moment, for metrics and the doctor: counted over indexes, bodies unread."""

from datetime import datetime

from sqlalchemy import bindparam, func, select

from aldaba.service.key_supply import Purpose
from aldaba.service.ports import KeyPairState
from aldaba.service.watching import Figures
from aldaba.store.sql.statements import at_most, statement
from aldaba.store.sql.tables import audit_chain, audit_events, notices, sessions
from aldaba.store.sql.transaction import SqlTransaction
from aldaba.store.sql.values import Row, milliseconds, moment_of

_SESSIONS = statement(
    select(func.count())
    .select_from(sessions)
    .where(sessions.c.expires_at > bindparam("now"), sessions.c.successor.is_(None))
)
_LAST_LINKED = statement(select(func.max(audit_chain.c.event_id)))
_not_linked = audit_events.c.id > bindparam("linked")
_UNSEALED = statement(select(func.count()).where(_not_linked))
_OLDEST_UNSEALED = statement(select(func.min(audit_events.c.at)).where(_not_linked))
_NOTICES = statement(select(func.count()).where(notices.c.due_at.is_not(None)))
_OLDEST_NOTICE = statement(select(func.min(notices.c.due_at)))
_NEWEST_EVENT = statement(at_most(select(audit_events.c.at).order_by(audit_events.c.id.desc()), "most"))


def newest_event(query: SqlTransaction) -> datetime | None:
    """When the newest audit row was written, by the clock of whoever wrote it."""
    return _moment(query.sql.one(_NEWEST_EVENT, most=1))


def figures(query: SqlTransaction, now: datetime) -> Figures:
    """One consistent look. Raises ``HouseUnavailable``."""
    sql = query.sql
    linked = _number(sql.one(_LAST_LINKED))
    return Figures(
        _number(sql.one(_SESSIONS, now=milliseconds(now))),
        _number(sql.one(_UNSEALED, linked=linked)),
        _moment(sql.one(_OLDEST_UNSEALED, linked=linked)),
        _number(sql.one(_NOTICES)),
        _moment(sql.one(_OLDEST_NOTICE)),
        {
            purpose.value: pair.created_at
            for purpose in Purpose
            for pair in query.key_pairs.all(purpose)
            if pair.state is KeyPairState.CURRENT
        },
    )


def _number(row: Row | None) -> int:
    return 0 if row is None or row[0] is None else int(row[0])


def _moment(row: Row | None) -> datetime | None:
    return None if row is None or row[0] is None else moment_of(row[0])
