"""One-time passwords by time: RFC 6238's own vectors, the window, and what a phone's app reads."""

import base64
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from aldaba.crypto.totp import fitting_step, otpauth_uri, step_of, totp

SEED = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_rfc_6238_appendix_b(seconds: int, code: str) -> None:
    assert totp(SEED, step_of(seconds), digits=8) == code
    assert totp(SEED, step_of(seconds)) == code[-6:]


@pytest.mark.parametrize(("offset", "fits"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_one_step_either_way_is_near_enough(offset: int, fits: bool) -> None:
    now = 41_152_263
    assert fitting_step(SEED, totp(SEED, now + offset), now, -1) == (now + offset if fits else None)


def test_a_step_used_and_those_before_it_are_over() -> None:
    now = 41_152_263
    assert fitting_step(SEED, totp(SEED, now), now, now) is None
    assert fitting_step(SEED, totp(SEED, now - 1), now, now) is None
    assert fitting_step(SEED, totp(SEED, now + 1), now, now) == now + 1


@pytest.mark.parametrize("code", ["", "12345", "1234567", "ñ", "\ud800", "０" * 6])
def test_what_is_no_code_fits_nothing(code: str) -> None:
    assert fitting_step(SEED, code, 1, -1) is None


def test_the_first_step_of_all_has_no_earlier_one() -> None:
    assert fitting_step(SEED, totp(SEED, 0), 0, -1) == 0


def test_an_app_reads_seed_issuer_and_account() -> None:
    uri = urlsplit(otpauth_uri(SEED, "Banco Ñandú", "ana.p"))
    assert (uri.scheme, uri.netloc, unquote(uri.path)) == ("otpauth", "totp", "/Banco Ñandú:ana.p")
    query = parse_qs(uri.query)
    assert base64.b32decode(query["secret"][0]) == SEED
    assert query["issuer"] == ["Banco Ñandú"]
