"""Answers for digests, secrets that do not print themselves, and numbers derived from a key."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import NoReturn

MASK = "*****"
HANDLE_BYTES = 32
MAX_DERIVED_DIGITS = 32


class Secret:
    """A text that is shown as stars wherever it is printed; `reveal` gives it back.

    Two secrets compare in constant time. Pickling and copying raise `TypeError`: both write the value down.
    """

    __slots__ = ("_value",)
    __hash__ = None  # type: ignore[assignment]  # mypy has no word for "unhashable"

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return MASK

    def __str__(self) -> str:
        return MASK

    def __format__(self, format_spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return equal(_utf8(self._value), _utf8(other._value))

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Secret is not pickled or copied")


def equal(a: bytes, b: bytes) -> bool:
    """Whether both are the same, in a time that tells nothing of where they differ."""
    return hmac.compare_digest(a, b)


def keyed_digest(key: bytes, context: str, value: str | bytes) -> bytes:
    """HMAC-SHA-256 of `context` ‖ 0x00 ‖ `value` (text as UTF-8): 32 bytes (RFC 2104).

    Raises `ValueError` for a context with a zero character: it would no longer say where the value starts.
    """
    if "\0" in context:
        raise ValueError("a context has no zero character")
    message = value if isinstance(value, bytes) else _utf8(value)
    return hmac.digest(key, _utf8(context) + b"\0" + message, "sha256")


def handle_digest(sid: str) -> bytes:
    """SHA-256 of a session handle (ASCII): 32 bytes.

    It needs no key: a handle is 256 random bits, so nobody finds it by trying. Never use it for anything a
    person chose or that has few values; those take `keyed_digest`. Raises `ValueError` when not ASCII.
    """
    return hashlib.sha256(sid.encode("ascii")).digest()


def new_handle(random_bytes: Callable[[int], bytes]) -> str:
    """A fresh session handle: 32 random bytes as 43 characters of base64url without padding (RFC 4648 §5)."""
    return base64.urlsafe_b64encode(random_bytes(HANDLE_BYTES)).rstrip(b"=").decode("ascii")


def derived_digits(key: bytes, context: str, value: str, digits: int) -> str:
    """A stable number of exactly `digits` decimal digits for `value`, the first never 0.

    Without the key it says nothing of the value. It is uniform to within 2^-149. Raises `ValueError`
    unless 1 ≤ digits ≤ 32.
    """
    if not 1 <= digits <= MAX_DERIVED_DIGITS:
        raise ValueError(f"between 1 and {MAX_DERIVED_DIGITS} digits")
    lowest: int = 10 ** (digits - 1)
    number = int.from_bytes(keyed_digest(key, context, value), "big")
    return str(lowest + number % (9 * lowest))


def derived_code(key: bytes, context: str, value: str, digits: int) -> str:
    """A one-time code of `digits` decimal digits, leading zeros kept, derived from `value`.

    In the spirit of RFC 4226 §5.3, over 20 bytes so that the remainder has no bias worth knowing.
    """
    number = int.from_bytes(keyed_digest(key, context, value)[:20], "big")
    return str(number % 10**digits).zfill(digits)


def _utf8(text: str) -> bytes:
    # A lone surrogate reaches us through JSON escapes; it must compare as different, not raise.
    return text.encode("utf-8", "surrogatepass")
