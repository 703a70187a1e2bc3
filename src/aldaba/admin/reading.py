"""What comes in: bodies capped before they are parsed, unknown fields refused, values of the right type."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request

from aldaba.admin.answers import Wrong
from aldaba.crypto.digests import Secret
from aldaba.pages.bodies import TooLarge, body_within

T = TypeVar("T")

MAX_BYTES = 64 * 1024


async def body_of(http: Request, most: int) -> dict[str, Any]:
    """The JSON object sent. Raises ``Wrong``: 413, 415, 400."""
    if http.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Wrong(415, "unsupported_media_type", "send application/json")
    try:
        raw = await body_within(http, most)
    except TooLarge:
        raise Wrong(413, "too_large", f"a body has at most {most} bytes") from None
    except ClientDisconnect:
        raise Wrong(400, "invalid_request", "the body broke off") from None
    try:
        document = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        raise Wrong(400, "invalid_request", "the body is no JSON") from None
    if not isinstance(document, dict):
        raise Wrong(400, "invalid_request", "the body is no JSON object")
    return document


def made(kind: type[T], given: Mapping[str, Any], fixed: Mapping[str, str], *, strict: bool = True) -> T:
    """The value of this kind from what was given, and what the path fixes. Raises ``Wrong``: 400.

    Not ``strict`` reads numbers and truths out of text, for a query.
    """
    known = {each.name for each in fields(kind)} - set(fixed)  # type: ignore[arg-type]  # every kind read is a dataclass
    unknown = sorted(set(given) - known)
    if unknown:
        raise Wrong(400, "invalid_request", "an unknown field", unknown[0][:64])
    try:
        return msgspec.convert({**given, **fixed}, kind, strict=strict, dec_hook=_hidden)
    except msgspec.ValidationError as wrong:
        # The first sentence names type and place, never the value.
        raise Wrong(400, "invalid_request", str(wrong)) from None


def query_of(http: Request) -> dict[str, str]:
    """Raises ``Wrong`` for a parameter given twice."""
    pairs = http.query_params.multi_items()
    if len({name for name, _ in pairs}) < len(pairs):
        raise Wrong(400, "invalid_request", "a parameter is given twice")
    return dict(pairs)


def _hidden(kind: type, value: object) -> object:
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    raise msgspec.ValidationError("Expected `str`")
