"""The import format: what one JSON line may say of a customer, key by key."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, TypeAlias, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from aldaba.domain.customer import CardStatus
from aldaba.service.records import Sealable

T = TypeVar("T")
Maybe: TypeAlias = T | UnsetType | None
"""A key may be absent (what is stored stays), null, or given."""


class _Record(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True, gc=False
):
    def __repr__(self) -> str:
        # Clear secrets stand in some of them; a traceback that shows values must not show those.
        return f"{type(self).__name__}(…)"


class AccessRecord(_Record, frozen=True, kw_only=True):
    pin: Maybe[str] = UNSET
    pin_hash: Maybe[str] = UNSET
    password: Maybe[str] = UNSET
    password_hash: Maybe[str] = UNSET
    temporary_pin: Maybe[str] = UNSET
    temporary_pin_hash: Maybe[str] = UNSET
    locked: Maybe[str] = UNSET


class RepresentativeRecord(_Record, frozen=True, kw_only=True):
    id: str
    name: str
    access: Maybe[AccessRecord] = UNSET


class PhoneRecord(_Record, frozen=True, kw_only=True):
    country_code: str = "+52"
    number: str
    certified: bool = False
    best: bool = False
    certified_at: Maybe[Annotated[datetime, msgspec.Meta(tz=True)]] = UNSET


class CardRecord(_Record, frozen=True, kw_only=True):
    number: str
    expires: str
    nip: Maybe[str] = UNSET
    nip_hash: Maybe[str] = UNSET
    status: str = CardStatus.ACTIVE.value


class DeviceRecord(_Record, frozen=True, kw_only=True):
    device_id: Maybe[str] = UNSET
    vasco_device_id: Maybe[str] = UNSET
    application_device_id: Maybe[str] = UNSET
    public_key_jwk: Maybe[dict[str, Any]] = UNSET
    blocked: bool | UnsetType = UNSET

    @property
    def ids(self) -> tuple[str | None, str | None]:
        """The vendor's and the application's id; ``deviceId`` is read as both."""
        both = self.device_id or None
        return self.vasco_device_id or both, self.application_device_id or both


class TokenRecord(_Record, frozen=True, kw_only=True):
    serial: str
    kind: str
    ocra_suite: Maybe[str] = UNSET
    secret_hex: Maybe[str] = UNSET
    status: int


class MobileBanking(_Record, frozen=True, kw_only=True):
    registration_status: str = "0"


class CustomerRecord(_Record, frozen=True, kw_only=True):
    customer_id: str
    name: str
    customer_type: int
    electronic_banking: str | UnsetType = UNSET
    black_listed: bool | UnsetType = UNSET
    terms_accepted: bool | UnsetType = UNSET
    mobile_banking: Maybe[MobileBanking] = UNSET
    phones: list[PhoneRecord] | UnsetType = UNSET
    cards: list[CardRecord] | UnsetType = UNSET
    legal_representatives: list[RepresentativeRecord] | UnsetType = UNSET
    access: Maybe[AccessRecord] = UNSET
    email: Maybe[str] = UNSET
    devices: list[DeviceRecord] | UnsetType = UNSET
    token: Maybe[TokenRecord] = UNSET
    transmit_customer: bool | UnsetType = UNSET

    def accesses(self) -> Iterator[tuple[str, str, AccessRecord]]:
        """Place, representative and record of every set of credentials in the line."""
        if self.access:
            yield "access", "", self.access
        for index, person in enumerate(self.legal_representatives or ()):
            if person.access:
                yield f"legalRepresentatives[{index}].access", person.id, person.access


CREDENTIALS: tuple[tuple[str, str, Sealable], ...] = (
    ("pin", "pin", "pin"),
    ("password", "password", "password"),
    ("temporary_pin", "temporaryPin", "temporary-pin"),
)
"""Attribute, name in the line, and name at rest of each credential of an access record."""


def clear_secrets(record: CustomerRecord) -> Iterator[tuple[str, Sealable | None, str]]:
    """Place, kind (None for a card's NIP) and value of every secret given in clear."""
    for place, _, access in record.accesses():
        for attribute, name, kind in CREDENTIALS:
            value = getattr(access, attribute)
            if isinstance(value, str):
                yield f"{place}.{name}", kind, value
    for index, card in enumerate(record.cards or ()):
        if isinstance(card.nip, str):
            yield f"cards[{index}].nip", None, card.nip


def given_hashes(record: CustomerRecord) -> Iterator[tuple[str, str]]:
    """Place (named like the clear secret's) and value of every secret given as an Argon2id string."""
    for place, _, access in record.accesses():
        for attribute, name, _ in CREDENTIALS:
            value = getattr(access, f"{attribute}_hash")
            if isinstance(value, str):
                yield f"{place}.{name}", value
    for index, card in enumerate(record.cards or ()):
        if isinstance(card.nip_hash, str):
            yield f"cards[{index}].nip", card.nip_hash
