"""Reading one line of an import: every kind of bad one has its reason, and no reason tells a secret."""

import json
from typing import Any

import pytest
from tests.service.importing import CARD, HASH, PASSWORD, PIN, bare, card, company, phone, record, token

from aldaba.crypto.passwords import HashParameters, hash_password
from aldaba.domain.policy import CLASSIC
from aldaba.service.import_format import AccessRecord
from aldaba.service.import_reading import MAX_LINE_BYTES, BadLine, check_hashes, read_line

SECRETS = (PIN, PASSWORD, CARD, "1234", "31" * 20, HASH, "87654321")
P256 = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}


def reason_of(line: bytes) -> str:
    with pytest.raises(BadLine) as caught:
        check_hashes(read_line(line), CLASSIC.hash)
    for secret in SECRETS:
        assert secret not in caught.value.reason
    return caught.value.reason


def test_the_documented_example_is_read() -> None:
    assert read_line(json.dumps(record()).encode()).customer_id == "15000010"


def test_number_name_and_type_are_enough() -> None:
    assert read_line(json.dumps(bare()).encode()).customer_type == 1551


def test_a_record_never_prints_what_it_holds() -> None:
    access = AccessRecord(pin=PIN, password=PASSWORD)
    assert PIN not in repr(access)
    assert PASSWORD not in f"{access}"


BAD_LINES: list[tuple[bytes, str]] = [
    (b"", "not JSON: Expecting value at column 1"),
    (b"{", "not JSON: Expecting property name"),
    (b'{"customerId": NaN}', "not JSON"),
    (b"[" * 3_000 + b"]" * 3_000, "not JSON"),
    (b'{"a": ' * 5_000, "not JSON"),
    (b"\xff{}", "not UTF-8"),
    (b'{"name": "\\ud800"}', "not UTF-8"),
    (b" " * (MAX_LINE_BYTES + 1), "longer than 65536 bytes"),
    (b"[]", "expected `object`, got `array`"),
    (b'{"customerId": "1", "customerId": "2"}', "key customerId appears twice"),
    (b'{"access": {"pin": "1", "pin": "2"}}', "key pin appears twice"),
    (b'{"30 20": 1, "30 20": 2}', "key of an odd name appears twice"),
]


@pytest.mark.parametrize(("line", "reason"), BAD_LINES)
def test_a_line_that_is_no_strict_json_is_refused(line: bytes, reason: str) -> None:
    assert reason_of(line).startswith(reason)


