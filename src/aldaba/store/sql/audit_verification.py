"""Reads the whole log again and names every row that is not as this house wrote it."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import bindparam, func, select

from aldaba.crypto.digests import equal
from aldaba.crypto.keyring import KeyName, Keyring, UnknownKey
from aldaba.crypto.sealing import CannotOpen
from aldaba.store.sql.audit_checkpoints import OpenSigned
from aldaba.store.sql.audit_rows import Head, next_link, row_mac
from aldaba.store.sql.audit_sealing import read_head
from aldaba.store.sql.audit_stub import Stub, StubChanged, read_stub
from aldaba.store.sql.connection import SqlConnection
from aldaba.store.sql.statements import at_most, statement
from aldaba.store.sql.tables import audit_chain, audit_checkpoints, audit_events
from aldaba.store.sql.transaction import SqlTransaction
from aldaba.store.sql.values import Row

PAGE = 1000
NAMED = 1000
"""So many damages are named at most; the rest is only counted."""

_BEFORE_ALL = -(2**63)

_LINKED_ROWS = (
    select(
        *audit_events.columns,
        audit_chain.c.event_id.label("linked_id"),
        audit_chain.c.key_id.label("link_key_id"),
        audit_chain.c.link,
    )
    .outerjoin_from(audit_events, audit_chain, audit_chain.c.event_id == audit_events.c.id)
    .where(audit_events.c.id > bindparam("after"))
    .order_by(audit_events.c.id)
)
_ROWS = statement(at_most(_LINKED_ROWS, "most"))
_LAST_LINKED = statement(select(func.max(audit_chain.c.event_id)))
_ROWLESS = statement(
    at_most(
        select(audit_chain.c.event_id)
        .outerjoin_from(audit_chain, audit_events, audit_events.c.id == audit_chain.c.event_id)
        .where(audit_events.c.id.is_(None))
        .order_by(audit_chain.c.event_id),
        "most",
    )
)
_CHECKPOINTS = statement(select(audit_checkpoints.c.count, audit_checkpoints.c.link, audit_checkpoints.c.jws))
_COLUMNS = len(audit_events.columns)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link known from elsewhere: a signed checkpoint, or a figure an auditor took away."""

    count: int
    link: bytes


@dataclass(frozen=True, slots=True)
class Damage:
    """What is wrong, and with which row; None when it is the head or the length of the chain."""

    row: int | None
    what: str


@dataclass(slots=True)
class AuditReport:
    """``unsealed`` are the newest rows, checked but not linked yet; ``found`` counts every damage.

    ``purged`` rows are gone with a signed stub in their place.
    """

    rows: int = 0
    purged: int = 0
    linked: int = 0
    unsealed: int = 0
    head: Head | None = None
    found: int = 0
    damages: list[Damage] = field(default_factory=list)

    @property
    def intact(self) -> bool:
        return self.found == 0

    def add(self, row: int | None, what: str) -> None:
        self.found += 1
        if self.found <= NAMED:
            self.damages.append(Damage(row, what))


def verify_chain(
    transaction: SqlTransaction,
    keyring: Keyring,
    *,
    anchor: Anchor | None = None,
    signed: OpenSigned | None = None,
    progress: Callable[[int], None] = lambda _rows: None,
) -> AuditReport:
    """Read every row once, in bounded memory; ``progress`` is told after each page how many were read.

    ``signed`` opens what the root key signed: checkpoints and the stub of a purge. Without it the
    signatures of checkpoints are not looked at, and a purged log is not believed.
    """
    report, sql = AuditReport(), transaction.sql
    # Bytes that are no UTF-8 must be named as damage and not stop the reading.
    with sql.lenient():
        walk = _Walk(transaction, keyring, report, anchor, signed)
        for page in _pages(sql):
            for row in page:
                walk.step(row)
            progress(report.rows)
        walk.finish()
    return report


def _pages(sql: SqlConnection) -> Iterator[list[Row]]:
    page = sql.all(_ROWS, after=_BEFORE_ALL, most=PAGE)
    while page:
        yield page
        page = sql.all(_ROWS, after=page[-1][0], most=PAGE)


