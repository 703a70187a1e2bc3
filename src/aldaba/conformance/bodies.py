"""Bodies as their schemas print them: an object, its required fields, their forms."""

import re
from collections.abc import Iterator
from typing import Any

from aldaba.conformance.check import Check, Play
from aldaba.conformance.front import Letter, new_uuid
from aldaba.conformance.judging import refused
from aldaba.conformance.letters import right
from aldaba.conformance.stage import Stage
from aldaba.conformance.verdicts import Family
from aldaba.contract import Contract, Operation, Schema

BROKEN = {
    "no JSON": b"{",
    "no object": b"[]",
    "text": b'"x"',
    "a field twice": b'{"a": 1, "a": 1}',
    "not UTF-8": b'{"a": "\xff"}',
    "nothing": b"",
}
PROBE = "\u0661 \u00e9"
"""An Arabic digit, a blank and an accent: no pattern of digits or ASCII fits it."""
WRONG: dict[str, Any] = {"string": 7, "integer": "x", "boolean": "x", "object": "x"}


def checks(contract: Contract) -> Iterator[Check]:
    for operation in contract.operations.values():
        if operation.request is not None:
            yield Check(operation.id, Family.BODY, "not a JSON object", _no_object(operation))
            yield Check(operation.id, Family.BODY, "required fields", _required(contract, operation))
            yield Check(operation.id, Family.BODY, "types of fields", _typed(operation))
            if _closed(operation):
                yield Check(operation.id, Family.BODY, "patterns of fields", _patterned(operation))


def _fresh(letter: Letter) -> Letter:
    return letter.with_headers({"uuid": new_uuid()})


def _no_object(operation: Operation) -> Play:
    def play(stage: Stage) -> None:
        front, letter = right(stage, operation.id)
        for raw in BROKEN.values():
            answer = front.send(_fresh(letter), raw=raw)
            refused(stage, answer, operation.id, 400, "invalidRequest")

    return play


def _required(contract: Contract, operation: Operation) -> Play:
    def play(stage: Stage) -> None:
        front, letter = right(stage, operation.id)
        for path in _demanded(contract, operation.request, letter.body):
            answer = front.send(_fresh(letter).with_body(without(letter.body, path)))
            refused(stage, answer, operation.id, 400, "invalidRequest", location=".".join(path))

    return play


def _demanded(contract: Contract, schema: Schema | None, body: Any) -> Iterator[tuple[str, ...]]:
    """The paths of required fields, down into objects that the body has."""
    for name, prop in () if schema is None else schema.properties.items():
        if schema is not None and name in schema.required:
            yield (name,)
        if prop.ref is not None and name in body:
            for path in _demanded(contract, contract.schemas[prop.ref], body[name]):
                yield (name, *path)


def without(body: Any, path: tuple[str, ...]) -> Any:
    """The body with that field taken out."""
    first, *rest = path
    if not rest:
        return {name: value for name, value in body.items() if name != first}
    return body | {first: without(body[first], tuple(rest))}


def _typed(operation: Operation) -> Play:
    def play(stage: Stage) -> None:
        front, letter = right(stage, operation.id)
        for name in letter.body:
            prop = operation.request.properties[name] if operation.request else None
            kind = "object" if prop is None or prop.ref else prop.type
            answer = front.send(_fresh(letter).with_body(letter.body | {name: WRONG[kind]}))
            refused(stage, answer, operation.id, 400, "invalidRequest", location=name)

    return play


def _closed(operation: Operation) -> list[str]:
    """Fields in clear whose pattern the probe does not fit."""
    sealed = {field.path for field in operation.encrypted_request}
    return [
        prop.name
        for prop in (operation.request.properties.values() if operation.request else ())
        if prop.pattern and not re.fullmatch(prop.pattern, PROBE, re.ASCII) and prop.name not in sealed
    ]


def _patterned(operation: Operation) -> Play:
    def play(stage: Stage) -> None:
        front, letter = right(stage, operation.id)
        for name in _closed(operation):
            answer = front.send(_fresh(letter).with_body(letter.body | {name: PROBE}))
            refused(stage, answer, operation.id, 400, "invalidRequest", location=name)

    return play
