"""What an imported line makes of a customer: values sealed for keeping, and merged with what is stored."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from msgspec import UNSET, UnsetType

from aldaba.crypto.jwk import check_public_jwk
from aldaba.crypto.keyring import KeyName, Keyring
from aldaba.crypto.sealing import CannotOpen
from aldaba.domain.customer import (
    Card,
    CardStatus,
    Customer,
    CustomerType,
    Device,
    ElectronicBanking,
    InitialAccess,
    Phone,
    Representative,
    initial_access,
)
from aldaba.domain.token import Token, TokenStatus
from aldaba.service.import_format import (
    CREDENTIALS,
    AccessRecord,
    CardRecord,
    CustomerRecord,
    DeviceRecord,
    PhoneRecord,
    TokenRecord,
)
from aldaba.service.lookup_digests import Digests, card_digests, phone_digests, tail_digests
from aldaba.service.ports import RandomBytes
from aldaba.service.records import (
    Sealable,
    ccs_id_of,
    open_phc,
    seal_card_pin,
    seal_phc,
    seal_phone,
    seal_token_seed,
)
from aldaba.service.redigesting import Anew, with_cards_anew, with_phones_anew


@dataclass(frozen=True, slots=True)
class Incoming:
    """A line ready to be stored; ``None`` is what it does not give, ``takes_token_away`` a null token."""

    record: CustomerRecord
    ccs_ids: Mapping[str, str]
    """Of every profile the line speaks of, by representative."""
    phones: tuple[Phone, ...] | None
    cards: tuple[Card, ...] | None
    card_digests: tuple[Digests, ...]
    """Of each card under every live pepper, as they stand in the line."""
    anew: Mapping[bytes, Anew]
    """What may be kept of the line's cards under earlier peppers, and what becomes of it."""
    accesses: Mapping[str, InitialAccess]
    token: Token | None
    takes_token_away: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """A credential an earlier line gave: as kept, and its Argon2id string."""

    sealed: str
    phc: str


