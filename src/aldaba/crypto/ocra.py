"""Answers for OATH challenge-response (RFC 6287): what a suite says, and what a device with its key shows."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from aldaba.crypto.digests import equal

MIN_KEY_BYTES = 16
"""RFC 4226 §4, R6."""
QUESTION_BYTES = 128
MAX_MOVING = 2**64 - 1
"""Counters and time steps travel in eight bytes."""

_SECONDS = {"S": 1, "M": 60, "H": 3600}
_HASH = "SHA1|SHA256|SHA512"
_GRAMMAR = re.compile(
    rf"OCRA-1:HOTP-(?P<hash>{_HASH})-(?P<digits>0|[4-9]|10):"
    r"(?P<counter>C-)?Q(?P<form>[ANH])(?P<length>0[4-9]|[1-5][0-9]|6[0-4])"
    rf"(?:-P(?P<pin>{_HASH}))?(?:-S(?P<session>(?!000)[0-9]{{3}}))?"
    # The RFC's table begins hours at 0, but a step of no length divides nothing.
    r"(?:-T(?P<time>(?:[1-9]|[1-5][0-9])[SM]|(?:[1-9]|[1-3][0-9]|4[0-8])H))?",
    re.ASCII,
)


class MalformedSuite(ValueError):
    """The text is no OCRA suite of RFC 6287 §6."""


class UnfitInput(ValueError):
    """What was handed in does not fit the suite; ``name`` is the input's."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} does not fit the suite")
        self.name = name


class Form(StrEnum):
    """How a question is written: letters and digits, decimal, or HEX (RFC 6287 §6.3)."""

    ALPHANUMERIC = "A"
    NUMERIC = "N"
    HEX = "H"


_WRITTEN = {
    Form.ALPHANUMERIC: re.compile(r"[0-9A-Za-z]+", re.ASCII),
    Form.NUMERIC: re.compile(r"[0-9]+", re.ASCII),
    Form.HEX: re.compile(r"[0-9A-Fa-f]+", re.ASCII),
}


@dataclass(frozen=True, slots=True)
class Suite:
    """A parsed suite; ``text`` is hashed as it was written."""

    text: str
    hash: str
    digits: int
    """0 means that nothing is truncated: the response is the whole HMAC."""
    counter: bool
    form: Form
    length: int
    """The longest challenge of one side."""
    pin: str | None = None
    session: int | None = None
    """Bytes of session information."""
    time: str | None = None
    """Length of a time step as it is written: ``30S``, ``1M``, ``48H``."""


@lru_cache(maxsize=64)
def parse_suite(text: str) -> Suite:
    """The suite of `OCRA-1:HOTP-…-…:…` (RFC 6287 §6), every part written out. Raises `MalformedSuite`."""
    found = _GRAMMAR.fullmatch(text)
    if found is None:
        raise MalformedSuite("no OCRA suite")
    return Suite(
        text=text,
        hash=found["hash"].lower(),
        digits=int(found["digits"]),
        counter=found["counter"] is not None,
        form=Form(found["form"]),
        length=int(found["length"]),
        pin=None if found["pin"] is None else found["pin"].lower(),
        session=None if found["session"] is None else int(found["session"]),
        time=found["time"],
    )


def time_step(suite: Suite) -> int | None:
    """Seconds of a time step; None for a suite without time (RFC 6287 §6.3)."""
    return None if suite.time is None else int(suite.time[:-1]) * _SECONDS[suite.time[-1]]


def response(
    suite: Suite,
    key: bytes,
    *,
    question: str,
    counter: int | None = None,
    pin_hash: bytes | None = None,
    session: bytes | None = None,
    timestamp_steps: int | None = None,
) -> str:
    """What a device with this key shows (RFC 6287 §5.2): decimal digits, leading zeros kept.

    A question has at most the suite's length, or twice that when both sides' challenges are concatenated
    (§7.2). Session information shorter than the suite's length is filled with zero bytes on its left, as the
    RFC's reference code does. For a truncation of 0 the whole HMAC is given in upper-case HEX.

    Raises `UnfitInput` for an input that the suite needs and has not, or has and does not take;
    `ValueError` for a key under 16 bytes.
    """
    if len(key) < MIN_KEY_BYTES:
        raise ValueError(f"a key has at least {MIN_KEY_BYTES} bytes")
    message = (
        suite.text.encode("ascii")
        + b"\0"
        + _moving("counter", counter, wanted=suite.counter)
        + _question(suite, question)
        + _pin_hash(suite, pin_hash)
        + _session(suite, session)
        + _moving("timestamp_steps", timestamp_steps, wanted=suite.time is not None)
    )
    return _shown(hmac.digest(key, message, suite.hash), suite.digits)


def matches(
    suite: Suite,
    key: bytes,
    given: str,
    *,
    question: str,
    counter: int | None = None,
    pin_hash: bytes | None = None,
    session: bytes | None = None,
    timestamp_steps: int | None = None,
) -> bool:
    """Whether `given` is the `response`, in a time that tells nothing of where they differ."""
    expected = response(
        suite,
        key,
        question=question,
        counter=counter,
        pin_hash=pin_hash,
        session=session,
        timestamp_steps=timestamp_steps,
    )
    # Only a whole HMAC has letters, and HEX is read in either case.
    return equal(expected.encode("ascii"), given.upper().encode("utf-8", "surrogatepass"))


def _shown(mac: bytes, digits: int) -> str:
    if not digits:
        return mac.hex().upper()
    # RFC 4226 §5.3: the last four bits say where the 31 bits begin, whatever the hash.
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}d}"


def _moving(name: str, value: int | None, *, wanted: bool) -> bytes:
    if (value is not None) is not wanted:
        raise UnfitInput(name)
    if value is None:
        return b""
    if not 0 <= value <= MAX_MOVING:
        raise UnfitInput(name)
    return value.to_bytes(8, "big")


def _question(suite: Suite, question: str) -> bytes:
    if len(question) > 2 * suite.length or not _WRITTEN[suite.form].fullmatch(question):
        raise UnfitInput("question")
    if suite.form is Form.ALPHANUMERIC:
        return question.encode("ascii").ljust(QUESTION_BYTES, b"\0")
    digits = f"{int(question):x}" if suite.form is Form.NUMERIC else question
    # An odd number of HEX digits is filled on the right too: the padding is of digits, not of bytes.
    return bytes.fromhex(digits.ljust(2 * QUESTION_BYTES, "0"))


def _pin_hash(suite: Suite, pin_hash: bytes | None) -> bytes:
    size = 0 if suite.pin is None else hashlib.new(suite.pin, usedforsecurity=False).digest_size
    if len(pin_hash or b"") != size:
        raise UnfitInput("pin_hash")
    return pin_hash or b""


def _session(suite: Suite, session: bytes | None) -> bytes:
    if (session is None) is not (suite.session is None) or len(session or b"") > (suite.session or 0):
        raise UnfitInput("session")
    return (session or b"").rjust(suite.session or 0, b"\0")
