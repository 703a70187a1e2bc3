"""Reading a line of an import: a checked record comes out, or the reason why not, with no secret in it."""

import json
import re
from typing import Any

import msgspec
from msgspec import UNSET

from aldaba.crypto.jwk import UnacceptableKey, check_public_jwk
from aldaba.crypto.passwords import UnacceptableHash, check_importable
from aldaba.domain.customer import CardStatus, CustomerType, ElectronicBanking
from aldaba.domain.lockout import LockKind
from aldaba.domain.policy import HashPolicy
from aldaba.domain.token import TokenStatus
from aldaba.service.import_format import (
    CREDENTIALS,
    AccessRecord,
    CardRecord,
    CustomerRecord,
    DeviceRecord,
    PhoneRecord,
    TokenRecord,
    given_hashes,
)
from aldaba.service.token_suites import serviceable_suite

MAX_LINE_BYTES = 64 * 1024
MAX_NAME = 200
MAX_SECRET = 128
CURVES = {"EC": frozenset({"P-256"})}

_NUMBER = re.compile(r"[0-9]{1,12}", re.ASCII)
_CARD = re.compile(r"[0-9]{13,19}", re.ASCII)
_EXPIRES = re.compile(r"(0[1-9]|1[0-2])[0-9]{2}", re.ASCII)
_NIP = re.compile(r"[0-9]{4}", re.ASCII)
_REPRESENTATIVE = re.compile(r"[0-9]|[1-9][0-9]", re.ASCII)
_COUNTRY_CODE = re.compile(r"\+[1-9][0-9]{0,2}", re.ASCII)
_PHONE = re.compile(r"[0-9]{4,14}", re.ASCII)
_MEXICAN_PHONE = re.compile(r"[1-9][0-9]{9}", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+", re.ASCII)
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", re.ASCII)
_SEED = re.compile(r"(?:[0-9A-Fa-f]{2}){16,64}", re.ASCII)
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}", re.ASCII)
_STATES = {
    "hard": frozenset({TokenStatus.HARD_ACTIVE}),
    "soft": frozenset({TokenStatus.SOFT_PRE_ASSIGNED, TokenStatus.SOFT_ACTIVE, TokenStatus.SOFT_DEACTIVATED}),
}


class BadLine(Exception):
    """Why a line is refused: a place and what is wrong there, never a value that may be secret."""

    def __init__(self, place: str, wrong: str) -> None:
        super().__init__(f"{place}: {wrong}" if place else wrong)
        self.reason = str(self)


def read_line(line: bytes) -> CustomerRecord:
    """The record of one line, its form checked. Raises ``BadLine``."""
    try:
        record = msgspec.convert(_strict_json(line), CustomerRecord, strict=True)
    except msgspec.ValidationError as error:
        raise _told(str(error)) from None
    _check_customer(record)
    for index, phone in enumerate(record.phones or ()):
        _check_phone(f"phones[{index}]", phone)
    for index, card in enumerate(record.cards or ()):
        _check_card(f"cards[{index}]", card)
    for index, device in enumerate(record.devices or ()):
        _check_device(f"devices[{index}]", device)
    for place, _, access in record.accesses():
        _check_access(place, access)
    if record.token:
        _check_token(record.token)
    _check_repetitions(record)
    return record


def check_hashes(record: CustomerRecord, rules: HashPolicy) -> None:
    """Every given hash is one we can verify at a bearable cost. Raises ``BadLine``."""
    for place, phc in given_hashes(record):
        try:
            check_importable(
                phc,
                max_memory_kib=rules.import_memory_kib,
                max_passes=rules.import_passes,
                max_lanes=rules.import_lanes,
            )
        except UnacceptableHash as refused:
            raise BadLine(f"{place}Hash", f"no acceptable Argon2id string ({refused.reason})") from None


def _strict_json(line: bytes) -> Any:
    if len(line) > MAX_LINE_BYTES:
        raise BadLine("", f"longer than {MAX_LINE_BYTES} bytes")
    try:
        text = line.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
        if "\\u" in text:
            # An escape may name half a character, which nothing can store.
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeError:
        raise BadLine("", "not UTF-8") from None
    except json.JSONDecodeError as error:
        raise BadLine("", f"not JSON: {error.msg} at column {error.colno}") from None
    except (ValueError, RecursionError):
        raise BadLine("", "not JSON") from None
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadLine("", f"key {_nameable(twice)} appears twice")
    return members


def _no_constant(_: str) -> None:
    raise ValueError


