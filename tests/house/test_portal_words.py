"""Portal words stop at the door: below ``api/`` things are called what they are."""

import ast
import re
from collections.abc import Iterator

import pytest
from tests.house.tree import SOURCE, modules, parsed, told

FLOORS = ("domain/", "service/", "crypto/", "store/")
PORTAL_WORDS = {
    "nip": "card PIN",
    "bloqued": "locked",
    "transmit": "soft-token vendor",
    "rao": "phone certification",
    "vasco": "device",
}

IN_THE_RECORD = "a field of the bank's customer record, whose names the import and the directory share"
ALLOWED = {
    "nip": IN_THE_RECORD,
    "nip_hash": IN_THE_RECORD,
    "transmit_customer": IN_THE_RECORD,
    "vasco_device_id": IN_THE_RECORD,
    "vasco_id": "one of a device's two ids, named after whose id it is",
}
"""Identifiers that carry a portal word all the same; constants may be written in capitals."""

_ALLOWED_AT_THE_END = re.compile(r"(?:^|_)vasco_id$", re.IGNORECASE)
"""What finds a device by that id may say so."""

_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def portal_words(module: ast.Module) -> Iterator[str]:
    for line, name in sorted(set(_identifiers(module))):
        if name.strip("_").lower() in ALLOWED or _ALLOWED_AT_THE_END.search(name):
            continue
        parts = {part.lower().removesuffix("s") for part in _PART.findall(name)}
        for word in sorted(parts & PORTAL_WORDS.keys()):
            yield f"{line} {name}: say {PORTAL_WORDS[word]}"


def _identifiers(module: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(module):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield node.lineno, name
            case ast.keyword(arg=str(name)):
                yield node.lineno, name
            case ast.alias(name=name, asname=other):
                yield node.lineno, other or name
            case _:
                pass


def test_no_portal_word_is_used_below_the_doors() -> None:
    faults = [
        f"{name}:{fault}"
        for name, module in modules(SOURCE)
        if name.startswith(FLOORS)
        for fault in portal_words(module)
    ]
    assert not faults, told(
        faults,
        "docs/architecture.md lists the house's word for each; or allow the name here with its reason.",
    )


def test_every_word_that_is_allowed_is_used() -> None:
    used = {
        name.strip("_").lower()
        for path, module in modules(SOURCE)
        if path.startswith(FLOORS)
        for _, name in _identifiers(module)
    }
    assert not set(ALLOWED) - used


@pytest.mark.parametrize(
    "source",
    [
        "def check_nip(card): ...",
        "class RaoToken: ...",
        "class TransmitCustomers: ...",
        "BLOQUED_USER = 1",
        "def register(self, transmit_token): ...",
        "customer.rao_status = 1",
        "find(vascoDeviceId=1)",
        "from aldaba.service import transmit",
        "nips = 3",
    ],
)
def test_the_rule_sees_a_portal_word(source: str) -> None:
    assert list(portal_words(parsed(source)))


@pytest.mark.parametrize(
    "source",
    [
        "class PhoneCertification: ...",
        "card.nip",
        "_NIP = 4",
        "def by_vasco_id(self, vasco_id): ...",
        "_DEVICE_BY_VASCO_ID = 1",
        "manipulate = snippet = rational = 1",
        "LABEL = 'card NIP locked'",
    ],
)
def test_the_rule_lets_pass_the_houses_own_words(source: str) -> None:
    assert not list(portal_words(parsed(source)))
