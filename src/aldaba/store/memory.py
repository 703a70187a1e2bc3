"""Every store port in dictionaries: for tests of use cases, and for those who try the house out."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import TypeVar

from aldaba.domain.application import Application
from aldaba.domain.customer import Customer, Device
from aldaba.domain.policy import SessionPolicy
from aldaba.domain.profile import AccessProfile
from aldaba.domain.quotas import Sliding
from aldaba.domain.session import Session
from aldaba.domain.token import Token
from aldaba.service.audit import Event
from aldaba.service.ports import SET_BACK, Admission, Arrival, Arrived, Clock, KeyPair, Message, Notice, Taken
from aldaba.store.memory_operators import MemoryAuditLog, MemoryOperatorRows, OperatorTables
from aldaba.store.request_ids import request_key

T = TypeVar("T")
K = TypeVar("K")


@dataclass(slots=True)
class _Rows:
    """Everything remembered; the values are frozen, so that a shallow copy is a copy."""

    profiles: dict[str, AccessProfile] = field(default_factory=dict)
    customers: dict[str, Customer] = field(default_factory=dict)
    card_owners: dict[bytes, str] = field(default_factory=dict)
    devices: dict[str, tuple[Device, ...]] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    applications: dict[str, Application] = field(default_factory=dict)
    key_pairs: dict[str, KeyPair] = field(default_factory=dict)
    replays: dict[tuple[str, str], datetime] = field(default_factory=dict)
    quotas: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    house: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    requests: dict[tuple[str, bytes], datetime] = field(default_factory=dict)
    messages: tuple[Message, ...] = ()
    notices: dict[str, tuple[Notice, datetime | None]] = field(default_factory=dict)
    operators: OperatorTables = field(default_factory=OperatorTables)

    def copy(self) -> "_Rows":
        copied = replace(self)
        for each in fields(self):
            rows = getattr(self, each.name)
            setattr(copied, each.name, rows if isinstance(rows, tuple) else rows.copy())
        return copied


class MemoryProfiles:
    def __init__(self, rows: _Rows, clock: Clock) -> None:
        self._rows, self._clock = rows.profiles, clock

    def find(self, ccs_id: str) -> AccessProfile | None:
        profile = self._rows.get(ccs_id)
        if profile is None or profile.expires_at is None:
            return profile
        return profile if self._clock() < profile.expires_at else None

    def save(self, profile: AccessProfile) -> None:
        self._rows[profile.ccs_id] = profile

    def remove(self, ccs_id: str) -> None:
        self._rows.pop(ccs_id, None)


class MemoryCustomers:
    def __init__(self, rows: _Rows) -> None:
        self._rows, self._owners = rows.customers, rows.card_owners

    def find(self, customer_id: str) -> Customer | None:
        return self._rows.get(customer_id)

    def by_card(self, digests: Sequence[bytes]) -> Customer | None:
        owners = (self._rows.get(self._owners.get(digest, "")) for digest in digests)
        return next((owner for owner in owners if owner is not None), None)

    def by_phone(self, digests: Sequence[bytes], most: int) -> tuple[Customer, ...]:
        owners = (self._rows[key] for key in sorted(self._rows))
        return tuple(one for one in owners if any(phone.digest in digests for phone in one.phones))[:most]

    def save(self, customer: Customer) -> None:
        digests = {card.digest for card in customer.cards}
        if any(self._owners.get(digest, customer.customer_id) != customer.customer_id for digest in digests):
            raise Taken("card")
        self.remove(customer.customer_id)
        self._rows[customer.customer_id] = customer
        self._owners.update(dict.fromkeys(digests, customer.customer_id))

    def remove(self, customer_id: str) -> None:
        customer = self._rows.pop(customer_id, None)
        for card in () if customer is None else customer.cards:
            self._owners.pop(card.digest, None)

    def count(self) -> int:
        return len(self._rows)


class MemoryDevices:
    def __init__(self, rows: _Rows) -> None:
        self._rows = rows.devices

    def by_vasco_id(self, vasco_id: str) -> Device | None:
        return next((device for device in self._all() if device.vasco_id == vasco_id), None)

    def by_application_id(self, application_id: str) -> Device | None:
        return next((device for device in self._all() if device.application_id == application_id), None)

    def of(self, customer_id: str) -> tuple[Device, ...]:
        return self._rows.get(customer_id, ())

    def replace_all(self, customer_id: str, devices: Iterable[Device]) -> None:
        self._rows[customer_id] = ()
        for device in devices:
            if device.vasco_id is not None and self.by_vasco_id(device.vasco_id):
                raise Taken("vasco id")
            if device.application_id is not None and self.by_application_id(device.application_id):
                raise Taken("application id")
            self._rows[customer_id] = (*self._rows[customer_id], device)

    def _all(self) -> Iterator[Device]:
        return (device for devices in self._rows.values() for device in devices)


class MemoryTokens:
    def __init__(self, rows: _Rows) -> None:
        self._rows = rows.tokens

    def find(self, serial: str) -> Token | None:
        return self._rows.get(serial)

    def of(self, customer_id: str) -> Token | None:
        serials = (serial for serial, token in self._rows.items() if token.customer_id == customer_id)
        return self._rows.get(min(serials, default=""))

    def save(self, token: Token) -> None:
        self._rows[token.serial] = token

    def release(self, customer_id: str) -> None:
        for serial, token in self._rows.items():
            if token.customer_id == customer_id:
                self._rows[serial] = replace(token, customer_id=None)


class MemoryApplications:
    def __init__(self, rows: _Rows) -> None:
        self._rows = rows.applications

    def find(self, client_id: str) -> Application | None:
        return self._rows.get(client_id)

    def save(self, application: Application) -> None:
        self._rows[application.client_id] = application

    def all(self) -> tuple[Application, ...]:
        return tuple(self._rows[client_id] for client_id in sorted(self._rows))


class MemoryKeyPairs:
    def __init__(self, rows: _Rows) -> None:
        self._rows = rows.key_pairs

    def all(self, purpose: str) -> tuple[KeyPair, ...]:
        pairs = (pair for pair in self._rows.values() if pair.purpose == purpose)
        return tuple(sorted(pairs, key=lambda pair: (pair.created_at, pair.key_id), reverse=True))

    def save(self, pair: KeyPair) -> None:
        self._rows[pair.key_id] = pair

    def remove(self, key_id: str) -> None:
        self._rows.pop(key_id, None)


class MemoryReplays:
    def __init__(self, rows: _Rows) -> None:
        self._rows = rows.replays

    def claim(self, kind: str, value: str, until: datetime, now: datetime) -> bool:
        return _claim(self._rows, (kind, value), until, now)


class MemoryQuotas:
    def __init__(self, rows: _Rows) -> None:
        self._rows = rows.quotas

    def count(self, name: str, ends_at: datetime, now: datetime, by: int = 1) -> int:
        counted = self.figure(name, now) + by
        self._rows[name] = (counted, ends_at)
        return counted

    def slide(self, window: Sliding, now: datetime, by: int = 1) -> tuple[int, int]:
        return self.count(window.present, window.kept_until, now, by), self.figure(window.before, now)

    def figure(self, name: str, now: datetime) -> int:
        counted, ends_at = self._rows.get(name, (0, now))
        return counted if now < ends_at else 0


class MemoryHouseState:
    def __init__(self, rows: _Rows) -> None:
        self._rows = rows.house

    def get(self, name: str) -> str | None:
        return self._rows.get(name)

    def put(self, name: str, value: str) -> None:
        self._rows[name] = value


class MemoryMessages:
    def __init__(self, rows: _Rows) -> None:
        self._rows = rows

    def add(self, message: Message) -> None:
        self._rows.messages = (message, *self._rows.messages)

    def to(self, phone: str) -> tuple[Message, ...]:
        return tuple(message for message in self._rows.messages if message.to == phone)

    def newest(self, most: int) -> tuple[Message, ...]:
        return self._rows.messages[:most]

    def clear(self) -> None:
        self._rows.messages = ()


class MemoryNotices:
    def __init__(self, rows: _Rows) -> None:
        self._rows = rows.notices

    def add(self, notice: Notice) -> None:
        self._rows.setdefault(notice.id, (notice, notice.at))

    def due(self, now: datetime, most: int) -> tuple[Notice, ...]:
        waiting = [(due_at, notice) for notice, due_at in self._rows.values() if due_at is not None]
        ready = sorted((each for each in waiting if each[0] <= now), key=lambda each: each[0])
        return tuple(notice for _, notice in ready[:most])

    def postpone(self, notice: Notice, until: datetime) -> None:
        self._rows[notice.id] = (notice, until)

    def sent(self, notice_id: str, forget_at: datetime) -> None:  # noqa: ARG002 - tests end before that
        notice, _ = self._rows[notice_id]
        self._rows[notice_id] = (notice, None)


class MemorySessionRows:
    def __init__(self, rows: _Rows) -> None:
        self._rows = rows.sessions

    def find(self, handle: str) -> Session | None:
        return self._rows.get(handle)

    def place(self, session: Session) -> None:
        self._rows[session.handle] = session

    def end(self, handle: str) -> None:
        for key in [key for key, each in self._rows.items() if handle in (key, each.successor)]:
            del self._rows[key]


class MemoryTransaction:
    """The ports over one set of rows."""

    def __init__(self, rows: _Rows, clock: Clock, events: list[Event]) -> None:
        self.rows = rows
        self.profiles = MemoryProfiles(rows, clock)
        self.customers = MemoryCustomers(rows)
        self.devices = MemoryDevices(rows)
        self.tokens = MemoryTokens(rows)
        self.applications = MemoryApplications(rows)
        self.key_pairs = MemoryKeyPairs(rows)
        self.replays = MemoryReplays(rows)
        self.quotas = MemoryQuotas(rows)
        self.audit = MemoryAuditLog(events)
        self.house = MemoryHouseState(rows)
        self.messages = MemoryMessages(rows)
        self.notices = MemoryNotices(rows)
        self.sessions = MemorySessionRows(rows)
        self.operators = MemoryOperatorRows(rows.operators)


class MemoryStore:
    """Runs acts on copies that take the place of the rows when the act ends well; for one event loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rows = _Rows()
        self.events: list[Event] = []
        """Every event recorded so far, oldest first."""

    async def run(self, act: Callable[[MemoryTransaction], T]) -> T:
        transaction = MemoryTransaction(self._rows.copy(), self._clock, self.events)
        answer = act(transaction)
        self._rows = transaction.rows
        self.events.extend(transaction.audit.recorded)
        return answer

    async def read(self, query: Callable[[MemoryTransaction], T]) -> T:
        transaction = MemoryTransaction(self._rows.copy(), self._clock, self.events)
        answer = query(transaction)
        if transaction.rows != self._rows or transaction.audit.recorded:
            raise PermissionError("a query changes nothing")
        return answer


