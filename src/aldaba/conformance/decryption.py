"""Whatever is wrong with a sealed value, the answer is one and the same."""

import base64
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx

from aldaba.conformance.check import Check, Play
from aldaba.conformance.front import Letter, json_of
from aldaba.conformance.judging import refused
from aldaba.conformance.letters import Writing, writing
from aldaba.conformance.stage import Stage
from aldaba.conformance.steps import NEW_PIN
from aldaba.conformance.verdicts import Broken, Family
from aldaba.contract import Contract, EncryptedField, Operation

_VOLATILE = frozenset({"uuid", "timestamp"})

Spoiling = Callable[[str], str]


def _flipped(value: str, at: int) -> str:
    digit = "0" if value[at] != "0" else "1"
    return value[:at] + digit + value[at + 1 :]


WAYS: Mapping[str, Spoiling] = {
    "the MAC's last digit": lambda value: _flipped(value, len(value) - 1),
    "the first digit": lambda value: _flipped(value, 0),
    "a block cut out": lambda value: value[:-96] + value[-64:],
    "cut short": lambda value: value[:-2],
    "an odd number of digits": lambda value: value[:-1],
    "neither HEX nor Base64": lambda value: "ZZ" + value[2:],
    "blank inside": lambda value: f"{value[:8]} {value[8:]}",
    "nothing at all": lambda _: "",
    "text in clear": lambda _: "30203021",
    "far too long": lambda value: value + "00" * 5000,
    "another session's": lambda value: "AB" * (len(value) // 2),
}


def checks(contract: Contract) -> Iterator[Check]:
    for operation in contract.operations.values():
        for field in operation.encrypted_request:
            if not field.maybe:
                name = f"{field.path}: one answer to every flaw"
                yield Check(operation.id, Family.DECRYPTION, name, _uniform(operation, field))


def _uniform(operation: Operation, field: EncryptedField) -> Play:
    def play(stage: Stage) -> None:
        ready = writing(stage, operation.id)
        told: dict[str, Any] = {}
        for name, spoil in WAYS.items():
            answer = _spoilt(ready, field, spoil)
            _is_the_row(stage, operation, answer)
            told[name] = _comparable(answer)
        _all_the_same(told)

    return play


def _is_the_row(stage: Stage, operation: Operation, answer: httpx.Response) -> None:
    refused(stage, answer, operation.id, 400, "cannotDecryptData")


def _spoilt(ready: Writing, field: EncryptedField, spoil: Spoiling) -> httpx.Response:
    letter = hex_letter(ready)
    if "." not in field.path and field.path not in letter.body:
        # Not asked for here, but opened wherever it is sent.
        added = ready.front.seal(letter.headers, ready.operation, field.name, NEW_PIN)
        letter = letter.with_body(letter.body | {field.name: added})
    return ready.front.send(letter.with_body(changed(letter.body, field.path.split("."), spoil)))


def hex_letter(ready: Writing) -> Letter:
    """A right request; pages of the dot rendering take HEX too, so values are spoilt alike everywhere."""
    letter = ready.letter()
    for field in ready.front.contract.operation(ready.operation).encrypted_request:
        letter = letter.with_body(changed(letter.body, field.path.split("."), _to_hex))
    return letter


def _to_hex(value: str) -> str:

    if "." not in value:
        return value
    return b"".join(base64.b64decode(part) for part in value.split(".")).hex().upper()


def changed(body: Any, path: list[str], change: Callable[[str], str]) -> Any:
    """The body with the value at that path changed, where it is there."""
    first, *rest = path
    if first not in body:
        return body
    value = changed(body[first], rest, change) if rest else change(body[first])
    return body | {first: value}


def _comparable(answer: httpx.Response) -> tuple[int, dict[str, Any], list[str]]:
    body = {name: value for name, value in json_of(answer).items() if name not in _VOLATILE}
    headers = sorted(name for name in answer.headers if name not in {"date", "content-length"})
    return answer.status_code, body, headers


def _all_the_same(told: Mapping[str, Any]) -> None:
    first, wanted = next(iter(told.items()))
    for name, found in told.items():
        if found != wanted:
            raise Broken(f"{name!r} is answered otherwise than {first!r}: {found} instead of {wanted}")