class Sealer:
    """Turns records into what is kept, under one key ring."""

    def __init__(self, keyring: Keyring, random_bytes: RandomBytes) -> None:
        self._keyring = keyring
        self._random_bytes = random_bytes

    def seal(
        self, record: CustomerRecord, phcs: Mapping[str, str], standing: Mapping[str, Standing]
    ) -> Incoming:
        """``phcs``: the Argon2id string of every secret, by its place in the line.

        What an earlier line gave already (``standing``) stays sealed as it is: that it is the same string
        tells later that the line says nothing new.
        """
        numbers = [card.number for card in record.cards or ()]
        digests = tuple(card_digests(self._keyring, number) for number in numbers)
        people = {"", *(person.id for person in record.legal_representatives or ())}
        ccs_ids = {person: ccs_id_of(self._keyring, record.customer_id, person) for person in people}
        return Incoming(
            record,
            ccs_ids,
            None if record.phones is UNSET else tuple(map(self._phone, record.phones)),
            None if record.cards is UNSET else self._cards(record.cards, digests, phcs),
            digests,
            {earlier: Anew(each.current) for each in digests for earlier in each.earlier},
            {
                person: self._access(access, place, ccs_ids[person], phcs, standing)
                for place, person, access in record.accesses()
            },
            self._token(record.token, record.customer_id) if isinstance(record.token, TokenRecord) else None,
            record.token is None,
        )

    @property
    def pepper(self) -> str:
        """The id of the pepper it digests under."""
        return self._keyring.current(KeyName.PEPPER).id

    def anew(self, customer: Customer | None, incoming: Incoming) -> Customer | None:
        """The stored customer with what the line tells in clear digested under the current pepper."""
        if customer is None:
            return None
        cards = with_cards_anew(customer, incoming.anew, self._keyring, self._random_bytes)
        return with_phones_anew(cards, self._keyring)

    def tails(self, customer: Customer | None) -> frozenset[bytes]:
        """Digests of the ends of the stored customer's cards and phones."""
        if customer is None:
            return frozenset()
        phones = (phone.tail_digest for phone in customer.phones)
        return frozenset(phones) | {card.tail_digest for card in customer.cards}

    def given_tails(self, record: CustomerRecord) -> frozenset[bytes]:
        """The same of a line."""
        numbers = [phone.number for phone in record.phones or ()]
        numbers += [card.number for card in record.cards or ()]
        return frozenset(tail_digests(self._keyring, number).current for number in numbers)

    def is_tail(self, digits: str, tails: frozenset[bytes]) -> bool:
        return not tails.isdisjoint(tail_digests(self._keyring, digits).all)

    def _phone(self, phone: PhoneRecord) -> Phone:
        return Phone(
            country_code=phone.country_code,
            sealed=seal_phone(self._keyring, phone.number, self._random_bytes),
            digest=phone_digests(self._keyring, phone.country_code, phone.number).current,
            tail_digest=tail_digests(self._keyring, phone.number).current,
            certified=phone.certified,
            best=phone.best,
            certified_at=phone.certified_at or None,
        )

    def _cards(
        self, cards: list[CardRecord], digests: tuple[Digests, ...], phcs: Mapping[str, str]
    ) -> tuple[Card, ...]:
        pins = (phcs.get(f"cards[{index}].nip") for index in range(len(cards)))
        return tuple(
            self._card(card, each.current, phc) for card, each, phc in zip(cards, digests, pins, strict=True)
        )

    def _card(self, card: CardRecord, digest: bytes, phc: str | None) -> Card:
        return Card(
            digest=digest,
            tail_digest=tail_digests(self._keyring, card.number).current,
            last4=card.number[-4:],
            expires=card.expires,
            status=CardStatus(card.status),
            nip=None if phc is None else seal_card_pin(self._keyring, phc, digest, self._random_bytes),
        )

    def _access(
        self,
        access: AccessRecord,
        place: str,
        ccs_id: str,
        phcs: Mapping[str, str],
        standing: Mapping[str, Standing],
    ) -> InitialAccess:
        sealed = {
            attribute: self._credential(phcs[spot], standing.get(spot), ccs_id, kind)
            for attribute, name, kind in CREDENTIALS
            if (spot := f"{place}.{name}") in phcs
        }
        return InitialAccess(**sealed, locked=access.locked or None)

    def _credential(self, phc: str, standing: Standing | None, ccs_id: str, kind: Sealable) -> str:
        if standing is not None and standing.phc == phc:
            return standing.sealed
        return seal_phc(self._keyring, phc, ccs_id, kind, self._random_bytes)

    def standing(self, record: CustomerRecord, stored: Customer | None) -> Iterator[tuple[str, Standing]]:
        """Place in the line, and what an earlier line gave there."""
        if stored is None:
            return
        for place, person, _ in record.accesses():
            access = initial_access(stored, person)
            ccs_id = ccs_id_of(self._keyring, record.customer_id, person)
            for attribute, name, kind in CREDENTIALS:
                sealed = getattr(access, attribute, None)
                if sealed is not None:
                    # One that no longer opens is no reason to refuse a line that replaces it.
                    with suppress(CannotOpen):
                        phc = open_phc(self._keyring, sealed, ccs_id, kind)
                        yield f"{place}.{name}", Standing(sealed, phc)

    def _token(self, token: TokenRecord, customer_id: str) -> Token:
        seed = token.secret_hex or ""
        sealed = seed and seal_token_seed(
            self._keyring, bytes.fromhex(seed), token.serial, self._random_bytes
        )
        status = TokenStatus(str(token.status))
        return Token(token.serial, token.kind, token.ocra_suite or "", sealed, status, customer_id)


def merged(stored: Customer | None, incoming: Incoming) -> Customer:
    """The customer after the line: what it gives stands, the rest stays as it was."""
    record = incoming.record
    base = stored or Customer(record.customer_id, record.name, CustomerType(record.customer_type))
    mobile = record.mobile_banking
    return replace(
        base,
        name=record.name,
        type=CustomerType(record.customer_type),
        electronic_banking=(
            base.electronic_banking
            if record.electronic_banking is UNSET
            else ElectronicBanking(record.electronic_banking)
        ),
        black_listed=_given(record.black_listed, base.black_listed),
        terms_accepted=_given(record.terms_accepted, base.terms_accepted),
        registration_status=mobile.registration_status if mobile else base.registration_status,
        phones=_phones(base, incoming),
        cards=_cards(base, incoming),
        representatives=_representatives(base, incoming),
        access=_access(base.access, incoming.accesses.get("")),
        email=base.email if record.email is UNSET else record.email,
        transmit_customer=_given(record.transmit_customer, base.transmit_customer),
    )