class MemorySessions:
    """Sessions, with the request ids they spent, beside the rows of a memory store."""

    def __init__(self, store: MemoryStore, rules: SessionPolicy) -> None:
        self._store, self._rules = store, rules

    async def arrive(self, arrival: Arrival, now: datetime) -> Admission:
        return await self._store.run(lambda transaction: self._arrive(transaction, arrival, now))

    async def find(self, handle: str, now: datetime) -> Session | None:
        session = await self._store.read(lambda transaction: transaction.rows.sessions.get(handle))
        return session if session is not None and self._admits(session, now) else None

    async def change(self, handle: str, rule: Callable[[Session], Session | None]) -> Session | None:
        def act(transaction: MemoryTransaction) -> Session | None:
            session = transaction.rows.sessions.get(handle)
            changed = None if session is None else rule(session)
            if changed is not None:
                transaction.rows.sessions[handle] = changed
            return changed

        return await self._store.run(act)

    async def end(self, handle: str) -> None:
        await self._store.run(lambda transaction: transaction.sessions.end(handle))

    async def sweep(self, now: datetime) -> None:
        def act(transaction: MemoryTransaction) -> None:
            rows, late = transaction.rows, now - SET_BACK
            rows.sessions = {key: each for key, each in rows.sessions.items() if now < each.expires_at}
            rows.requests = {key: until for key, until in rows.requests.items() if late < until}
            rows.replays = {key: until for key, until in rows.replays.items() if late < until}
            rows.operators = rows.operators.swept(now)
            rows.quotas = {key: (figure, end) for key, (figure, end) in rows.quotas.items() if late < end}
            rows.profiles = {
                key: each
                for key, each in rows.profiles.items()
                if each.expires_at is None or now < each.expires_at
            }

        await self._store.run(act)

    def _arrive(self, transaction: MemoryTransaction, arrival: Arrival, now: datetime) -> Admission:
        key = (arrival.application_id, request_key(arrival.request_id))
        if not _claim(transaction.rows.requests, key, arrival.remembered_until, now):
            return Admission(Arrived.REPEATED, None)
        if arrival.handle is not None:
            return Admission(Arrived.FRESH, self._touched(transaction.rows, arrival, arrival.handle, now))
        if arrival.opened_quota is not None:
            name, ends_at, limit = arrival.opened_quota
            if transaction.quotas.count(name, ends_at, now) > limit:
                return Admission(Arrived.FULL, None)
        if arrival.opens is None:
            return Admission(Arrived.FRESH, None)
        transaction.rows.sessions[arrival.opens.handle] = arrival.opens
        return Admission(Arrived.FRESH, arrival.opens)

    def _touched(self, rows: _Rows, arrival: Arrival, handle: str, now: datetime) -> Session | None:
        session = rows.sessions.get(handle)
        if session is None or session.application_id != arrival.application_id:
            return None
        if not self._admits(session, now):
            return None
        if session.successor is None:
            session = rows.sessions[handle] = replace(session, touched_at=now)
        return session

    def _admits(self, session: Session, now: datetime) -> bool:
        idle = timedelta(seconds=self._rules.idle_seconds)
        alive = session.successor is not None or now < session.touched_at + idle
        return alive and now < session.expires_at


def _claim(marks: dict[K, datetime], key: K, until: datetime, now: datetime) -> bool:
    if key in marks and now < marks[key]:
        return False
    marks[key] = until
    return True
