"""Where the sending of the audit stands: one row, taken and moved in acts, so that two servers never send."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import bindparam, or_, select, update

from aldaba.service.audit_outbox import Outgoing, Turn
from aldaba.store.sql.audit_export import as_row
from aldaba.store.sql.statements import at_most, insert, statement
from aldaba.store.sql.store import SqlStore
from aldaba.store.sql.tables import audit_chain, audit_events, audit_outbox
from aldaba.store.sql.transaction import SqlTransaction
from aldaba.store.sql.values import milliseconds, moment_of

NAME = "webhook"

_named = audit_outbox.c.name == bindparam("named")
_LOOK = statement(select(audit_outbox.c.last_id).where(_named))
_BEGIN = insert(audit_outbox)
_held = audit_outbox.c.holder == bindparam("by")
# One statement, so that of two servers that ask at once only one has it, on any database.
_TAKE = statement(
    update(audit_outbox)
    .where(
        _named,
        or_(_held, audit_outbox.c.held_until <= bindparam("now")),
        audit_outbox.c.due_at <= bindparam("now"),
    )
    .values(holder=bindparam("by"), held_until=bindparam("until"))
    .returning(audit_outbox.c.last_id, audit_outbox.c.failures)
)
_REACH = statement(
    update(audit_outbox)
    .where(_named, _held)
    .values(last_id=bindparam("reached"), held_until=bindparam("until"), failures=bindparam("none"))
)
_FAIL = statement(
    update(audit_outbox).where(_named, _held).values(failures=bindparam("many"), due_at=bindparam("due"))
)
_ROWS = statement(
    at_most(
        select(
            audit_events.c.id,
            audit_events.c.body,
            audit_events.c.key_id,
            audit_events.c.mac,
            audit_events.c.type,
            audit_events.c.at,
        )
        # Only what the chain binds: rows of acts that commit later can then no longer come in between.
        .join(audit_chain, audit_chain.c.event_id == audit_events.c.id)
        .where(audit_events.c.id > bindparam("after"))
        .order_by(audit_events.c.id),
        "most",
    )
)


class SqlOutboxCursor:
    """Implements ``OutboxCursor``; the first turn begins with the oldest row there is."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    async def take(self, holder: str, now: datetime, until: datetime) -> Turn | None:
        return await self._store.run(_taking(holder, milliseconds(now), milliseconds(until)))

    async def rows(self, after: int, most: int) -> Sequence[Outgoing]:
        found = await self._store.read(lambda query: query.sql.all(_ROWS, after=after, most=most))
        return [Outgoing(row[0], row[4], moment_of(row[5]), as_row(row[:4])) for row in found]

    async def reached(self, holder: str, last_id: int, until: datetime) -> bool:
        moved = await self._store.run(
            lambda act: act.sql.change(
                _REACH, named=NAME, by=holder, reached=last_id, until=milliseconds(until), none=0
            )
        )
        return moved == 1

    async def failed(self, holder: str, failures: int, due: datetime) -> None:
        await self._store.run(
            lambda act: act.sql.change(_FAIL, named=NAME, by=holder, many=failures, due=milliseconds(due))
        )


def _taking(holder: str, now: int, until: int) -> Callable[[SqlTransaction], Turn | None]:
    def act(transaction: SqlTransaction) -> Turn | None:
        sql = transaction.sql
        row = sql.one(_TAKE, named=NAME, by=holder, now=now, until=until)
        if row is not None:
            return Turn(row[0], row[1])
        if sql.one(_LOOK, named=NAME) is not None:
            return None
        sql.change(_BEGIN, name=NAME, last_id=0, holder=holder, held_until=until, failures=0, due_at=0)
        return Turn(0, 0)

    return act
