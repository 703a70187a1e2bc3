"""Digests, secrets and derived numbers."""

import copy
import hashlib
import hmac
import pickle
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldaba.crypto.digests import (
    Secret,
    derived_code,
    derived_digits,
    equal,
    handle_digest,
    keyed_digest,
    new_handle,
)

KEY = b"k" * 32


def test_a_secret_prints_stars_however_it_is_printed() -> None:
    secret = Secret("hunter2")
    shown = [
        str(secret),
        repr(secret),
        f"{secret}",
        f"{secret:>40}",
        f"{secret!r}",
        repr([secret]),
    ]
    assert set(shown) == {"*****", "[*****]"}
    assert secret.reveal() == "hunter2"


def test_secrets_compare_by_value_and_only_with_secrets() -> None:
    assert Secret("ñ") == Secret("ñ")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert Secret("\ud800") != Secret("a")


@pytest.mark.parametrize("spread", [pickle.dumps, copy.copy, copy.deepcopy, hash, vars])
def test_a_secret_is_not_pickled_copied_hashed_or_listed(spread: object) -> None:
    with pytest.raises(TypeError):
        spread(Secret("hunter2"))  # type: ignore[operator]  # functions of many types


def test_a_keyed_digest_is_hmac_sha256_of_context_zero_and_value() -> None:
    expected = hmac.new(KEY, b"phone\x005556093218", hashlib.sha256).digest()
    assert keyed_digest(KEY, "phone", "5556093218") == expected
    assert keyed_digest(KEY, "phone", b"5556093218") == expected


def test_context_and_value_never_run_into_each_other() -> None:
    assert keyed_digest(KEY, "ab", "c") != keyed_digest(KEY, "a", "bc")
    with pytest.raises(ValueError, match="zero"):
        keyed_digest(KEY, "a\0b", "c")


def test_a_handle_digest_is_sha256_and_takes_ascii_only() -> None:
    assert handle_digest("abc") == hashlib.sha256(b"abc").digest()
    with pytest.raises(ValueError, match="ascii"):
        handle_digest("ñ")


def test_equal_compares_bytes() -> None:
    assert equal(b"ab", b"ab")
    assert not equal(b"ab", b"abc")


def test_a_handle_is_32_bytes_of_base64url_without_padding() -> None:
    assert new_handle(lambda count: b"\xff" * count) == "_" * 42 + "8"


@given(st.text(), st.integers(1, 32))
def test_derived_digits_have_their_length_and_no_leading_zero(value: str, digits: int) -> None:
    number = derived_digits(KEY, "identity", value, digits)
    assert number == derived_digits(KEY, "identity", value, digits)
    assert len(number) == digits
    assert number.isdecimal()
    assert number[0] != "0"


def test_derived_digits_depend_on_key_context_and_value() -> None:
    numbers = {
        derived_digits(KEY, "a", "x", 16),
        derived_digits(b"K" * 32, "a", "x", 16),
        derived_digits(KEY, "b", "x", 16),
        derived_digits(KEY, "a", "y", 16),
    }
    assert len(numbers) == 4


def test_derived_digits_reach_every_value_about_equally_often() -> None:
    counts = [0] * 10
    for number in range(9000):
        counts[int(derived_digits(KEY, "a", str(number), 1))] += 1
    assert counts[0] == 0
    assert all(850 < count < 1150 for count in counts[1:])


@pytest.mark.parametrize("digits", [0, -1, 33])
def test_derived_digits_of_another_length_are_refused(digits: int) -> None:
    with pytest.raises(ValueError, match="between 1 and 32"):
        derived_digits(KEY, "a", "x", digits)


def test_a_code_is_the_first_twenty_bytes_of_the_digest_in_decimal() -> None:
    mac = hmac.new(b"k" * 32, b"otp\0nonce-1", "sha256").digest()
    assert derived_code(b"k" * 32, "otp", "nonce-1", 8) == f"{int.from_bytes(mac[:20], 'big') % 10**8:08d}"
    assert derived_code(b"k" * 32, "otp", "nonce-1", 6) == f"{int.from_bytes(mac[:20], 'big') % 10**6:06d}"


@given(st.text(max_size=20), st.integers(4, 10))
def test_a_code_has_all_its_digits_leading_zeros_too(nonce: str, digits: int) -> None:
    code = derived_code(b"k" * 32, "otp", nonce, digits)
    assert re.fullmatch(rf"[0-9]{{{digits}}}", code)


def test_codes_begin_with_every_digit_about_equally_often() -> None:
    first = Counter(derived_code(b"k" * 32, "otp", str(number), 8)[0] for number in range(5_000))
    assert set(first) == set("0123456789")
    assert 400 < min(first.values()) <= max(first.values()) < 600
