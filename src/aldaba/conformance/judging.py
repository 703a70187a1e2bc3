"""Whether an answer is what the contract prints: error bodies to the letter, success bodies by schema."""

import re
from typing import Any

import httpx

from aldaba.conformance.front import Front, Letter, json_of
from aldaba.conformance.stage import Stage
from aldaba.conformance.verdicts import Broken
from aldaba.contract import Contract, ErrorRow, Language, Operation, Property, Schema

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", re.ASCII)
_WITHOUT_RANDOM = frozenset({"logout", "credentials_status"})
_TYPES: dict[str, type] = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list}


def expect(what: str, wanted: object, found: object) -> None:
    if wanted != found:
        raise Broken(f"{what}: expected {wanted!r}, found {found!r}")


def refused(
    stage: Stage,
    answer: httpx.Response,
    operation: str,
    status: int,
    code: str,
    *,
    location: str | None = None,
) -> None:
    """The answer is this row, in the stage's language, and names this place where one is given."""
    row = stage.contract.row(operation, status, code)
    if answer.status_code != row.status:
        found = f"{answer.status_code} {answer.text[:160]}"
        raise Broken(f"status: expected {row.status} {row.code}, found {found}")
    body = json_of(answer)
    for name, wanted in _printed(stage.contract, row, stage.language).items():
        expect(name, wanted, body.get(name))
    if location is not None:
        expect("location", location, body.get("location"))
    _filled(answer, body)
    form(answer)


def _printed(contract: Contract, row: ErrorRow, language: Language) -> dict[str, str]:
    printed = {"code": row.code, "type": row.type, "details": contract.details(row, language)}
    return printed if row.more_info is None else printed | {"moreInfo": row.more_info}


def _filled(answer: httpx.Response, body: dict[str, Any]) -> None:
    """What is filled in at run time: the request's uuid, the moment, an address or a rule's name."""
    sent = answer.request.headers.get_list("uuid")
    if len(sent) == 1 and re.fullmatch(r"[0-9a-fA-F-]{36}", sent[0]):
        expect("uuid", sent[0].lower(), body.get("uuid"))
    if not _TIMESTAMP.fullmatch(str(body.get("timestamp"))):
        raise Broken(f"timestamp: expected RFC 3339 UTC, found {body.get('timestamp')!r}")
    for name, value in body.items():
        if not isinstance(value, str):
            raise Broken(f"{name}: expected text, found {value!r}")


def form(answer: httpx.Response) -> None:
    """What holds for every answer: nobody keeps it, and a body says what it is."""
    expect("Cache-Control", "no-store", answer.headers.get("cache-control"))
    if answer.content:
        expect("Content-Type", "application/json", answer.headers.get("content-type"))


def done(stage: Stage, front: Front, letter: Letter, answer: httpx.Response) -> None:
    """The answer is the operation's success: its status, a body of its schema, sealed fields that open."""
    operation = letter.operation
    if answer.status_code != operation.success:
        raise Broken(f"expected {operation.success}, found {answer.status_code} {answer.text[:160]}")
    form(answer)
    if operation.response is None:
        expect("body", "", answer.text)
    else:
        body = json_of(answer)
        _object(stage.contract, operation.response, body, "")
        for path in operation.encrypted_response:
            _opened(front, letter, body, path)
    _random(front, operation, answer)


def _opened(front: Front, letter: Letter, body: dict[str, Any], path: str) -> None:
    name = path.rpartition(".")[2]
    binding = front.binding(letter.operation.id, letter.headers, name, "response")
    # The answer of a first call is bound to the handle that it hands out.
    if front.keys is None or not front.keys.open(str(body[name]), binding):
        raise Broken(f"{name} of the answer opens to nothing")


def _random(front: Front, operation: Operation, answer: httpx.Response) -> None:
    """An answer to a session of profile portal hands out the next server random."""
    speaks = front.keys is not None and front.keys.portal and operation.id not in _WITHOUT_RANDOM
    if speaks and "eventId" not in answer.headers:
        raise Broken("expected a header eventId in an answer to a session of profile portal, found none")


def _object(contract: Contract, schema: Schema, body: dict[str, Any], path: str) -> None:
    missing = [name for name in schema.required if name not in body]
    if missing:
        raise Broken(f"{path or 'body'}: required and missing: {', '.join(missing)}")
    strange = [name for name in body if name not in schema.properties]
    if strange:
        raise Broken(f"{path or 'body'}: not in {schema.name}: {', '.join(strange)}")
    for name, value in body.items():
        _value(contract, schema.properties[name], value, f"{path}.{name}".lstrip("."))


def _value(contract: Contract, prop: Property, value: Any, path: str) -> None:
    if prop.ref is not None:
        if not isinstance(value, dict):
            raise Broken(f"{path}: expected an object, found {value!r}")
        _object(contract, contract.schemas[prop.ref], value, path)
        return
    wanted = _TYPES[prop.type]
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise Broken(f"{path}: expected {prop.type}, found {value!r}")
    if isinstance(value, str) and prop.encoding is None:
        _text(prop, value, path)
    if prop.allowed and value not in prop.allowed:
        raise Broken(f"{path}: expected one of {list(prop.allowed)}, found {value!r}")


def _text(prop: Property, value: str, path: str) -> None:
    if prop.pattern is not None and not re.fullmatch(prop.pattern, value, re.ASCII):
        raise Broken(f"{path}: expected {prop.pattern}, found {value!r}")
    if prop.max_length is not None and len(value) > prop.max_length:
        raise Broken(f"{path}: expected at most {prop.max_length} characters, found {len(value)}")
