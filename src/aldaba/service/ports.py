"""Every port the use cases need, with what each promises; its docstring is its contract.

A port exists where something does I/O or has two real implementations. Times are aware UTC datetimes.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar

from aldaba.crypto.digests import Secret
from aldaba.crypto.keyring import Keyring
from aldaba.domain.application import Application
from aldaba.domain.customer import Card, Customer, Device
from aldaba.domain.profile import AccessProfile
from aldaba.domain.quotas import Sliding
from aldaba.domain.session import Session
from aldaba.domain.token import Token
from aldaba.service.audit import AuditEntry, AuditQuery, Event
from aldaba.service.operator_ports import OperatorRows

T = TypeVar("T")

Clock = Callable[[], datetime]
"""The house's time, aware and UTC; a sandbox may move it."""

RandomBytes = Callable[[int], bytes]
"""Bytes from the operating system's generator."""

Pause = Callable[[float], Awaitable[None]]
"""Gives other work a turn for so many seconds of real time."""


class Profiles(Protocol):
    """Access profiles by their opaque id."""

    def find(self, ccs_id: str) -> AccessProfile | None:
        """The profile, locked against other acts until this act ends; an expired decoy is not found."""

    def save(self, profile: AccessProfile) -> None:
        """Insert or overwrite."""

    def remove(self, ccs_id: str) -> None: ...


class Customers(Protocol):
    """The embedded customer directory: rows by number, found by card too."""

    def find(self, customer_id: str) -> Customer | None:
        """Locked against other acts until this act ends, as is what every ``find`` and ``of`` here finds."""

    def by_card(self, digests: Sequence[bytes]) -> Customer | None:
        """The owner of a card, given its digests under every live pepper: ``DIGESTS_AT_MOST`` of them."""

    def by_phone(self, digests: Sequence[bytes], most: int) -> tuple[Customer, ...]:
        """Those who gave a number, given its digests as for a card; by customer number, each once."""

    def save(self, customer: Customer) -> None:
        """Insert or overwrite, with the card and phone indexes that belong to it."""

    def remove(self, customer_id: str) -> None: ...
    def count(self) -> int: ...


class Devices(Protocol):
    """Devices enrolled in mobile banking; each id belongs to at most one customer."""

    def by_vasco_id(self, vasco_id: str) -> Device | None: ...
    def by_application_id(self, application_id: str) -> Device | None: ...
    def of(self, customer_id: str) -> tuple[Device, ...]: ...
    def replace_all(self, customer_id: str, devices: Iterable[Device]) -> None:
        """Make these the customer's devices; an id that is another customer's raises ``Taken``."""


class Taken(Exception):
    """A number or id that must be unique belongs to somebody else."""


class Tokens(Protocol):
    """Hard and soft tokens by serial number."""

    def find(self, serial: str) -> Token | None: ...
    def of(self, customer_id: str) -> Token | None: ...
    def save(self, token: Token) -> None: ...
    def release(self, customer_id: str) -> None:
        """Take the customer's token away."""


class Applications(Protocol):
    def find(self, client_id: str) -> Application | None: ...
    def save(self, application: Application) -> None: ...
    def all(self) -> tuple[Application, ...]: ...


class KeyPairState(StrEnum):
    """``NEXT`` was made ahead of its turn; ``RETIRED`` still opens what was sealed for it."""

    NEXT = "next"
    CURRENT = "current"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class KeyPair:
    """An asymmetric key: ``purpose`` is ``e2e``, ``e2e-root`` or ``signing``; its PEM is sealed at rest."""

    purpose: str
    key_id: str
    sealed_private: str
    state: KeyPairState
    created_at: datetime
    retired_at: datetime | None = None


class KeyPairs(Protocol):
    def all(self, purpose: str) -> tuple[KeyPair, ...]:
        """Newest first; an act holds the purpose against other acts until it ends."""

    def save(self, pair: KeyPair) -> None: ...
    def remove(self, key_id: str) -> None: ...


class Replays(Protocol):
    """Marks of things that may be used once and must survive a restart and a flush."""

    def claim(self, kind: str, value: str, until: datetime, now: datetime) -> bool:
        """True for the first caller, False for every later one until ``until``, however many at once."""


