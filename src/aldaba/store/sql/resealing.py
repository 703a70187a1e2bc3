"""Brings every sealed row under the current storage key, in slices, and counts what each key holds."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Column, Select, Table, bindparam, func, select, update

from aldaba.crypto import base64text, jose
from aldaba.crypto.keyring import KeyName, Keyring
from aldaba.crypto.sealing import NONCE_BYTES, CannotOpen, key_id_of, open_sealed, seal
from aldaba.domain.application import Application
from aldaba.domain.customer import Customer
from aldaba.domain.operators import Invitation, Operator
from aldaba.domain.otp import OneTimeCode
from aldaba.domain.profile import AccessProfile
from aldaba.domain.session import Session
from aldaba.domain.token import Token
from aldaba.service import sealed_places as places
from aldaba.service.code_keys import code_key_id
from aldaba.service.key_ports import Holding
from aldaba.service.ports import KeyPair, RandomBytes
from aldaba.store.sql.audit_rows import HEAD_PLACE
from aldaba.store.sql.connection import SqlConnection
from aldaba.store.sql.messages import MESSAGE_PLACE
from aldaba.store.sql.redigesting import under_peppers
from aldaba.store.sql.session_rows import session_place
from aldaba.store.sql.statements import Statement, at_most, statement
from aldaba.store.sql.store import SqlStore
from aldaba.store.sql.tables import (
    applications,
    audit_chain,
    audit_checkpoints,
    audit_events,
    audit_head,
    audit_stub,
    customers,
    key_pairs,
    messages,
    operator_invitations,
    operators,
    profiles,
    sessions,
    tokens,
)
from aldaba.store.sql.transaction import SqlTransaction
from aldaba.store.sql.values import Row, Value, body_of

SLICE = 200
"""So many rows at most are sealed anew in one act, so that no customer's act waits long behind it."""

ChangeBytes = Callable[[bytes, str], bytes]
Rewrite = Callable[[Row, Keyring, ChangeBytes], bytes]
"""The body that a row should have, given its key and body, the ring, and what becomes of a sealed value."""


def _in_text(change: ChangeBytes) -> places.Change:
    def changed(sealed: str, context: str) -> str:
        try:
            before = base64text.decode_url(sealed)
        except ValueError:
            return sealed  # nothing this house sealed; whoever opens it is told
        after = change(before, context)
        return sealed if after is before else base64text.encode_url(after)

    return changed


def _frozen(kind: type[Any], within: Callable[[Any, Keyring, places.Change], Any]) -> Rewrite:
    read = msgspec.json.Decoder(kind)

    def rewrite(row: Row, keyring: Keyring, change: ChangeBytes) -> bytes:
        before = read.decode(row[1])
        after = within(before, keyring, _in_text(change))
        return row[1] if after == before else body_of(after)

    return rewrite


def _whole(context: Callable[[Any], str]) -> Rewrite:
    return lambda row, _keyring, change: change(row[1], context(row[0]))


@dataclass(frozen=True, slots=True)
class _Place:
    """A table whose bodies are, or hold, something sealed; ``lowest`` comes before every key."""

    table: Table
    key: Column[Any]
    lowest: Value
    rewrite: Rewrite
    page: Statement = field(init=False)
    change: Statement = field(init=False)
    size: Statement = field(init=False)

    def __post_init__(self) -> None:
        body = self.table.c.body
        page: Select[Any] = select(self.key, body).where(self.key > bindparam("after")).order_by(self.key)
        # Only the body that was read: one that an act changed meanwhile is left to the next round.
        unchanged = (self.key == bindparam("place"), body == bindparam("old"))
        put = update(self.table).where(*unchanged).values(body=bindparam("new"))
        object.__setattr__(self, "page", statement(at_most(page, "most")))
        object.__setattr__(self, "change", statement(put))
        object.__setattr__(self, "size", statement(select(func.count()).select_from(self.table)))


_PLACES = (
    _Place(
        profiles, profiles.c.ccs_id, "", _frozen(AccessProfile, lambda it, _, to: places.in_profile(it, to))
    ),
    _Place(customers, customers.c.customer_id, "", _frozen(Customer, places.in_customer)),
    _Place(tokens, tokens.c.serial, "", _frozen(Token, lambda it, _, to: places.in_token(it, to))),
    _Place(
        applications,
        applications.c.client_id,
        "",
        _frozen(Application, lambda it, _, to: places.in_application(it, to)),
    ),
    _Place(key_pairs, key_pairs.c.key_id, "", _frozen(KeyPair, lambda it, _, to: places.in_key_pair(it, to))),
    _Place(operators, operators.c.name, "", _frozen(Operator, lambda it, _, to: places.in_operator(it, to))),
    _Place(
        operator_invitations,
        operator_invitations.c.operator,
        "",
        _frozen(Invitation, lambda it, _, to: places.in_invitation(it, to)),
    ),
    _Place(sessions, sessions.c.handle, "", _whole(session_place)),
    _Place(messages, messages.c.id, -1, _whole(lambda _: MESSAGE_PLACE)),
    _Place(audit_head, audit_head.c.id, -1, _whole(lambda _: HEAD_PLACE)),
)
_MACS = statement(select(audit_events.c.key_id, func.count()).group_by(audit_events.c.key_id))
_LINKS = statement(select(audit_chain.c.key_id, func.count()).group_by(audit_chain.c.key_id))
_SIGNED = tuple((statement(select(table.c.jws)), table.name) for table in (audit_checkpoints, audit_stub))
_READ_SESSION = msgspec.json.Decoder(Session)