BAD_RECORDS: list[tuple[dict[str, Any], str]] = [
    (record(customerId=...), "customerId: required"),
    (record(name=...), "name: required"),
    (record(customerType=...), "customerType: required"),
    (record(customerId=15000010), "customerId: expected `str`, got `int`"),
    (record(customerType="1551"), "customerType: expected `int`, got `str`"),
    (record(nickname="TITO"), "unknown key nickname"),
    (record(access={"pinn": PIN}), "access: unknown key pinn"),
    (record(**{"not a name": 1}), "unknown key of an odd name"),
    (record(phones=None), "phones: expected `array`, got `null`"),
    (record(customerId="1234567890123"), "customerId: not 1 to 12 digits"),
    (record(customerId="١٢٣"), "customerId: not 1 to 12 digits"),
    (record(name="  "), "name: empty, or with unprintable characters"),
    (record(name="A\nB"), "name: empty, or with unprintable characters"),
    (record(name="A" * 201), "name: longer than 200 characters"),
    (record(customerType=1500), "customerType: not 1506, 1521 or 1551"),
    (record(electronicBanking="on"), "electronicBanking: not one of none, active, cancelled"),
    (
        record(mobileBanking={"registrationStatus": "3"}),
        'mobileBanking.registrationStatus: not "0", "1" or "2"',
    ),
    (record(email="nobody"), "email: not an address"),
    (record(phones=[phone(countryCode="52")]), "phones[0].countryCode: not + and 1 to 3 digits"),
    (record(phones=[phone(number="555609321")]), "phones[0].number: not ten digits"),
    (record(phones=[phone(countryCode="+1", number="1")]), "phones[0].number: not 4 to 14 digits"),
    (record(phones=[phone(certifiedAt="2026-01-01T00:00:00")]), "phones[0].certifiedAt: expected"),
    (record(phones=[phone(), phone(best=False)]), "phones: the same number twice"),
    (record(phones=[phone(), phone(number="5556093219")]), "phones: more than one is the best"),
    (record(cards=[card(number="52041642999999992222")]), "cards[0].number: not 13 to 19 digits"),
    (record(cards=[card(number="12")]), "cards[0].number: not 13 to 19 digits"),
    (record(cards=[card(expires="1330")]), "cards[0].expires: not MMYY"),
    (record(cards=[card(status="lost")]), "cards[0].status: not one of active, locked, cancelled"),
    (record(cards=[card(nip="12345")]), "cards[0].nip: not four digits"),
    (record(cards=[card(nipHash=HASH)]), "cards[0].nip: given together with nipHash"),
    (record(cards=[card(), card()]), "cards: the same number twice"),
    (
        record(legalRepresentatives=[{"id": "1", "name": "A"}]),
        "legalRepresentatives: only a company has",
    ),
    (
        company() | {"legalRepresentatives": [{"id": "01", "name": "A"}]},
        "legalRepresentatives[0].id: not",
    ),
    (company() | {"legalRepresentatives": [{"id": "1", "name": ""}]}, "legalRepresentatives[0].name: empty"),
    (
        company() | {"legalRepresentatives": [{"id": "1", "name": "A"}, {"id": "1", "name": "B"}]},
        "legalRepresentatives: the same id twice",
    ),
    (
        company() | {"legalRepresentatives": [{"id": "1", "name": "A", "access": {"pin": ""}}]},
        "legalRepresentatives[0].access.pin: empty",
    ),
    (record(access={"pin": PIN, "pinHash": HASH}), "access.pin: given together with pinHash"),
    (record(access={"password": "x" * 129}), "access.password: empty, or longer than 128 characters"),
    (record(access={"pin": 87654321}), "access.pin: expected `str | null`, got `int`"),
    (record(access={"locked": "X"}), "access.locked: not one of D, S, I"),
    (record(access={"pinHash": PIN}), "access.pinHash: no acceptable Argon2id string (algorithm)"),
    (record(access={"passwordHash": "$argon2id$" + PIN}), "access.passwordHash: no acceptable"),
    (
        record(access={"temporaryPinHash": hash_password("x", HashParameters(8, 5))}),
        "access.temporaryPinHash: no acceptable Argon2id string (passes)",
    ),
    (record(cards=[card(nip=None, nipHash="md5")]), "cards[0].nipHash: no acceptable Argon2id string"),
    (record(devices=[{}]), "devices[0]: without any id"),
    (record(devices=[{"deviceId": "a b"}]), "devices[0]: an id of odd form"),
    (record(devices=[{"deviceId": "a"}, {"vascoDeviceId": "a"}]), "devices: the same id twice"),
    (
        record(devices=[{"deviceId": "a", "publicKeyJwk": {"kty": "RSA"}}]),
        "devices[0].publicKeyJwk: no acceptable P-256 public key (type)",
    ),
    (
        record(devices=[{"deviceId": "a", "publicKeyJwk": P256 | {"d": "87654321"}}]),
        "devices[0].publicKeyJwk: no acceptable P-256 public key (private)",
    ),
    (record(token=token(serial="")), "token.serial: of odd form"),
    (record(token=token(kind="firm")), "token.kind: not hard or soft"),
    (record(token=token(ocraSuite="OCRA-1:HOTP-MD5-8:QN08")), "token.ocraSuite: no OCRA suite"),
    (record(token=token(ocraSuite="OCRA-1:HOTP-SHA1-8:QN08-PSHA1")), "token.ocraSuite: no OCRA suite"),
    (record(token=token(ocraSuite="OCRA-1:HOTP-SHA1-8:QN08-S064")), "token.ocraSuite: no OCRA suite"),
    (record(token=token(ocraSuite="OCRA-1:HOTP-SHA1-8:QN06")), "token.ocraSuite: no OCRA suite"),
    (record(token=token(status=66)), "token.status: not 56, as a hard token has"),
    (record(token=token(kind="soft")), "token.status: not 63 or 64 or 66, as a soft token has"),
    (record(token=token(secretHex="31")), "token.secretHex: not 16 to 64 bytes in HEX"),
    (record(token=token(secretHex=PIN * 5 + "x")), "token.secretHex: not 16 to 64 bytes in HEX"),
]


@pytest.mark.parametrize(("given", "reason"), BAD_RECORDS)
def test_a_record_that_is_wrong_is_refused_with_its_place(given: dict[str, Any], reason: str) -> None:
    assert reason_of(json.dumps(given).encode()).startswith(reason)


@pytest.mark.parametrize(
    "given",
    [
        record(token=None, email=None, access=None, mobileBanking=None),
        record(cards=[card(number="5204164299999999")]),
        record(token=token(kind="soft", status=64, ocraSuite="OCRA-1:HOTP-SHA512-8:C-QN08")),
        record(token=token(ocraSuite="OCRA-1:HOTP-SHA1-6:QA10-T1M")),
        record(devices=[{"deviceId": "a", "publicKeyJwk": P256}]),
        record(phones=[phone(countryCode="+1", number="2025550123", certifiedAt="2026-01-01T00:00:00Z")]),
        record(name="MARÍA JOSÉ \u00d1U\u00d1EZ"),
        company(),
    ],
)
def test_every_documented_shape_is_read(given: dict[str, Any]) -> None:
    check_hashes(read_line(json.dumps(given).encode()), CLASSIC.hash)
