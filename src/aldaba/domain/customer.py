"""What the directory says of a customer: kind, cards, phones, representatives, standing."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum


class CustomerType(IntEnum):
    """Two digits of service (15, e-banking), two of the kind of person."""

    COMPANY = 1506
    SOLE_TRADER = 1521
    INDIVIDUAL = 1551


class ElectronicBanking(StrEnum):
    NONE = "none"
    ACTIVE = "active"
    CANCELLED = "cancelled"


class CardStatus(StrEnum):
    ACTIVE = "active"
    LOCKED = "locked"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone; the number is sealed, ``digest`` finds it, ``tail_digest`` is of its last eight digits."""

    country_code: str
    sealed: str
    digest: bytes
    tail_digest: bytes
    certified: bool
    best: bool
    certified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A card: keyed digest and last four digits; ``expires`` is MMYY; ``nip`` a sealed Argon2id string.

    ``reference`` is what the bank's card host calls it, where that host verifies the NIP. ``earlier``: its
    digests under earlier peppers, where the number was at hand to make them; they are not kept.
    """

    digest: bytes
    tail_digest: bytes
    last4: str
    expires: str
    status: CardStatus
    nip: str | None = None
    reference: str | None = None
    earlier: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class InitialAccess:
    """Credentials handed over with a customer record: sealed Argon2id strings, and a lock if any."""

    pin: str | None = None
    password: str | None = None
    temporary_pin: str | None = None
    locked: str | None = None


@dataclass(frozen=True, slots=True)
class Representative:
    """A legal representative of a company; ``id`` is one or two digits without a leading zero."""

    id: str
    name: str
    access: InitialAccess | None = None


@dataclass(frozen=True, slots=True)
class Customer:
    """A person or company known to the bank's directory."""

    customer_id: str
    name: str
    type: CustomerType
    electronic_banking: ElectronicBanking = ElectronicBanking.ACTIVE
    black_listed: bool = False
    terms_accepted: bool = False
    registration_status: str = "0"
    phones: tuple[Phone, ...] = ()
    cards: tuple[Card, ...] = ()
    representatives: tuple[Representative, ...] = ()
    access: InitialAccess | None = None
    email: str | None = None
    transmit_customer: bool = False

    @property
    def is_company(self) -> bool:
        return self.type is CustomerType.COMPANY


@dataclass(frozen=True, slots=True)
class Device:
    """A phone enrolled in mobile banking. ``public_jwk`` (P-256) allows biometric login."""

    customer_id: str
    vasco_id: str | None
    application_id: str | None
    public_jwk: dict[str, str] | None = None
    blocked: bool = False
    representative: str | None = None
    """Whose of a company's; None in records that do not say, good only where there is but one person."""


def belongs_to(device: Device, customer: Customer | None, representative: str) -> bool:
    """Whether a device of this customer is this representative's; "" is the customer in person."""
    if device.representative is None and customer is not None and len(customer.representatives) <= 1:
        return True
    return device.representative == representative


class DeviceStatus(StrEnum):
    UNKNOWN = "0"
    REGISTERED = "1"
    ANOTHER_CUSTOMERS = "2"
    BLOCKED = "3"


def device_status(device: Device | None, customer_id: str) -> DeviceStatus:
    """What a prelogin says of the device it came from."""
    if device is None:
        return DeviceStatus.UNKNOWN
    if device.customer_id != customer_id:
        return DeviceStatus.ANOTHER_CUSTOMERS
    return DeviceStatus.BLOCKED if device.blocked else DeviceStatus.REGISTERED


@dataclass(frozen=True, slots=True)
class Named:
    """Which of a customer's access profiles was meant; ``ambiguous`` when several could be."""

    representative: str
    ambiguous: bool = False


def resolve_representative(customer: Customer, wanted: str | None) -> Named | None:
    """Whose profile a customer name means; None when it names nobody.

    Only companies have representatives; with exactly one the suffix may be left out.
    """
    if not customer.is_company:
        return Named("") if wanted is None else None
    ids = [representative.id for representative in customer.representatives]
    if wanted is not None:
        return Named(wanted) if wanted in ids else None
    if len(ids) <= 1:
        return Named(ids[0] if ids else "")
    # Not told which: judged by the company's own credentials or else its first representative's, so that
    # a right credential can be told from a wrong one before the ambiguity is told.
    return Named("" if _brings_credentials(customer.access) else ids[0], ambiguous=True)


def _brings_credentials(access: InitialAccess | None) -> bool:
    return access is not None and any((access.pin, access.password, access.temporary_pin))


def initial_access(customer: Customer, representative: str) -> InitialAccess | None:
    """The credentials the customer record brought for this profile."""
    if not representative:
        return customer.access
    by_id = {person.id: person.access for person in customer.representatives}
    return by_id.get(representative)
