"""Reads request bodies as the contract demands: one strict JSON object, fields checked, others ignored."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from aldaba.contract import Contract, Operation, Property, Schema

MAX_BYTES = 64 * 1024
MAX_DEPTH = 16
BODY = "body"

_INT32 = range(-(2**31), 2**31)
_Check = Callable[[Any, str], Any]


class BadBody(Exception):
    """The body is not what the contract asks for; `location` is the field's dotted path, or `body`."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    aliases: tuple[str, ...]
    required: bool
    check: _Check


class BodyReader:
    """Reads the bodies of one operation."""

    def __init__(self, contract: Contract, operation: Operation) -> None:
        self._fields = _fields(operation.request, contract.schemas) if operation.request else None

    def read(self, raw: bytes) -> dict[str, Any]:
        """The accepted fields under their canonical names; absent and null ones are left out."""
        if self._fields is None:
            return {}
        return _accepted(_parsed(raw), self._fields, "")


def _parsed(raw: bytes) -> dict[str, Any]:
    if len(raw) > MAX_BYTES:
        raise BadBody(BODY)
    try:
        parsed = msgspec.json.decode(raw)
        if type(parsed) is not dict:
            raise BadBody(BODY)
        # msgspec silently keeps the last of equal names. Every member has one colon outside strings, so as
        # many colons as members left means that none was dropped; more may just stand in strings.
        if raw.count(b":") != _members(parsed, 1):
            json.loads(raw, object_pairs_hook=_once, parse_int=len)
    except (ValueError, RecursionError) as trouble:
        raise BadBody(BODY) from trouble
    return parsed


def _members(value: dict[str, Any] | list[Any], depth: int) -> int:
    if depth > MAX_DEPTH:
        raise BadBody(BODY)
    named = type(value) is dict
    count = len(value) if named else 0
    for member in value.values() if isinstance(value, dict) else value:
        if type(member) is dict or type(member) is list:
            count += _members(member, depth + 1)
    return count


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise BadBody(BODY)
    return members


def _accepted(sent: dict[str, Any], fields: tuple[_Field, ...], before: str) -> dict[str, Any]:
    accepted: dict[str, Any] = {}
    for field in fields:
        value = sent.get(field.name)
        if field.aliases:
            value = _folded(sent, field, before)
        if value is not None:
            accepted[field.name] = field.check(value, before + field.name)
        elif field.required:
            raise BadBody(before + field.name)
    return accepted


def _folded(sent: dict[str, Any], field: _Field, before: str) -> Any:
    said = [sent[name] for name in (field.name, *field.aliases) if sent.get(name) is not None]
    # Two spellings that disagree leave open which one was meant, so neither is taken.
    if any(value != said[0] for value in said[1:]):
        raise BadBody(before + field.name)
    return said[0] if said else None


def _fields(schema: Schema, schemas: Mapping[str, Schema]) -> tuple[_Field, ...]:
    return tuple(
        _Field(
            name=prop.name,
            aliases=tuple(odd for odd, meant in schema.aliases.items() if meant == prop.name),
            required=prop.name in schema.required,
            check=_check(prop, schemas),
        )
        for prop in schema.properties.values()
    )


def _check(prop: Property, schemas: Mapping[str, Schema]) -> _Check:
    if prop.ref is not None:
        return _object_check(_fields(schemas[prop.ref], schemas))
    return {"string": _string_check, "integer": _integer_check, "boolean": _boolean_check}[prop.type](prop)


def _object_check(fields: tuple[_Field, ...]) -> _Check:
    def check(value: Any, location: str) -> Any:
        if type(value) is not dict:
            raise BadBody(location)
        return _accepted(value, fields, location + ".")

    return check


def _string_check(prop: Property) -> _Check:
    if prop.allowed:
        return _word_check(prop)
    matches = re.compile(prop.pattern, re.ASCII).fullmatch if prop.pattern else None
    shortest, longest = prop.min_length or 0, prop.max_length or MAX_BYTES

    def check(value: Any, location: str) -> Any:
        if type(value) is not str or not shortest <= len(value) <= longest:
            raise BadBody(location)
        if matches is not None and matches(value) is None:
            raise BadBody(location)
        return value

    return check


def _word_check(prop: Property) -> _Check:
    allowed = frozenset(prop.allowed)

    def check(value: Any, location: str) -> Any:
        # Folding is for ASCII only: "ſ".upper() is "S", and no caller means that.
        word = value.upper() if prop.any_case and type(value) is str and value.isascii() else value
        if type(word) is not str or word not in allowed:
            raise BadBody(location)
        return word

    return check


def _integer_check(prop: Property) -> _Check:
    allowed = frozenset(prop.allowed) or _INT32

    def check(value: Any, location: str) -> Any:
        if type(value) is not int or value not in allowed:
            raise BadBody(location)
        return value

    return check


def _boolean_check(_: Property) -> _Check:
    def check(value: Any, location: str) -> Any:
        if type(value) is not bool:
            raise BadBody(location)
        return value

    return check
