"""OCRA suites read and refused, and what a response takes."""

from dataclasses import replace
from typing import Any

import pytest

from aldaba.crypto.ocra import (
    Form,
    MalformedSuite,
    Suite,
    UnfitInput,
    matches,
    parse_suite,
    response,
    time_step,
)

KEY = b"12345678901234567890123456789012"
PLAIN = "OCRA-1:HOTP-SHA256-8:QN08"
FULL = "OCRA-1:HOTP-SHA512-10:C-QA64-PSHA256-S128-T48H"
PIN_HASH = bytes(32)
FULL_INPUTS: dict[str, Any] = {
    "question": "SIG1",
    "counter": 0,
    "pin_hash": PIN_HASH,
    "session": b"one",
    "timestamp_steps": 0,
}


def shown(suite: str, key: bytes = KEY, **inputs: Any) -> str:
    return response(parse_suite(suite), key, **inputs)


class TestSuites:
    def test_every_part_is_read(self) -> None:
        assert parse_suite(FULL) == Suite(
            FULL,
            "sha512",
            10,
            counter=True,
            form=Form.ALPHANUMERIC,
            length=64,
            pin="sha256",
            session=128,
            time="48H",
        )
        assert parse_suite(PLAIN) == Suite(
            PLAIN, "sha256", 8, counter=False, form=Form.NUMERIC, length=8, pin=None, session=None, time=None
        )

    @pytest.mark.parametrize(
        "suite",
        [
            "",
            "OCRA-1",
            "OCRA-2:HOTP-SHA1-6:QN08",
            "ocra-1:HOTP-SHA1-6:QN08",
            "OCRA-1:TOTP-SHA1-6:QN08",
            "OCRA-1:HOTP-MD5-6:QN08",
            "OCRA-1:HOTP-SHA-6:QN08",
            "OCRA-1:HOTP-SHA384-6:QN08",
            "OCRA-1:HOTP-sha1-6:QN08",
            *(f"OCRA-1:HOTP-SHA1-{digits}:QN08" for digits in ("1", "2", "3", "11", "08", "-6", "")),
            *(
                f"OCRA-1:HOTP-SHA1-6:Q{question}"
                for question in ("", "N", "N8", "N03", "N65", "X08", "N080", "08")
            ),
            "OCRA-1:HOTP-SHA1-6:C",
            "OCRA-1:HOTP-SHA1-6:C-T1M",
            "OCRA-1:HOTP-SHA1-6:QN08-C",
            "OCRA-1:HOTP-SHA1-6:C-C-QN08",
            "OCRA-1:HOTP-SHA1-6:QN08-QN08",
            "OCRA-1:HOTP-SHA1-6:QN08-P",
            "OCRA-1:HOTP-SHA1-6:QN08-PMD5",
            "OCRA-1:HOTP-SHA1-6:QN08-S",
            "OCRA-1:HOTP-SHA1-6:QN08-S64",
            "OCRA-1:HOTP-SHA1-6:QN08-S000",
            "OCRA-1:HOTP-SHA1-6:QN08-S064-PSHA1",
            "OCRA-1:HOTP-SHA1-6:QN08-T1M-S064",
            *(
                f"OCRA-1:HOTP-SHA1-6:QN08-T{time}"
                for time in ("", "1", "M", "0S", "60S", "0M", "60M", "01M", "1m")
            ),
            *(f"OCRA-1:HOTP-SHA1-6:QN08-T{time}" for time in ("0H", "49H", "1M30S", "1D", "-1M", "\u0661M")),
            f"{PLAIN}\n",
            f" {PLAIN}",
            f"{PLAIN}-",
            f"{PLAIN}:",
            PLAIN.replace("8:", "\uff18:"),
        ],
    )
    def test_what_is_no_suite_is_refused(self, suite: str) -> None:
        with pytest.raises(MalformedSuite):
            parse_suite(suite)

    @pytest.mark.parametrize(
        ("time", "seconds"),
        [("1S", 1), ("59S", 59), ("1M", 60), ("30M", 1800), ("59M", 3540), ("1H", 3600), ("48H", 172_800)],
    )
    def test_a_time_step_is_counted_in_seconds(self, time: str, seconds: int) -> None:
        assert time_step(parse_suite(f"{PLAIN}-T{time}")) == seconds

    def test_a_suite_without_time_has_no_step(self) -> None:
        assert time_step(parse_suite(PLAIN)) is None


