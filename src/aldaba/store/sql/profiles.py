"""Rows and access profiles."""

import msgspec
from sqlalchemy import bindparam, delete, or_, select

from aldaba.domain.profile import AccessProfile
from aldaba.service.ports import Clock
from aldaba.store.sql.connection import SqlConnection
from aldaba.store.sql.statements import statement, upsert
from aldaba.store.sql.tables import profiles
from aldaba.store.sql.values import body_of, milliseconds

_READ = msgspec.json.Decoder(AccessProfile)

_FIND = statement(
    select(profiles.c.body).where(
        profiles.c.ccs_id == bindparam("ccs_id"),
        or_(profiles.c.expires_at.is_(None), profiles.c.expires_at > bindparam("now")),
    ),
    locks=profiles,
)
_SAVE = upsert(profiles)
_REMOVE = statement(delete(profiles).where(profiles.c.ccs_id == bindparam("ccs_id")))


class SqlProfiles:
    def __init__(self, sql: SqlConnection, clock: Clock) -> None:
        self._sql, self._clock = sql, clock

    def find(self, ccs_id: str) -> AccessProfile | None:
        row = self._sql.held(f"profile/{ccs_id}", _FIND, ccs_id=ccs_id, now=milliseconds(self._clock()))
        return None if row is None else _READ.decode(row[0])

    def save(self, profile: AccessProfile) -> None:
        expires_at = None if profile.expires_at is None else milliseconds(profile.expires_at)
        self._sql.change(_SAVE, ccs_id=profile.ccs_id, expires_at=expires_at, body=body_of(profile))

    def remove(self, ccs_id: str) -> None:
        self._sql.change(_REMOVE, ccs_id=ccs_id)
