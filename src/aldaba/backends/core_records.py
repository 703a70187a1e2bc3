"""What the bank's core answers of a customer: the import format without secrets (docs/backends.md).

Members this house does not know are passed over. All others must be there, null where the core knows nothing:
one that was misspelt would else quietly take a customer off the black list, or a new phone out of its hold.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec

from aldaba.crypto import strict_json
from aldaba.crypto.digests import keyed_digest
from aldaba.crypto.keyring import Keyring
from aldaba.domain.customer import (
    Card,
    CardStatus,
    Customer,
    CustomerType,
    ElectronicBanking,
    Phone,
    Representative,
)
from aldaba.service.import_reading import BadLine, read_line
from aldaba.service.lookup_digests import card_digests, phone_digests, tail_digests
from aldaba.service.ports import RandomBytes
from aldaba.service.records import seal_phone

_TOKEN = re.compile(r"[!-~]{1,128}", re.ASCII)
_HOUSES_OWN = "cardToken"


class _Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    def __repr__(self) -> str:
        # A traceback that shows values must not show card numbers and phones.
        return f"{type(self).__name__}(…)"


class CorePhone(_Part, frozen=True, kw_only=True):
    country_code: str
    number: str
    certified: bool
    best: bool
    certified_at: Annotated[datetime, msgspec.Meta(tz=True)] | None


class CoreCard(_Part, frozen=True, kw_only=True):
    """``card_token``: what the card host is asked about instead of the number."""

    number: str
    expires: str
    status: str
    card_token: str | None = None


class CoreRepresentative(_Part, frozen=True, kw_only=True):
    id: str
    name: str


class CoreMobileBanking(_Part, frozen=True, kw_only=True):
    registration_status: str


class CoreCustomer(_Part, frozen=True, kw_only=True):
    customer_id: str
    name: str
    customer_type: int
    electronic_banking: str
    black_listed: bool
    terms_accepted: bool
    mobile_banking: CoreMobileBanking
    phones: list[CorePhone]
    cards: list[CoreCard]
    legal_representatives: list[CoreRepresentative]
    email: str | None
    transmit_customer: bool


def read_customer(answer: Mapping[str, Any], keyring: Keyring) -> Customer:
    """The customer as the embedded directory would hand it out. Raises ``BadLine``, with no value in it."""
    try:
        core = msgspec.convert(answer, CoreCustomer, strict=True)
    except msgspec.ValidationError as error:
        # The decoder names members and types; of none of these does it quote what was in it.
        raise BadLine("", str(error)) from None
    _check(core)
    return Customer(
        core.customer_id,
        core.name,
        CustomerType(core.customer_type),
        ElectronicBanking(core.electronic_banking),
        core.black_listed,
        core.terms_accepted,
        core.mobile_banking.registration_status,
        phones=tuple(_phone(phone, keyring) for phone in core.phones),
        cards=tuple(_card(card, keyring) for card in core.cards),
        representatives=tuple(Representative(each.id, each.name) for each in core.legal_representatives),
        email=core.email or None,
        transmit_customer=core.transmit_customer,
    )


def _check(core: CoreCustomer) -> None:
    """The rules of the import, so that both directories hold the same to be a customer."""
    line: dict[str, Any] = msgspec.to_builtins(core)
    for card in line["cards"]:
        token = card.pop(_HOUSES_OWN)
        if token is not None and not _TOKEN.fullmatch(token):
            raise BadLine("cards", "a cardToken that is not 1 to 128 printable characters")
    try:
        read_line(strict_json.dumps(line))
    except UnicodeEncodeError:
        raise BadLine("", "half a character") from None


def _phone(phone: CorePhone, keyring: Keyring) -> Phone:
    digest = phone_digests(keyring, phone.country_code, phone.number).current
    return Phone(
        country_code=phone.country_code,
        sealed=seal_phone(keyring, phone.number, _nonce_of(digest)),
        digest=digest,
        tail_digest=tail_digests(keyring, phone.number).current,
        certified=phone.certified,
        best=phone.best,
        certified_at=phone.certified_at,
    )


def _nonce_of(digest: bytes) -> RandomBytes:
    """The nonce a phone is sealed under: its own, so that each answer seals it to the same string.

    A core is asked millions of times a day, and one AES-GCM key bears 2^32 random nonces
    (NIST SP 800-38D section 8.3); derived from the number under the pepper, none is used for two texts.
    """

    def drawn(length: int) -> bytes:
        return keyed_digest(digest, "nonce", b"")[:length]

    return drawn


def _card(card: CoreCard, keyring: Keyring) -> Card:
    digests = card_digests(keyring, card.number)
    return Card(
        digest=digests.current,
        tail_digest=tail_digests(keyring, card.number).current,
        last4=card.number[-4:],
        expires=card.expires,
        status=CardStatus(card.status),
        reference=card.card_token,
        earlier=digests.earlier,
    )


Rings = Callable[[], Keyring]
"""Hands out the key ring as it is now; raises ``HouseUnavailable``."""
