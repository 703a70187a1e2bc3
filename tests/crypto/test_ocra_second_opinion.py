"""A second way to the same response: the RFC's reference code, which builds everything as HEX text.

Written after RFC 6287 appendix A as remembered, not from `aldaba.crypto.ocra`.
"""

import hashlib
import hmac
from dataclasses import dataclass

from hypothesis import example, given, settings
from hypothesis import strategies as st

from aldaba.crypto.ocra import parse_suite, response

DIGITS = "0123456789"
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
POWERS = {digits: 10**digits for digits in range(4, 11)}


@dataclass(frozen=True)
class Asked:
    suite: str
    key: bytes
    question: str
    counter: int | None
    pin_hash: bytes | None
    session: bytes | None
    timestamp_steps: int | None


def generate(asked: Asked) -> str:
    """The reference's `generateOCRA`, which finds the suite's parts by looking for them in its text."""
    _, crypto, data_input = asked.suite.split(":")
    message = asked.suite.encode().hex() + "00"
    if data_input.startswith("C"):
        message += f"{asked.counter:x}".rjust(16, "0")
    form = data_input[data_input.index("Q") + 1]
    question = asked.question
    if form == "N":
        question = f"{int(question):x}"
    if form == "A":
        question = question.encode().hex()
    while len(question) < 256:
        question += "0"
    message += question
    for part in data_input.split("-"):
        if part.startswith("P"):
            message += (asked.pin_hash or b"").hex()
        if part.startswith("S"):
            message += (asked.session or b"").hex().rjust(2 * int(part[1:]), "0")
        if part.startswith("T"):
            message += f"{asked.timestamp_steps:x}".rjust(16, "0")
    _, name, digits = crypto.split("-")
    return truncate(
        hmac.new(asked.key, bytes.fromhex(message), getattr(hashlib, name.lower())).hexdigest(), digits
    )


def truncate(mac: str, digits: str) -> str:
    if digits == "0":
        return mac.upper()
    offset = int(mac[-1], 16)
    binary = int(mac[2 * offset : 2 * offset + 8], 16) % 2**31
    result = str(binary % POWERS[int(digits)])
    while len(result) < int(digits):
        result = "0" + result
    return result


SIZES = {"SHA1": 20, "SHA256": 32, "SHA512": 64}
MOVING = st.integers(0, 2**64 - 1)


@st.composite
def asked(draw: st.DrawFn) -> Asked:
    form, length = draw(st.sampled_from("NAH")), draw(st.integers(4, 64))
    alphabet = {"N": DIGITS, "A": DIGITS + LETTERS, "H": DIGITS + "abcdefABCDEF"}[form]
    counter = draw(st.none() | MOVING)
    pin = draw(st.none() | st.sampled_from(sorted(SIZES)))
    session_bytes = draw(st.none() | st.integers(1, 999))
    time = draw(st.none() | st.sampled_from(["1S", "59S", "1M", "30M", "59M", "1H", "48H"]))
    suite = (
        f"OCRA-1:HOTP-{draw(st.sampled_from(sorted(SIZES)))}-{draw(st.sampled_from([0, *range(4, 11)]))}:"
        f"{'' if counter is None else 'C-'}Q{form}{length:02d}{'' if pin is None else f'-P{pin}'}"
        f"{'' if session_bytes is None else f'-S{session_bytes:03d}'}{'' if time is None else f'-T{time}'}"
    )
    return Asked(
        suite,
        draw(st.binary(min_size=16, max_size=200)),
        draw(st.text(alphabet, min_size=1, max_size=2 * length)),
        counter,
        None if pin is None else draw(st.binary(min_size=SIZES[pin], max_size=SIZES[pin])),
        None if session_bytes is None else draw(st.binary(max_size=session_bytes)),
        None if time is None else draw(MOVING),
    )


@given(asked())
@example(Asked("OCRA-1:HOTP-SHA1-10:C-QH64", b"k" * 16, "f" * 127, 0, None, None, None))
@example(Asked("OCRA-1:HOTP-SHA1-4:C-QA64-S064-T48H", b"k" * 16, "z" * 128, 2**64 - 1, None, b"", 0))
@settings(max_examples=400, deadline=None, database=None)
def test_both_ways_lead_to_the_same_response(question: Asked) -> None:
    shown = response(
        parse_suite(question.suite),
        question.key,
        question=question.question,
        counter=question.counter,
        pin_hash=question.pin_hash,
        session=question.session,
        timestamp_steps=question.timestamp_steps,
    )
    assert shown == generate(question)