class Resealer:
    """Implements ``KeyUsers`` over the tables; may be stopped at any slice and begun again."""

    def __init__(self, store: SqlStore, keyring: Callable[[], Keyring], random_bytes: RandomBytes) -> None:
        self._store, self._keyring, self._random_bytes = store, keyring, random_bytes

    async def rows(self) -> int:
        """How many rows a whole round looks at."""
        return await self._store.read(
            lambda query: sum(int((query.sql.one(place.size) or (0,))[0]) for place in _PLACES)
        )

    async def reseal(self, progress: Callable[[int], None] = lambda _: None) -> int:
        """Seal anew what another than the current key sealed; answers how many rows were changed."""
        looked = changed = 0
        for place in _PLACES:
            after: Value | None = place.lowest
            while after is not None:
                seen, rewritten, after = await self._store.run(self._slice(place, after))
                looked, changed = looked + seen, changed + rewritten
                progress(looked)
        return changed

    async def holdings(self, progress: Callable[[int], None] = lambda _: None) -> Holding:
        """What each key still holds, counted on one snapshot: values by name and id of the key, and table."""
        return await self._store.read(lambda query: _counted(query.sql, self._keyring(), progress))

    def _slice(
        self, place: _Place, after: Value
    ) -> Callable[[SqlTransaction], tuple[int, int, Value | None]]:
        def act(transaction: SqlTransaction) -> tuple[int, int, Value | None]:
            sql, keyring = transaction.sql, self._keyring()
            rows, rewritten = sql.all(place.page, after=after, most=SLICE), 0
            for row in rows:
                body = place.rewrite(row, keyring, self._under_current(keyring))
                if body is not row[1]:
                    rewritten += sql.change(place.change, place=row[0], old=row[1], new=body)
            return len(rows), rewritten, rows[-1][0] if len(rows) == SLICE else None

        return act

    def _under_current(self, keyring: Keyring) -> ChangeBytes:
        current = keyring.current(KeyName.STORAGE)

        def change(sealed: bytes, context: str) -> bytes:
            try:
                if key_id_of(sealed) == current.id:
                    return sealed
                clear = open_sealed(keyring, KeyName.STORAGE, sealed, context)
            except CannotOpen:
                return sealed  # it stays under its key's id, and is counted there
            return seal(current, clear, context, self._random_bytes(NONCE_BYTES))

        return change


def _counted(sql: SqlConnection, keyring: Keyring, progress: Callable[[int], None]) -> Holding:
    held: Counter[tuple[str, str, str]] = Counter()
    looked = 0
    for place in _PLACES:
        for rows in _pages(sql, place):
            for row in rows:
                _count(place, row, keyring, held)
                for key_id, what in under_peppers(place.table, bytes(row[1]), keyring):
                    held[KeyName.PEPPER, key_id, what] += 1
                if place.table is sessions:
                    _count_within(row, keyring, held)
            looked += len(rows)
            progress(looked)
    for made, what in ((_MACS, "audit_events"), (_LINKS, "audit_chain")):
        for key_id, count in sql.all(made):
            held[KeyName.AUDIT, key_id, what] += count
    for signed, what in _SIGNED:
        for (jws,) in sql.all(signed):
            held["e2e-root", jose.kid_of(str(jws)) or "", what] += 1
    return dict(held)


def _pages(sql: SqlConnection, place: _Place) -> Iterator[list[Row]]:
    after = place.lowest
    while rows := sql.all(place.page, after=after, most=SLICE):
        yield rows
        after = rows[-1][0]


def _count(place: _Place, row: Row, keyring: Keyring, held: Counter[tuple[str, str, str]]) -> None:
    def look(sealed: bytes, _context: str) -> bytes:
        try:
            held[KeyName.STORAGE, key_id_of(sealed), place.table.name] += 1
        except CannotOpen:
            held[KeyName.STORAGE, "", place.table.name] += 1
        return sealed

    place.rewrite(row, keyring, look)


def _count_within(row: Row, keyring: Keyring, held: Counter[tuple[str, str, str]]) -> None:
    """A session's one-time codes need the key they are derived under; itself the E2E key it was shown."""
    try:
        body = open_sealed(keyring, KeyName.STORAGE, row[1], session_place(row[0]))
    except CannotOpen:
        return
    session = _READ_SESSION.decode(body)
    if session.key_id is not None:
        held["e2e", session.key_id, "sessions"] += 1
    codes: tuple[OneTimeCode | None, ...] = (session.recovery.code, session.certification.code)
    for code in codes:
        if code is not None:
            held[KeyName.OTP, code_key_id(code.nonce, keyring), "sessions"] += 1
