"""What an operator may see of a customer: everything the house knows but the secrets."""

from dataclasses import dataclass
from datetime import datetime

from aldaba.crypto.keyring import Keyring
from aldaba.domain.customer import Customer, Device, Phone
from aldaba.domain.policy import Policy
from aldaba.domain.profile import AccessProfile, Credential, LoginAction, next_action
from aldaba.domain.standing import LockOn, locks_on
from aldaba.domain.token import Token
from aldaba.service.records import open_phone


@dataclass(frozen=True, slots=True)
class PhoneView:
    number: str
    """With stars for all but the last four digits."""
    certified: bool
    best: bool
    certified_at: datetime | None


@dataclass(frozen=True, slots=True)
class CardView:
    last4: str
    expires: str
    status: str
    has_pin: bool


@dataclass(frozen=True, slots=True)
class DeviceView:
    vasco_id: str | None
    application_id: str | None
    biometric: bool
    blocked: bool


@dataclass(frozen=True, slots=True)
class TokenView:
    serial: str
    kind: str
    suite: str
    status: str


@dataclass(frozen=True, slots=True)
class CredentialView:
    """``state`` is None for a credential that was never set."""

    state: str | None
    expired: str | None
    failures: int
    changed_at: datetime | None
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class LockView:
    on: str
    """``access``, a factor, a card's last digits."""
    kind: str
    cause: str
    since: datetime | None
    """None for the ceiling of failures."""
    until: datetime | None
    note: str


@dataclass(frozen=True, slots=True)
class ProfileView:
    representative: str
    ccs_id: str
    pin: CredentialView
    password: CredentialView
    temporary_pin_until: datetime | None
    locks: tuple[LockView, ...]
    failures: int
    next_action: str
    last_login: datetime | None
    has_session: bool


@dataclass(frozen=True, slots=True)
class CustomerView:
    customer_id: str
    name: str
    type: int
    electronic_banking: str
    black_listed: bool
    terms_accepted: bool
    registration_status: str
    transmit_customer: bool
    email: str | None
    representatives: dict[str, str]
    phones: tuple[PhoneView, ...]
    cards: tuple[CardView, ...]
    devices: tuple[DeviceView, ...]
    token: TokenView | None
    profiles: tuple[ProfileView, ...]


def view_of(
    customer: Customer,
    devices: tuple[Device, ...],
    token: Token | None,
    profiles: tuple[AccessProfile, ...],
    keyring: Keyring,
    now: datetime,
    policy: Policy,
) -> CustomerView:
    """Everything of one customer, without a secret in it."""
    return CustomerView(
        customer_id=customer.customer_id,
        name=customer.name,
        type=customer.type.value,
        electronic_banking=customer.electronic_banking.value,
        black_listed=customer.black_listed,
        terms_accepted=customer.terms_accepted,
        registration_status=customer.registration_status,
        transmit_customer=customer.transmit_customer,
        email=customer.email,
        representatives={person.id: person.name for person in customer.representatives},
        phones=tuple(_phone(phone, keyring) for phone in customer.phones),
        cards=tuple(
            CardView(card.last4, card.expires, card.status.value, card.nip is not None)
            for card in customer.cards
        ),
        devices=tuple(
            DeviceView(device.vasco_id, device.application_id, device.public_jwk is not None, device.blocked)
            for device in devices
        ),
        token=None if token is None else TokenView(token.serial, token.kind, token.suite, token.status.value),
        profiles=tuple(_profile(customer, profile, now, policy) for profile in profiles),
    )


def masked_phone(phone: Phone, keyring: Keyring) -> str:
    """``+52 ******3218``."""
    number = open_phone(keyring, phone.sealed)
    return f"{phone.country_code} {'*' * (len(number) - 4)}{number[-4:]}"


def cards_by_digest(customer: Customer) -> dict[str, str]:
    """``…9992`` by the card's digest in HEX, under which an access profile keeps its guard."""
    return {card.digest.hex(): f"…{card.last4}" for card in customer.cards}


def _phone(phone: Phone, keyring: Keyring) -> PhoneView:
    return PhoneView(masked_phone(phone, keyring), phone.certified, phone.best, phone.certified_at)


def _profile(customer: Customer, profile: AccessProfile, now: datetime, policy: Policy) -> ProfileView:
    action: LoginAction = next_action(customer, profile, now, policy)
    temporary = profile.temporary_pin
    return ProfileView(
        representative=profile.representative,
        ccs_id=profile.ccs_id,
        pin=_credential(profile.pin),
        password=_credential(profile.password),
        temporary_pin_until=temporary.expires_at if temporary and temporary.usable(now) else None,
        locks=tuple(map(_lock, locks_on(profile, cards_by_digest(customer), now, policy))),
        failures=profile.failures,
        next_action=action.name.lower().replace("_", " "),
        last_login=profile.last_login.at if profile.last_login else None,
        has_session=profile.live_session is not None,
    )


def _credential(credential: Credential) -> CredentialView:
    return CredentialView(
        state=None if credential.sealed is None else credential.state.value,
        expired=credential.expired.value if credential.expired else None,
        failures=credential.guard.failures,
        changed_at=credential.changed_at,
        used_at=credential.used_at,
    )


def _lock(lock: LockOn) -> LockView:
    return LockView(lock.on, lock.kind.value, lock.cause.value, lock.since, lock.until, lock.note)
