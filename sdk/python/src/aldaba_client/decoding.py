"""Answers read into their dataclasses, and dataclasses written out, by the table the contract gave."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeVar

from aldaba_client._generated import WIRE

T = TypeVar("T")


class Undecodable(ValueError):
    """A body is not what the contract says; names the field, never its value."""


def json_object(content: bytes) -> dict[str, Any]:
    """A JSON object. Raises ``Undecodable``."""
    try:
        told = json.loads(content)
    except ValueError:
        raise Undecodable("the answer is no JSON") from None
    if not isinstance(told, dict):
        raise Undecodable("the answer is no JSON object")
    return told


def reader(cls: type[T]) -> Callable[[Mapping[str, Any]], T]:
    """What reads an answer of this class; unknown members are passed over. It raises ``Undecodable``."""
    return lambda body: _read(cls, body)


def nothing(_: Mapping[str, Any]) -> None:
    """What reads an answer without a body."""


def _read(cls: type[T], body: Mapping[str, Any]) -> T:
    values = {
        ours: _value(wire, body[wire], kind) for wire, ours, kind in WIRE[cls] if body.get(wire) is not None
    }
    try:
        return cls(**values)
    except TypeError:
        raise Undecodable("a required member is missing") from None


def _value(wire: str, value: Any, kind: type) -> Any:
    if kind in WIRE and isinstance(value, dict):
        return _read(kind, value)
    if kind is date and isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise Undecodable(f"{wire} is no date") from None
    # A bool is an int to Python, and not to the contract.
    if type(value) is not kind:
        raise Undecodable(f"{wire} is no {kind.__name__}")
    return value


def written(thing: object) -> dict[str, Any]:
    """A dataclass of the contract as it goes out, without what was left out."""
    values = ((wire, getattr(thing, ours)) for wire, ours, _ in WIRE[type(thing)])
    return {wire: value for wire, value in values if value is not None}