def news(stored: Customer | None, representative: str, given: InitialAccess) -> InitialAccess | None:
    """What a line gives that earlier lines did not; None when that is nothing.

    The same file comes again and again. What it said the first time must not undo what customers have
    changed since.
    """
    before = stored and initial_access(stored, representative)
    if not before:
        return given
    fresh = {
        field: value
        for field in ("pin", "password", "temporary_pin", "locked")
        if (value := getattr(given, field)) is not None and value != getattr(before, field)
    }
    return InitialAccess(**fresh) if fresh else None


def merged_devices(
    stored: tuple[Device, ...], customer_id: str, records: list[DeviceRecord]
) -> tuple[Device, ...]:
    """A listed device keeps the key and the standing that the line does not speak of."""
    known = {
        identifier: device for device in stored for identifier in (device.vasco_id, device.application_id)
    }
    return tuple(_device(customer_id, record, known) for record in records)


def merged_token(stored: Token | None, given: Token) -> Token | None:
    """A known serial keeps the seed and the suite that the line does not give; None without any seed."""
    if stored is None:
        return given if given.sealed_secret else None
    return replace(
        stored,
        kind=given.kind,
        suite=given.suite or stored.suite,
        status=given.status,
        customer_id=given.customer_id,
        sealed_secret=given.sealed_secret or stored.sealed_secret,
    )


def _given(value: bool | UnsetType, stored: bool) -> bool:
    return stored if value is UNSET else value


def _phones(base: Customer, incoming: Incoming) -> tuple[Phone, ...]:
    if incoming.phones is None:
        return base.phones
    certified = {phone.digest: phone.certified_at for phone in base.phones}
    pairs = zip(incoming.phones, incoming.record.phones or (), strict=True)
    return tuple(
        replace(phone, certified_at=certified.get(phone.digest)) if record.certified_at is UNSET else phone
        for phone, record in pairs
    )


def _cards(base: Customer, incoming: Incoming) -> tuple[Card, ...]:
    if incoming.cards is None:
        return base.cards
    card_pins = {card.digest: card.nip for card in base.cards}
    return tuple(replace(card, nip=card.nip or card_pins.get(card.digest)) for card in incoming.cards)


def _representatives(base: Customer, incoming: Incoming) -> tuple[Representative, ...]:
    if incoming.record.customer_type != CustomerType.COMPANY:
        return ()
    if incoming.record.legal_representatives is UNSET:
        return base.representatives
    known = {person.id: person.access for person in base.representatives}
    return tuple(
        Representative(
            person.id, person.name, _access(known.get(person.id), incoming.accesses.get(person.id))
        )
        for person in incoming.record.legal_representatives
    )


def _access(stored: InitialAccess | None, given: InitialAccess | None) -> InitialAccess | None:
    if stored is None or given is None:
        return given or stored
    return InitialAccess(
        pin=given.pin or stored.pin,
        password=given.password or stored.password,
        temporary_pin=given.temporary_pin or stored.temporary_pin,
        locked=given.locked or stored.locked,
    )


def _device(customer_id: str, record: DeviceRecord, known: Mapping[str | None, Device]) -> Device:
    vasco_id, application_id = record.ids
    stored = (vasco_id and known.get(vasco_id)) or (application_id and known.get(application_id)) or None
    jwk, blocked = (stored.public_jwk, stored.blocked) if stored else (None, False)
    if record.public_key_jwk is not UNSET:
        jwk = None if record.public_key_jwk is None else check_public_jwk(record.public_key_jwk)
    return Device(customer_id, vasco_id, application_id, jwk, _given(record.blocked, blocked))