class Quotas(Protocol):
    """Counters that survive a restart; a counter is forgotten when its window ends."""

    def count(self, name: str, ends_at: datetime, now: datetime, by: int = 1) -> int:
        """Add and answer the new figure."""

    def slide(self, window: Sliding, now: datetime, by: int = 1) -> tuple[int, int]:
        """Add to the present stretch; answer its new figure and that of the one before, in one statement."""

    def figure(self, name: str, now: datetime) -> int: ...


class AuditLog(Protocol):
    """Append-only; a recorded event gets its MAC in the same act."""

    def record(self, event: Event) -> None: ...
    def search(self, query: AuditQuery, most: int) -> tuple[AuditEntry, ...]:
        """Newest first."""

    def hourly(self, type_: str, since: datetime) -> Mapping[datetime, int]:
        """How many events of one type from then on, by the full hour they fell in; no entry for none."""

    def tallied(
        self, type_: str, members: tuple[str, ...], since: datetime, until: datetime
    ) -> Mapping[tuple[str, ...], int]:
        """How many events of one type in that time, by what these members of their payloads say.

        A member that is absent or null counts as the empty text, a truth as ``true`` or ``false``.
        """


class SessionRows(Protocol):
    """Sessions inside an act, so that a login and the session it opens stand or fall together."""

    def find(self, handle: str) -> Session | None:
        """Whatever its age; whether it is alive is the caller's to judge."""

    def place(self, session: Session) -> None:
        """Insert or overwrite."""

    def end(self, handle: str) -> None:
        """Erase it with its keys, and a tombstone that points at it."""


