"""Tokens as their makers deliver them: a portable symmetric key container (RFC 6030), or lines of CSV."""

import csv
import re
from collections.abc import Iterator
from typing import BinaryIO

from aldaba.backends.pskc_opening import Opener, Passphrase, PreSharedKey, Unlocking, Unreadable, opener
from aldaba.backends.pskc_xml import MAX_FILE_BYTES, BadFile, Element, pieces
from aldaba.crypto.ocra import MalformedSuite, Suite, parse_suite, time_step
from aldaba.domain.token import MAX_COUNTER, BadToken, TokenRecord

__all__ = ["BadFile", "Passphrase", "PreSharedKey", "Unlocking", "read_csv", "read_pskc"]

NAMESPACE = "urn:ietf:params:xml:ns:keyprov:pskc"
KINDS = frozenset({"hard", "soft"})
SECRET_BYTES = range(16, 65)
MAX_DRIFT = 100_000
MAX_LINE_BYTES = 4096
COLUMNS = ("serial", "kind", "suite", "secretHex", "counter")

_SERIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", re.ASCII)
_ALGORITHM = re.compile(rf"{NAMESPACE}[:#](OCRA-1:.+|OCRA(?:-1)?)", re.ASCII | re.IGNORECASE)
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+", re.ASCII)
_COUNTER = re.compile(r"[0-9]{1,19}", re.ASCII)
_USAGES = frozenset({"CR", "OTP"})


def read_pskc(
    source: BinaryIO, unlocking: Unlocking = None, kind: str = "hard"
) -> Iterator[TokenRecord | BadToken]:
    """Every key of a container, as it is read; the format does not say whether a token is hard or soft.

    A signature over the file is not checked: the MACs are. Raises ``BadFile``, also after some were given.
    """
    return _once(_packages(source, unlocking, kind))


def read_csv(source: BinaryIO) -> Iterator[TokenRecord | BadToken]:
    """Lines of ``serial,kind,suite,secretHex[,counter]`` in UTF-8, with or without a first line saying so.

    An empty suite is left to the policy. Raises ``BadFile``, also after some were given.
    """
    return _once(_lines(source))


Found = tuple[str, str, TokenRecord | str]
"""Position, serial number as it was given, and the token or why it is refused."""


def _once(found: Iterator[Found]) -> Iterator[TokenRecord | BadToken]:
    seen = set[str]()
    for position, serial, outcome in found:
        well_formed = _SERIAL.fullmatch(serial) is not None
        place = serial if well_formed else position
        if well_formed and serial in seen:
            yield BadToken(place, "serial number appears twice")
        elif isinstance(outcome, str):
            yield BadToken(place, outcome)
        else:
            yield outcome
        seen.add(serial)


def _packages(source: BinaryIO, unlocking: Unlocking, kind: str) -> Iterator[Found]:
    head: dict[str, Element] = {}
    opening: Opener | None = None
    elements = pieces(source)
    _check_root(next(elements))
    number = 0
    for element in elements:
        if element.name in {"EncryptionKey", "MACMethod"}:
            if opening is not None or element.name in head:
                raise BadFile(f"{element.name} is out of place")
            head[element.name] = element
        elif element.name == "KeyPackage":
            number += 1
            opening = opening or opener(head.get("EncryptionKey"), head.get("MACMethod"), unlocking)
            yield f"key {number}", element.text_at("DeviceInfo", "SerialNo"), _outcome(element, opening, kind)
    if not number:
        raise BadFile("holds no key")


def _check_root(root: Element) -> None:
    if (root.namespace, root.name) != (NAMESPACE, "KeyContainer"):
        raise BadFile("no key container of RFC 6030")
    if not root.attributes.get("Version", "").startswith("1."):
        raise BadFile("version is not 1")


def _outcome(package: Element, opening: Opener, kind: str) -> TokenRecord | str:
    try:
        return _token(package, opening, kind)
    except Unreadable as unreadable:
        return unreadable.reason


