"""Rows and the sandbox's message box; number, text and code are sealed even there."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import bindparam, delete, select

from aldaba.crypto.digests import Secret, keyed_digest
from aldaba.crypto.keyring import KeyName, Keyring
from aldaba.crypto.sealing import NONCE_BYTES, open_sealed, seal
from aldaba.service.ports import Message, RandomBytes
from aldaba.store.sql.connection import SqlConnection
from aldaba.store.sql.statements import at_most, insert, statement
from aldaba.store.sql.tables import messages
from aldaba.store.sql.values import body_of

MESSAGE_PLACE = "message"
"""The context of every sealed message."""

_ADD = insert(messages, numbered=True)
_TO = statement(
    select(messages.c.body)
    .where(messages.c.phone_digest == bindparam("phone_digest"))
    .order_by(messages.c.id.desc())
)
_NEWEST = statement(at_most(select(messages.c.body).order_by(messages.c.id.desc()), "most"))
_CLEAR = statement(delete(messages))


@dataclass(frozen=True, slots=True)
class _Written:
    """A message without the stars; it exists only between here and the seal."""

    to: str
    channel: str
    text: str
    otp: str | None
    at: datetime


_READ = msgspec.json.Decoder(_Written)


class SqlMessages:
    def __init__(self, sql: SqlConnection, keyring: Callable[[], Keyring], random_bytes: RandomBytes) -> None:
        self._sql, self._keyring, self._random_bytes = sql, keyring, random_bytes

    def add(self, message: Message) -> None:
        otp = None if message.otp is None else message.otp.reveal()
        written = _Written(message.to, message.channel, message.text.reveal(), otp, message.at)
        key, nonce = self._keyring().current(KeyName.STORAGE), self._random_bytes(NONCE_BYTES)
        sealed = seal(key, body_of(written), MESSAGE_PLACE, nonce)
        self._sql.change(_ADD, phone_digest=self._digest(message.to), body=sealed)

    def to(self, phone: str) -> tuple[Message, ...]:
        rows = self._sql.all(_TO, phone_digest=self._digest(phone))
        return tuple(self._opened(row[0]) for row in rows)

    def newest(self, most: int) -> tuple[Message, ...]:
        return tuple(self._opened(row[0]) for row in self._sql.all(_NEWEST, most=most))

    def clear(self) -> None:
        self._sql.change(_CLEAR)

    def _opened(self, sealed: bytes) -> Message:
        written = _READ.decode(open_sealed(self._keyring(), KeyName.STORAGE, sealed, MESSAGE_PLACE))
        otp = None if written.otp is None else Secret(written.otp)
        return Message(written.to, written.channel, Secret(written.text), otp, written.at)

    def _digest(self, phone: str) -> bytes:
        return keyed_digest(self._keyring().current(KeyName.IDENTITY).secret, "message/phone", phone)