_TOLD = re.compile(r"(.*?)(?: - at `\$\.?(.*)`)?", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*)`")


def _told(message: str) -> BadLine:
    """The decoder's message in the words of this report; of a name that may be a value only its place."""
    matched = _TOLD.fullmatch(message)
    what, place = ("", "") if matched is None else (matched[1], matched[2] or "")
    if unknown := _UNKNOWN.fullmatch(what):
        return BadLine(place, f"unknown key {_nameable(unknown[1])}")
    if missing := _MISSING.fullmatch(what):
        return BadLine(f"{place}.{missing[1]}".lstrip("."), "required")
    return BadLine(place, what[:1].lower() + what[1:])


def _nameable(key: str) -> str:
    return key if _KEY.fullmatch(key) else "of an odd name"


def _require(fits: object, place: str, expected: str) -> None:
    if not fits:
        raise BadLine(place, expected)


def _one_of(value: str, allowed: type[CardStatus | ElectronicBanking | LockKind], place: str) -> None:
    _require(value in {one.value for one in allowed}, place, f"not one of {', '.join(allowed)}")


def _check_name(name: str, place: str) -> None:
    _require(name.strip() and name.isprintable(), place, "empty, or with unprintable characters")
    _require(len(name) <= MAX_NAME, place, f"longer than {MAX_NAME} characters")


def _check_customer(record: CustomerRecord) -> None:
    _require(_NUMBER.fullmatch(record.customer_id), "customerId", "not 1 to 12 digits")
    _check_name(record.name, "name")
    kinds = [kind.value for kind in CustomerType]
    _require(record.customer_type in kinds, "customerType", "not 1506, 1521 or 1551")
    if record.electronic_banking is not UNSET:
        _one_of(record.electronic_banking, ElectronicBanking, "electronicBanking")
    if record.mobile_banking:
        status = record.mobile_banking.registration_status
        _require(status in {"0", "1", "2"}, "mobileBanking.registrationStatus", 'not "0", "1" or "2"')
    if record.email:
        _require(len(record.email) <= 254 and _EMAIL.fullmatch(record.email), "email", "not an address")
    company = record.customer_type == CustomerType.COMPANY
    _require(company or not record.legal_representatives, "legalRepresentatives", "only a company has them")
    for index, person in enumerate(record.legal_representatives or ()):
        place = f"legalRepresentatives[{index}]"
        fits = _REPRESENTATIVE.fullmatch(person.id)
        _require(fits, f"{place}.id", "not one or two digits without a leading zero")
        _check_name(person.name, f"{place}.name")


def _check_phone(place: str, phone: PhoneRecord) -> None:
    _require(_COUNTRY_CODE.fullmatch(phone.country_code), f"{place}.countryCode", "not + and 1 to 3 digits")
    form = _MEXICAN_PHONE if phone.country_code == "+52" else _PHONE
    wrong = "not ten digits" if form is _MEXICAN_PHONE else "not 4 to 14 digits"
    _require(form.fullmatch(phone.number), f"{place}.number", wrong)


def _check_card(place: str, card: CardRecord) -> None:
    # The check digit is not asked for here: a bank's file may hold test and legacy numbers without a right
    # one. Nobody can identify with such a card, but the rest of the line is good.
    _require(_CARD.fullmatch(card.number), f"{place}.number", "not 13 to 19 digits")
    _require(_EXPIRES.fullmatch(card.expires), f"{place}.expires", "not MMYY")
    _one_of(card.status, CardStatus, f"{place}.status")
    _require(not (card.nip and card.nip_hash), f"{place}.nip", "given together with nipHash")
    _require(not isinstance(card.nip, str) or _NIP.fullmatch(card.nip), f"{place}.nip", "not four digits")


def _check_device(place: str, device: DeviceRecord) -> None:
    _require(any(device.ids), place, "without any id")
    for identifier in device.ids:
        _require(identifier is None or _IDENTIFIER.fullmatch(identifier), place, "an id of odd form")
    if device.public_key_jwk:
        try:
            check_public_jwk(device.public_key_jwk, allowed=CURVES)
        except UnacceptableKey as refused:
            wrong = f"no acceptable P-256 public key ({refused.reason})"
            raise BadLine(f"{place}.publicKeyJwk", wrong) from None


def _check_access(place: str, access: AccessRecord) -> None:
    for attribute, name, _ in CREDENTIALS:
        clear, hashed = getattr(access, attribute), getattr(access, f"{attribute}_hash")
        twice = isinstance(clear, str) and isinstance(hashed, str)
        _require(not twice, f"{place}.{name}", f"given together with {name}Hash")
        fits = not isinstance(clear, str) or 0 < len(clear) <= MAX_SECRET
        _require(fits, f"{place}.{name}", f"empty, or longer than {MAX_SECRET} characters")
    if isinstance(access.locked, str):
        _one_of(access.locked, LockKind, f"{place}.locked")


def _check_token(token: TokenRecord) -> None:
    _require(_IDENTIFIER.fullmatch(token.serial), "token.serial", "of odd form")
    _require(token.kind in _STATES, "token.kind", "not hard or soft")
    if isinstance(token.ocra_suite, str):
        wrong = "no OCRA suite (RFC 6287) that answers eight digits alone"
        _require(serviceable_suite(token.ocra_suite), "token.ocraSuite", wrong)
    states = sorted(_STATES[token.kind])
    expected = f"not {' or '.join(states)}, as a {token.kind} token has"
    _require(str(token.status) in states, "token.status", expected)
    if isinstance(token.secret_hex, str):
        _require(_SEED.fullmatch(token.secret_hex), "token.secretHex", "not 16 to 64 bytes in HEX")


def _check_repetitions(record: CustomerRecord) -> None:
    phones, cards = record.phones or [], record.cards or []
    _once([f"{phone.country_code}{phone.number}" for phone in phones], "phones", "the same number twice")
    _require(sum(phone.best for phone in phones) <= 1, "phones", "more than one is the best")
    _once([card.number for card in cards], "cards", "the same number twice")
    people = [person.id for person in record.legal_representatives or ()]
    _once(people, "legalRepresentatives", "the same id twice")
    pairs = [device.ids for device in record.devices or ()]
    for ids in zip(*pairs, strict=True):
        _once([identifier for identifier in ids if identifier], "devices", "the same id twice")


def _once(values: list[str], place: str, wrong: str) -> None:
    _require(len(set(values)) == len(values), place, wrong)
