"""Answers for JSON that reads in one way only: no duplicate names, no NaN, no bottomless nesting."""

import json
from typing import Any, NoReturn


class NotStrictJson(ValueError):
    """The text is no JSON, or is JSON that two readers may understand differently."""


def loads(data: bytes) -> Any:
    """The value of UTF-8 JSON (RFC 8259). Raises `NotStrictJson`."""
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise NotStrictJson("not strict JSON") from error


def dumps(value: object) -> bytes:
    """Compact UTF-8 JSON. Raises `ValueError` for NaN and infinity, `TypeError` for what JSON cannot say."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name appears twice")
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
