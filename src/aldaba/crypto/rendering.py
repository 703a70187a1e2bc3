"""Answers for how an envelope is written as text: HEX, or Base64 with a dot before the tag."""

import re
from dataclasses import dataclass
from enum import StrEnum

from aldaba.crypto import base64text
from aldaba.crypto.session_keys import BLOCK_BYTES, CannotDecrypt, Profile

MAX_VALUE_LENGTH = 8192
TAG_BYTES = 32
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+", re.ASCII)


class Rendering(StrEnum):
    """The form of a value's text; the server reads either and writes the operation's own."""

    HEX = "hex"
    DOT = "dot"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A value's bytes: what comes before the tag, and the 32-byte tag."""

    body: bytes
    tag: bytes


def render(sealed: Sealed, rendering: Rendering) -> str:
    """`HEX(body ‖ tag)` in upper case, or `BASE64(body) "." BASE64(tag)`."""
    if rendering is Rendering.HEX:
        return (sealed.body + sealed.tag).hex().upper()
    return f"{base64text.encode(sealed.body)}.{base64text.encode(sealed.tag)}"


def parse(value: str, profile: Profile) -> Sealed:
    """The bytes of a value of at most `MAX_VALUE_LENGTH` characters. Raises `CannotDecrypt`.

    Both profiles: HEX in either case as one run, or canonical padded Base64 (RFC 4648 §4) around one dot.
    `portal` only: HEX around one dot. The body is whole blocks: for `bound-1` an IV and at least one more.
    """
    if len(value) > MAX_VALUE_LENGTH:
        raise CannotDecrypt("length")
    sealed = _in_two_parts(value, profile) if "." in value else _in_one_run(value)
    least = 2 * BLOCK_BYTES if profile is Profile.BOUND else BLOCK_BYTES
    if len(sealed.tag) != TAG_BYTES or len(sealed.body) < least or len(sealed.body) % BLOCK_BYTES:
        raise CannotDecrypt("length")
    return sealed


def looks_sealed(value: str) -> bool:
    """Whether the text has an envelope's shape in some profile; says nothing of whether it opens."""
    try:
        parse(value, Profile.PORTAL)
    except CannotDecrypt:
        return False
    return True


def _in_one_run(value: str) -> Sealed:
    # bytes.fromhex alone would pass over white space.
    if not _HEX.fullmatch(value):
        raise CannotDecrypt("encoding")
    data = bytes.fromhex(value)
    return Sealed(data[:-TAG_BYTES], data[-TAG_BYTES:])


def _in_two_parts(value: str, profile: Profile) -> Sealed:
    body, _, tag = value.partition(".")
    # 32 bytes end with "=" in Base64 and never do in HEX, so the two cannot be confused.
    if profile is Profile.PORTAL and _HEX.fullmatch(body) and _HEX.fullmatch(tag):
        return Sealed(bytes.fromhex(body), bytes.fromhex(tag))
    try:
        return Sealed(base64text.decode(body), base64text.decode(tag))
    except ValueError:
        raise CannotDecrypt("encoding") from None
