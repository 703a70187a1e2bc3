"""Sessions inside an act: found, put in place and ended together with whatever else the act does."""

from collections.abc import Callable

import msgspec
from sqlalchemy import bindparam, delete, or_, select

from aldaba.crypto.keyring import KeyName, Keyring
from aldaba.crypto.sealing import NONCE_BYTES, CannotOpen, open_sealed, seal
from aldaba.domain.session import Session
from aldaba.service.ports import RandomBytes
from aldaba.store.sql.connection import SqlConnection
from aldaba.store.sql.statements import statement, upsert
from aldaba.store.sql.tables import sessions
from aldaba.store.sql.values import Row, Value, body_of, milliseconds, moment_of

_READ = msgspec.json.Decoder(Session)

_named = sessions.c.handle == bindparam("named")
_LOOK = statement(select(sessions.c.body, sessions.c.touched_at).where(_named), locks=sessions)
_PLACE = upsert(sessions)
_END = statement(delete(sessions).where(or_(_named, sessions.c.successor == bindparam("named"))))


def session_place(handle: str) -> str:
    """The context of a sealed session."""
    return f"session/{handle}"


class SqlSessionRows:
    """The bodies are sealed under the storage key, because they hold end-to-end keys."""

    def __init__(self, sql: SqlConnection, keyring: Callable[[], Keyring], random_bytes: RandomBytes) -> None:
        self._sql, self._keyring, self._random_bytes = sql, keyring, random_bytes

    def find(self, handle: str) -> Session | None:
        return self.read(handle, self._sql.held(f"session/{handle}", _LOOK, named=handle))

    def place(self, session: Session) -> None:
        self._sql.change(_PLACE, **self.row(session))

    def end(self, handle: str) -> None:
        self._sql.change(_END, named=handle)

    def row(self, session: Session) -> dict[str, Value]:
        key, nonce = self._keyring().current(KeyName.STORAGE), self._random_bytes(NONCE_BYTES)
        return {
            "handle": session.handle,
            "application_id": session.application_id,
            "expires_at": milliseconds(session.expires_at),
            "touched_at": milliseconds(session.touched_at),
            "successor": session.successor,
            "body": seal(key, body_of(session), session_place(session.handle), nonce),
        }

    def read(self, handle: str, row: Row | None) -> Session | None:
        if row is None:
            return None
        try:
            body = open_sealed(self._keyring(), KeyName.STORAGE, row[0], session_place(handle))
        except CannotOpen:
            return None  # somebody wrote into the file, or its key is gone: the session is no good
        session = _READ.decode(body)
        # Fresh from the decoder, nobody else's yet: a copy of every field would cost more than the decoding.
        object.__setattr__(session, "touched_at", moment_of(row[1]))
        return session