class _Walk:
    """Where the reading stands: the id that must come next, and the link it must follow."""

    def __init__(
        self,
        transaction: SqlTransaction,
        keyring: Keyring,
        report: AuditReport,
        anchor: Anchor | None,
        signed: OpenSigned | None,
    ) -> None:
        sql, ids = transaction.sql, transaction.audit_ids
        self._keyring, self._report = keyring, report
        self._gapless = ids.gapless
        rowless = [] if ids.gapless else sql.all(_ROWLESS, most=NAMED + 1)
        self._missing = deque(row[0] for row in rowless)
        """Ids that were linked and whose rows are gone, in order."""
        stub = self._taken_stub(sql, signed)
        self._purged = report.purged = stub.count
        self._expected = stub.last_id + 1
        self._previous: bytes | None = stub.link
        """None after a gap: what the next link follows is unknown."""
        self._last_link = stub.link
        self._last_linked = _number(sql.one(_LAST_LINKED))
        self._last_id = max(ids.last(), self._last_linked, stub.last_id)
        self._take_head(sql)
        self._marks = list(self._checkpoints(sql, signed))
        if anchor is not None and anchor.count:  # an anchor of an empty chain binds nothing
            self._take_anchor(anchor)
        self._marks.sort(key=lambda mark: mark[0], reverse=True)

    def step(self, row: Row) -> None:
        """Check one row: its place, its MAC, its link."""
        event_id, mac = row[0], row[_COLUMNS - 1]
        self._report.rows += 1
        self._find_gap(event_id)
        self._check_mac(event_id, row[: _COLUMNS - 1], mac)
        linked_id, key_id, link = row[_COLUMNS:]
        if linked_id is not None:
            self._check_link(event_id, mac, key_id, link)
        elif event_id <= self._last_linked:
            self._report.add(event_id, "its link is missing")
            self._previous = None
        else:
            self._report.unsealed += 1

    def finish(self) -> None:
        """What only the end of the log can tell: rows missing there, the head, marks not reached."""
        self._find_gap(self._last_id + 1)
        head, report = self._report.head, self._report
        linked = self._purged + report.linked
        if head is not None and (head.count != linked or not equal(head.link, self._last_link)):
            report.add(None, f"the head names {head.count} linked rows, up to row {head.last_event_id}")
        for _count, _link, name in self._marks:
            report.add(None, f"the chain is shorter than {name}")

    def _taken_stub(self, sql: SqlConnection, signed: OpenSigned | None) -> Stub:
        try:
            return read_stub(sql, signed)
        except StubChanged:
            self._report.add(None, "the stub that stands for purged rows was changed")
            return Stub()

    def _checkpoints(self, sql: SqlConnection, signed: OpenSigned | None) -> Iterator[tuple[int, bytes, str]]:
        for count, link, jws in sql.all(_CHECKPOINTS):
            claims = None if signed is None else signed(str(jws))
            told = (None, None) if claims is None else (claims.get("count"), claims.get("link"))
            if signed is not None and told != (count, link.hex() if isinstance(link, bytes) else link):
                self._report.add(None, f"checkpoint {count} is not as it was signed")
            yield count, link, f"checkpoint {count}"

    def _take_anchor(self, anchor: Anchor) -> None:
        name = f"anchor {anchor.count}"
        if anchor.count > self._purged:
            self._marks.append((anchor.count, anchor.link, name))
        elif anchor.count < self._purged:
            self._report.add(None, f"{name} lies within what was purged and proves nothing: use a newer one")
        elif not _same(self._last_link, anchor.link):
            self._report.add(None, f"what was purged does not end with the link of {name}")

    def _take_head(self, sql: SqlConnection) -> None:
        try:
            self._report.head = head = read_head(sql, self._keyring)
        except CannotOpen:
            self._report.add(None, "the head was changed")
            return
        if head is not None:
            self._last_id = max(self._last_id, head.last_event_id)
            self._last_linked = max(self._last_linked, head.last_event_id)
        elif self._last_linked:
            self._report.add(None, "the head is missing")

    def _find_gap(self, event_id: int) -> None:
        if not self._gapless:
            self._find_rowless(event_id)
            return
        last = event_id - 1
        if event_id > self._expected:
            more = f", and so is every row up to {last}" if last > self._expected else ""
            self._report.add(self._expected, f"the row is missing{more}")
            self._previous = None
        self._expected = max(self._expected, event_id + 1)

    def _find_rowless(self, event_id: int) -> None:
        # An act rolled back leaves a gap, so only a link tells that there was a row once.
        while self._missing and self._missing[0] < event_id:
            self._report.add(self._missing.popleft(), "the row is missing")
            self._previous = None

    def _check_mac(self, event_id: int, columns: Row, mac: object) -> None:
        try:
            expected = row_mac(self._keyring.by_id(KeyName.AUDIT, columns[-1]).secret, columns)
        except UnknownKey:
            self._report.add(event_id, "no key of this house made its MAC")
            return
        except UnicodeEncodeError:
            expected = None  # no text that this house would write
        if expected is None or not _same(mac, expected):
            self._report.add(event_id, "its MAC is wrong")

    def _check_link(self, event_id: int, mac: object, key_id: str, link: object) -> None:
        self._report.linked += 1
        if self._previous is not None and not _same(link, self._follows(event_id, mac, key_id)):
            self._report.add(event_id, "its link does not follow the row before")
        # Going on from the link as it stands names this row only, not every later one.
        self._previous = self._last_link = link if isinstance(link, bytes) else b""
        linked = self._purged + self._report.linked
        while self._marks and self._marks[-1][0] <= linked:
            count, marked, name = self._marks.pop()
            if count != linked or not _same(self._last_link, marked):
                self._report.add(event_id, f"its link is not the one of {name}")

    def _follows(self, event_id: int, mac: object, key_id: str) -> bytes | None:
        try:
            secret = self._keyring.by_id(KeyName.AUDIT, key_id).secret
        except UnknownKey:
            return None
        if self._previous is None or not isinstance(mac, bytes):
            return None
        return next_link(secret, self._previous, event_id, mac)


def _same(found: object, expected: object) -> bool:
    return isinstance(found, bytes) and isinstance(expected, bytes) and equal(found, expected)


def _number(row: Row | None) -> int:
    return row[0] if row is not None and isinstance(row[0], int) else 0
