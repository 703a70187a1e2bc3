"""How times and frozen values are written into columns and read back."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

Value = str | bytes | int | None
Row = tuple[Any, ...]

body_of = msgspec.json.encode
"""The body of a frozen value; a ``msgspec.json.Decoder`` of its type reads it back."""


def milliseconds(moment: datetime) -> int:
    """Whole milliseconds since 1970, rounded down."""
    return (moment - EPOCH) // MILLISECOND


def moment_of(stored: int) -> datetime:
    return EPOCH + stored * MILLISECOND


def digest_of(text: str) -> bytes:
    """SHA-256 of a text that is only ever compared."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
