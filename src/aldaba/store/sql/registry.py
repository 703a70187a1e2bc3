"""Rows and what the house keeps about itself: applications, key pairs, named values."""

import msgspec
from sqlalchemy import bindparam, delete, select

from aldaba.domain.application import Application
from aldaba.service.ports import KeyPair
from aldaba.store.sql.connection import SqlConnection
from aldaba.store.sql.statements import statement, upsert
from aldaba.store.sql.tables import applications, house_state, key_pairs
from aldaba.store.sql.values import body_of, milliseconds

_READ_APPLICATION = msgspec.json.Decoder(Application)
_READ_KEY_PAIR = msgspec.json.Decoder(KeyPair)

_APPLICATION = statement(
    select(applications.c.body).where(applications.c.client_id == bindparam("client_id")),
    locks=applications,
)
_APPLICATIONS = statement(select(applications.c.body).order_by(applications.c.client_id))
_SAVE_APPLICATION = upsert(applications)

_KEY_PAIRS = statement(
    select(key_pairs.c.body)
    .where(key_pairs.c.purpose == bindparam("purpose"))
    .order_by(key_pairs.c.created_at.desc(), key_pairs.c.key_id.desc())
)
_SAVE_KEY_PAIR = upsert(key_pairs)
_REMOVE_KEY_PAIR = statement(delete(key_pairs).where(key_pairs.c.key_id == bindparam("key_id")))

_GET = statement(
    select(house_state.c.value).where(house_state.c.name == bindparam("name")), locks=house_state
)
_PUT = upsert(house_state)


class SqlApplications:
    def __init__(self, sql: SqlConnection) -> None:
        self._sql = sql

    def find(self, client_id: str) -> Application | None:
        row = self._sql.held(f"application/{client_id}", _APPLICATION, client_id=client_id)
        return None if row is None else _READ_APPLICATION.decode(row[0])

    def save(self, application: Application) -> None:
        self._sql.change(_SAVE_APPLICATION, client_id=application.client_id, body=body_of(application))

    def all(self) -> tuple[Application, ...]:
        return tuple(_READ_APPLICATION.decode(row[0]) for row in self._sql.all(_APPLICATIONS))


class SqlKeyPairs:
    def __init__(self, sql: SqlConnection) -> None:
        self._sql = sql

    def all(self, purpose: str) -> tuple[KeyPair, ...]:
        self._sql.hold(f"key pairs/{purpose}")
        return tuple(_READ_KEY_PAIR.decode(row[0]) for row in self._sql.all(_KEY_PAIRS, purpose=purpose))

    def save(self, pair: KeyPair) -> None:
        self._sql.change(
            _SAVE_KEY_PAIR,
            key_id=pair.key_id,
            purpose=pair.purpose,
            created_at=milliseconds(pair.created_at),
            body=body_of(pair),
        )

    def remove(self, key_id: str) -> None:
        self._sql.change(_REMOVE_KEY_PAIR, key_id=key_id)


class SqlHouseState:
    def __init__(self, sql: SqlConnection) -> None:
        self._sql = sql

    def get(self, name: str) -> str | None:
        row = self._sql.held(f"house/{name}", _GET, name=name)
        return None if row is None else str(row[0])

    def put(self, name: str, value: str) -> None:
        self._sql.change(_PUT, name=name, value=value)
