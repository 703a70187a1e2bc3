"""Rows and operators: accounts, sessions, invitations, and requests for four eyes."""

from datetime import datetime

import msgspec
from sqlalchemy import bindparam, delete, select

from aldaba.domain.four_eyes import Grant
from aldaba.domain.operators import Invitation, Operator, OperatorSession
from aldaba.store.sql.connection import SqlConnection
from aldaba.store.sql.statements import at_most, statement, upsert
from aldaba.store.sql.tables import grants, operator_invitations, operator_sessions, operators
from aldaba.store.sql.values import body_of, milliseconds

_READ_OPERATOR = msgspec.json.Decoder(Operator)
_READ_SESSION = msgspec.json.Decoder(OperatorSession)
_READ_INVITATION = msgspec.json.Decoder(Invitation)
_READ_GRANT = msgspec.json.Decoder(Grant)

_OPERATOR = statement(select(operators.c.body).where(operators.c.name == bindparam("name")), locks=operators)
_OPERATORS = statement(select(operators.c.body).order_by(operators.c.name))
_SAVE_OPERATOR = upsert(operators)

_SESSION = statement(
    select(operator_sessions.c.body).where(operator_sessions.c.handle == bindparam("handle")),
    locks=operator_sessions,
)
_PLACE_SESSION = upsert(operator_sessions)
_END_SESSION = statement(delete(operator_sessions).where(operator_sessions.c.handle == bindparam("handle")))
_END_SESSIONS = statement(
    delete(operator_sessions).where(operator_sessions.c.operator == bindparam("operator"))
)

_INVITATION = statement(
    select(operator_invitations.c.body).where(operator_invitations.c.digest == bindparam("digest")),
    locks=operator_invitations,
)
_INVITE = upsert(operator_invitations)
_TAKE_BACK = statement(
    delete(operator_invitations).where(operator_invitations.c.operator == bindparam("operator"))
)

_GRANT = statement(select(grants.c.body).where(grants.c.id == bindparam("id")), locks=grants)
_NEWEST = select(grants.c.body).order_by(grants.c.requested_at.desc(), grants.c.id.desc())
_GRANTS = statement(at_most(_NEWEST, "most"))
_GRANTS_SINCE = statement(_NEWEST.where(grants.c.requested_at >= bindparam("since")))
_SAVE_GRANT = upsert(grants)


class SqlOperatorRows:
    def __init__(self, sql: SqlConnection) -> None:
        self._sql = sql

    def find(self, name: str) -> Operator | None:
        row = self._sql.held(f"operator/{name}", _OPERATOR, name=name)
        return None if row is None else _READ_OPERATOR.decode(row[0])

    def all(self) -> tuple[Operator, ...]:
        return tuple(_READ_OPERATOR.decode(row[0]) for row in self._sql.all(_OPERATORS))

    def save(self, operator: Operator) -> None:
        self._sql.change(_SAVE_OPERATOR, name=operator.name, body=body_of(operator))

    def session(self, handle: str) -> OperatorSession | None:
        row = self._sql.held(f"operator session/{handle}", _SESSION, handle=handle)
        return None if row is None else _READ_SESSION.decode(row[0])

    def place_session(self, session: OperatorSession) -> None:
        self._sql.change(
            _PLACE_SESSION,
            handle=session.handle,
            operator=session.operator,
            expires_at=milliseconds(session.expires_at),
            body=body_of(session),
        )

    def end_session(self, handle: str) -> None:
        self._sql.change(_END_SESSION, handle=handle)

    def end_sessions(self, operator: str) -> None:
        self._sql.change(_END_SESSIONS, operator=operator)

    def invitation(self, digest: bytes) -> Invitation | None:
        row = self._sql.held(f"invitation/{digest.hex()}", _INVITATION, digest=digest)
        return None if row is None else _READ_INVITATION.decode(row[0])

    def invite(self, invitation: Invitation) -> None:
        self._sql.change(
            _INVITE,
            operator=invitation.operator,
            digest=invitation.digest,
            expires_at=milliseconds(invitation.expires_at),
            body=body_of(invitation),
        )

    def take_back(self, operator: str) -> None:
        self._sql.change(_TAKE_BACK, operator=operator)

    def grant(self, grant_id: str) -> Grant | None:
        row = self._sql.held(f"grant/{grant_id}", _GRANT, id=grant_id)
        return None if row is None else _READ_GRANT.decode(row[0])

    def save_grant(self, grant: Grant, forget_at: datetime) -> None:
        self._sql.change(
            _SAVE_GRANT,
            id=grant.id,
            requested_at=milliseconds(grant.requested_at),
            expires_at=milliseconds(forget_at),
            body=body_of(grant),
        )

    def grants(self, most: int) -> tuple[Grant, ...]:
        return tuple(_READ_GRANT.decode(row[0]) for row in self._sql.all(_GRANTS, most=most))

    def grants_since(self, moment: datetime) -> tuple[Grant, ...]:
        rows = self._sql.all(_GRANTS_SINCE, since=milliseconds(moment))
        return tuple(_READ_GRANT.decode(row[0]) for row in rows)