def _token(package: Element, opening: Opener, kind: str) -> TokenRecord:
    keys = package.every("Key")
    if len(keys) != 1:
        raise Unreadable("not exactly one key")
    key = keys[0]
    _check_policy(key.find("Policy"))
    suite = _suite_of(key)
    _check_interval(suite, opening.number(key.find("Data", "TimeInterval")))
    return _checked(
        package.text_at("DeviceInfo", "SerialNo"),
        kind,
        suite,
        opening.secret(key.find("Data", "Secret")),
        opening.number(key.find("Data", "Counter")) or 0,
        opening.number(key.find("Data", "TimeDrift")) or 0,
    )


def _check_policy(policy: Element | None) -> None:
    # RFC 6030 section 5: who does not keep a key's policy may not use the key.
    rules = [] if policy is None else policy.children
    if any(rule.name != "KeyUsage" for rule in rules):
        raise Unreadable("has a policy that is not kept here")
    if rules and not _USAGES & {rule.text for rule in rules}:
        raise Unreadable("is not for challenges")


def _suite_of(key: Element) -> Suite:
    """Named by the algorithm itself, or by `Suite` beside it (RFC 6030 section 4.3.4)."""
    found = _ALGORITHM.fullmatch(key.attributes.get("Algorithm", ""))
    if found is None:
        raise Unreadable("algorithm is not OCRA")
    named = found[1] if ":" in found[1] else ""
    beside = key.text_at("AlgorithmParameters", "Suite")
    if named and beside and named != beside:
        raise Unreadable("names two suites")
    return _suite(named or beside)


def _suite(text: str) -> Suite:
    try:
        return parse_suite(text)
    except MalformedSuite:
        raise Unreadable("no OCRA suite (RFC 6287)") from None


def _check_interval(suite: Suite, interval: int | None) -> None:
    if interval is not None and interval != time_step(suite):
        raise Unreadable("time interval is not the suite's")


def _checked(
    serial: str, kind: str, suite: Suite | None, secret: bytes, counter: int, drift: int
) -> TokenRecord:
    wrong = {
        "serial number of odd form": not _SERIAL.fullmatch(serial),
        "kind is not hard or soft": kind not in KINDS,
        "secret has not 16 to 64 bytes": len(secret) not in SECRET_BYTES,
        "counter out of range": not 0 <= counter <= MAX_COUNTER,
        "time drift out of range": abs(drift) > MAX_DRIFT,
    }
    for reason, holds in wrong.items():
        if holds:
            raise Unreadable(reason)
    if suite is None:
        return TokenRecord(serial, kind, "", secret, counter, drift)
    moving = counter if suite.counter else 0, drift if suite.time else 0
    return TokenRecord(serial, kind, suite.text, secret, *moving)


def _lines(source: BinaryIO) -> Iterator[Found]:
    number = total = 0
    while line := source.readline(MAX_LINE_BYTES + 1):
        number, total = number + 1, total + len(line)
        if len(line) > MAX_LINE_BYTES or total > MAX_FILE_BYTES:
            raise BadFile(f"too long at line {number}")
        fields = _fields(line, number)
        if fields and not (number == 1 and tuple(fields) in {COLUMNS, COLUMNS[:-1]}):
            yield f"line {number}", fields[0], _line_outcome(fields)
    if not number:
        raise BadFile("empty")


def _fields(line: bytes, number: int) -> list[str]:
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        return [entry.strip() for entry in next(csv.reader([text], strict=True), [])]
    except (UnicodeDecodeError, csv.Error):
        raise BadFile(f"not CSV in UTF-8 at line {number}") from None


def _line_outcome(fields: list[str]) -> TokenRecord | str:
    try:
        return _line_token(fields)
    except Unreadable as unreadable:
        return unreadable.reason


def _line_token(fields: list[str]) -> TokenRecord:
    if len(fields) not in {len(COLUMNS) - 1, len(COLUMNS)}:
        raise Unreadable("not four or five fields")
    serial, kind, suite, secret, counter = (*fields, "")[: len(COLUMNS)]
    if not _HEX.fullmatch(secret):
        raise Unreadable("secret is not HEX")
    if counter and not _COUNTER.fullmatch(counter):
        raise Unreadable("counter is no number")
    named = _suite(suite) if suite else None
    return _checked(serial, kind, named, bytes.fromhex(secret), int(counter or 0), 0)