class HouseState(Protocol):
    """A few named values of the house itself (the sandbox's clock, faults switched on)."""

    def get(self, name: str) -> str | None:
        """The value; an act holds the name, with a value or without, against other acts until it ends."""

    def put(self, name: str, value: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a customer must be told; ``id`` names the event, so that it is told once.

    ``kind``: ``locked``, ``token-locked``, ``card-locked``, ``unlocked``, ``new-credential``,
    ``new-device``.
    """

    id: str
    kind: str
    customer_id: str
    language: str
    at: datetime
    attempts: int = 0


class Notices(Protocol):
    """The outbox of notices, written in the same act as what they tell of."""

    def add(self, notice: Notice) -> None:
        """A notice of an id that is there already, sent or not, changes nothing."""

    def due(self, now: datetime, most: int) -> tuple[Notice, ...]:
        """Unsent ones whose turn has come, oldest first; not those that another act has found."""

    def postpone(self, notice: Notice, until: datetime) -> None:
        """Keep it for another attempt."""

    def sent(self, notice_id: str, forget_at: datetime) -> None:
        """Done; its id is remembered until then."""


@dataclass(frozen=True, slots=True)
class Message:
    """What was delivered to a phone; kept by the sandbox only."""

    to: str
    channel: str
    text: Secret
    otp: Secret | None
    at: datetime


class Messages(Protocol):
    """The sandbox's message box."""

    def add(self, message: Message) -> None: ...
    def to(self, phone: str) -> tuple[Message, ...]:
        """Newest first."""

    def newest(self, most: int) -> tuple[Message, ...]:
        """To whomever, newest first."""

    def clear(self) -> None: ...


class Transaction(Protocol):
    """What an act may touch. Everything inside one act becomes durable together or not at all."""

    @property
    def profiles(self) -> Profiles: ...
    @property
    def customers(self) -> Customers: ...
    @property
    def devices(self) -> Devices: ...
    @property
    def tokens(self) -> Tokens: ...
    @property
    def applications(self) -> Applications: ...
    @property
    def key_pairs(self) -> KeyPairs: ...
    @property
    def replays(self) -> Replays: ...
    @property
    def quotas(self) -> Quotas: ...
    @property
    def audit(self) -> AuditLog: ...
    @property
    def house(self) -> HouseState: ...
    @property
    def messages(self) -> Messages: ...
    @property
    def notices(self) -> Notices: ...
    @property
    def sessions(self) -> SessionRows: ...
    @property
    def operators(self) -> OperatorRows: ...


class Store(Protocol):
    """Runs acts: short synchronous functions over a transaction.

    Leaving an act normally commits it, an exception rolls it back and is raised to the caller. ``run``
    answers only after the act is durable; ``HouseUnavailable`` means that nothing of it was done, unless the
    database was lost at the moment of the commit and did not come back to be asked: then the act was done as
    a whole or not at all. An act may be run again before it is done, so it works on its transaction alone.
    What a caller that is cancelled does next comes after its act.
    """

    async def run(self, act: Callable[[Transaction], T]) -> T: ...

    async def read(self, query: Callable[[Transaction], T]) -> T:
        """A query that changes nothing; sees every act answered before it began."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a request brings: its id to be claimed once, and the session it names or may open."""

    application_id: str
    request_id: str
    remembered_until: datetime
    handle: str | None
    opens: Session | None = None
    """The session to open when none is named."""
    opened_quota: tuple[str, datetime, int] | None = None
    """Counter name, its end and its limit for sessions opened."""


class Arrived(StrEnum):
    FRESH = "fresh"
    REPEATED = "repeated"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Admission:
    """What became of an arrival; ``session`` is None when none is named or the named one is no good."""

    outcome: Arrived
    session: Session | None


SET_BACK = timedelta(hours=2)
"""By so much a clock that ran ahead may be set back, and what was used up before stays used up."""


class Sessions(Protocol):
    """Sessions by handle, and the request ids spent by them; short-lived, but surviving a restart."""

    async def arrive(self, arrival: Arrival, now: datetime) -> Admission:
        """Claim the request id and touch or open the session, in one act, durable before it answers.

        A session is admitted only if it is this application's, within both limits; touching it starts
        its idle time again. A tombstone is admitted as one, untouched.
        """

    async def find(self, handle: str, now: datetime) -> Session | None:
        """The session if it is alive."""

    async def change(self, handle: str, rule: Callable[[Session], Session | None]) -> Session | None:
        """Replace the session by what the pure rule makes of it, atomically.

        None when there is no such session or the rule answers None; then nothing changes.
        """

    async def end(self, handle: str) -> None:
        """Erase it with its keys, and a tombstone that points at it."""

    async def sweep(self, now: datetime) -> None:
        """Forget what can no longer matter; marks and counters only ``SET_BACK`` after their time."""


class Directory(Protocol):
    """Where customers come from. Raises ``BackendFailed``."""

    async def by_number(self, customer_id: str) -> Customer | None: ...
    async def by_card(self, card_number: str) -> Customer | None: ...
    async def session_ended(self, customer_id: str) -> None:
        """Tell the bank's core that the customer's session ended."""


class CardHost(Protocol):
    """Where card PINs are verified: the embedded directory's own, or the bank's card host.

    Raises ``BackendFailed``.
    """

    async def verify(self, card: Card | None, nip: Secret) -> bool:
        """Whether the NIP is the card's; None costs what a real verification costs, and answers False."""


class VendorKeys(Protocol):
    """The soft-token vendor's public keys, cached; raises ``HouseUnavailable`` when there are none."""

    async def keys(self, wanted: str | None, now: datetime) -> Mapping[str, Mapping[str, object]]:
        """JWKs by kid; a ``wanted`` kid that is not among the known ones may have them fetched again."""


class Delivery(Protocol):
    """Brings a text to a phone (E.164). Raises ``BackendFailed`` when nobody accepted it."""

    async def send(self, to: str, channel: str, text: Secret, otp: Secret | None = None) -> str:
        """Answers the name of the provider that took it."""

    def routes(self, to: str, channel: str) -> bool:
        """Whether any provider serves that country by this channel (``sms``, ``voice``)."""


class KeyVault(Protocol):
    """The symmetric keys kept outside the database. Raises ``HouseUnavailable`` when it is away."""

    def keyring(self) -> Keyring: ...


class Hasher(Protocol):
    """Argon2id off the event loop, on as many threads as the machine has cores."""

    async def verify(self, phc: str | None, secret: Secret) -> bool:
        """Whether it matches; None runs a dummy verification of the same cost and answers False."""

    async def hash(self, secret: Secret) -> str: ...
    def needs_rehash(self, phc: str) -> bool: ...