class TestInputs:
    @pytest.mark.parametrize("name", ["counter", "pin_hash", "session", "timestamp_steps"])
    def test_what_the_suite_needs_must_be_there(self, name: str) -> None:
        with pytest.raises(UnfitInput) as refused:
            shown(FULL, **(FULL_INPUTS | {name: None}))
        assert refused.value.name == name

    @pytest.mark.parametrize("name", ["counter", "pin_hash", "session", "timestamp_steps"])
    def test_what_the_suite_does_not_take_is_not_passed_over(self, name: str) -> None:
        with pytest.raises(UnfitInput) as refused:
            shown(PLAIN, question="12345678", **{name: FULL_INPUTS[name]})
        assert refused.value.name == name

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("counter", -1),
            ("counter", 2**64),
            ("timestamp_steps", -1),
            ("timestamp_steps", 2**64),
            ("pin_hash", bytes(31)),
            ("pin_hash", bytes(33)),
            ("pin_hash", b""),
            ("session", bytes(129)),
        ],
    )
    def test_what_is_out_of_range_is_refused(self, name: str, value: object) -> None:
        with pytest.raises(UnfitInput) as refused:
            shown(FULL, **(FULL_INPUTS | {name: value}))
        assert refused.value.name == name

    @pytest.mark.parametrize(
        ("suite", "question"),
        [
            (PLAIN, ""),
            (PLAIN, "1234567a"),
            (PLAIN, "-1234567"),
            (PLAIN, "1234 567"),
            (PLAIN, "\u0661\u0662\u0663\u0664"),
            (PLAIN, "1" * 17),
            ("OCRA-1:HOTP-SHA1-6:QA08", "1" * 17),
            ("OCRA-1:HOTP-SHA1-6:QA08", "pa\u00f1o"),
            ("OCRA-1:HOTP-SHA1-6:QA08", "a-b"),
            ("OCRA-1:HOTP-SHA1-6:QA08", "ab\n"),
            ("OCRA-1:HOTP-SHA1-6:QH08", "0x12"),
            ("OCRA-1:HOTP-SHA1-6:QH08", "12g4"),
        ],
    )
    def test_a_question_of_another_form_is_refused(self, suite: str, question: str) -> None:
        with pytest.raises(UnfitInput) as refused:
            shown(suite, question=question)
        assert refused.value.name == "question"

    @pytest.mark.parametrize("suite", ["QN04", "QA64", "QH64", "QN64"])
    def test_two_challenges_of_full_length_may_be_joined(self, suite: str) -> None:
        assert len(shown(f"OCRA-1:HOTP-SHA1-6:{suite}", question="1" * 2 * int(suite[2:]))) == 6

    @pytest.mark.parametrize("size", [16, 20, 32, 64, 128, 129, 200])
    def test_a_key_may_be_longer_than_a_block(self, size: int) -> None:
        assert len(shown(PLAIN, b"k" * size, question="12345678")) == 8

    @pytest.mark.parametrize("size", [0, 15])
    def test_a_key_is_not_shorter_than_sixteen_bytes(self, size: int) -> None:
        with pytest.raises(ValueError, match="at least 16 bytes"):
            shown(PLAIN, b"k" * size, question="12345678")

    def test_short_session_information_is_filled_on_its_left(self) -> None:
        filled = shown(FULL, **(FULL_INPUTS | {"session": b"one".rjust(128, b"\0")}))
        assert shown(FULL, **FULL_INPUTS) == filled
        assert shown(FULL, **(FULL_INPUTS | {"session": b"one".ljust(128, b"\0")})) != filled


class TestResponses:
    def test_the_largest_counters_and_steps_are_taken(self) -> None:
        suite = "OCRA-1:HOTP-SHA1-8:C-QN08-T1S"
        largest = 2**64 - 1
        responses = {
            shown(suite, KEY, question="12345678", counter=counter, timestamp_steps=step)
            for counter in (0, 1, 2**32, 2**63, largest)
            for step in (0, 1, 2**63, largest)
        }
        assert len(responses) == 20

    def test_leading_zeros_stay(self) -> None:
        suite = "OCRA-1:HOTP-SHA1-4:C-QN08"
        responses = [shown(suite, question="00000000", counter=counter) for counter in range(200)]
        assert {len(one) for one in responses} == {4}
        assert any(one.startswith("0") for one in responses)
        assert len({shown("OCRA-1:HOTP-SHA1-10:QN08", question=str(one))[0] for one in range(40)}) <= 3

    def test_without_truncation_the_whole_hmac_is_shown(self) -> None:
        suite = parse_suite("OCRA-1:HOTP-SHA512-0:QN08")
        whole = response(suite, KEY, question="1")
        assert len(whole) == 128
        assert whole == whole.upper()
        assert matches(suite, KEY, whole.lower(), question="1")

    def test_the_suite_itself_is_part_of_the_response(self) -> None:
        suite = parse_suite(PLAIN)
        assert response(suite, KEY, question="1") != response(
            replace(suite, text="OCRA-1:HOTP-SHA256-8:QN09"), KEY, question="1"
        )

    @pytest.mark.parametrize("given", ["", "0", "12345678", "\ud800", "１２３４５６７８", "00000000 "])
    def test_what_is_not_the_response_does_not_match(self, given: str) -> None:
        assert not matches(parse_suite(PLAIN), KEY, given, question="12345678")
