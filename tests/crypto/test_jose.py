"""Tokens: ours, and a table of hostile ones."""

import base64
import hmac
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc import jwk as josekey
from joserfc import jws

from aldaba.crypto.jose import (
    InvalidToken,
    SigningKey,
    check_times,
    generate_signing_key,
    sign,
    unverified_claims,
    verify,
)

KEY = generate_signing_key("k1")
OTHER = generate_signing_key("k2")
JWK = KEY.public_jwk()
KEYS: Mapping[str, Mapping[str, object]] = {"k1": JWK}
BOTH: Mapping[str, Mapping[str, object]] = {"k1": JWK, "k2": OTHER.public_jwk()}
CLAIMS: dict[str, object] = {"sub": "15000010", "name": "Íñigo", "exp": 2000}


def encoded(value: object) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(header: dict[str, object] | bytes, payload: bytes = b"{}", key: SigningKey = KEY) -> str:
    """A token with a right ES256 signature over any header and payload."""
    message = f"{encoded(header)}.{encoded(payload)}".encode()
    signing = josekey.ECKey.import_key(key.private_pem)
    signature = jws.JWSRegistry.algorithms["ES256"].sign(message, signing)
    return f"{message.decode()}.{encoded(signature)}"


def maced(secret: bytes) -> str:
    """An HS256 token under a secret an attacker can know."""
    message = f"{encoded({'alg': 'HS256', 'typ': 'JWT', 'kid': 'k1'})}.{encoded(CLAIMS)}".encode()
    mac = base64.urlsafe_b64encode(hmac.digest(secret, message, "sha256")).rstrip(b"=")
    return f"{message.decode()}.{mac.decode()}"


def public(encoding: serialization.Encoding) -> bytes:
    loaded = serialization.load_pem_private_key(KEY.private_pem, None)
    assert isinstance(loaded, ec.EllipticCurvePrivateKey)
    return loaded.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)


HEADER: dict[str, object] = {"alg": "ES256", "typ": "JWT", "kid": "k1"}
GOOD = signed(HEADER, json.dumps(CLAIMS).encode())
HEAD, BODY, SIGNATURE = GOOD.split(".")


def test_what_is_signed_verifies_to_the_same_claims() -> None:
    token = sign(CLAIMS, KEY, typ="at+jwt")
    assert verify(token, BOTH, algorithms=["ES256"], typ="at+jwt") == CLAIMS
    header = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
    assert header == {"alg": "ES256", "typ": "at+jwt", "kid": "k1"}


@pytest.mark.parametrize("typ", ["JWT", "jwt", "application/JWT"])
def test_a_type_is_compared_without_case_and_prefix(typ: str) -> None:
    token = signed(HEADER | {"typ": typ})
    assert verify(token, KEYS, algorithms=["ES256"], typ="JWT") == {}
    assert (
        verify(token, KEYS, algorithms=["ES256"], typ=f"application/{typ}" if "/" not in typ else typ) == {}
    )
    assert verify(token, KEYS, algorithms=["ES256"], typ=None) == {}


def test_a_token_without_kid_is_taken_when_there_is_one_key() -> None:
    token = signed({"alg": "ES256"})
    assert verify(token, KEYS, algorithms=["ES256"], typ=None) == {}
    with pytest.raises(InvalidToken) as among_two:
        verify(token, BOTH, algorithms=["ES256"], typ=None)
    with pytest.raises(InvalidToken) as required:
        verify(token, KEYS, algorithms=["ES256"], typ=None, kid_required=True)
    assert (among_two.value.reason, required.value.reason) == ("key", "key")
    assert verify(GOOD, KEYS, algorithms=["ES256"], typ="JWT", kid_required=True) == CLAIMS


def test_unverified_claims_are_read_without_a_key_but_as_strictly() -> None:
    assert unverified_claims(signed(HEADER, b'{"iss":"a"}', key=OTHER)) == {"iss": "a"}
    for token, reason in (
        ("a" * 8193, "length"),
        (f"{HEAD}.{BODY}", "malformed"),
        (signed(HEADER, b'{"iss":"a","iss":"b"}'), "claims"),
    ):
        with pytest.raises(InvalidToken) as caught:
            unverified_claims(token)
        assert caught.value.reason == reason


def test_headers_that_decide_nothing_are_passed_over() -> None:
    assert verify(signed(HEADER | {"cty": "x", "nonce": "y"}), KEYS, algorithms=["ES256"], typ="JWT") == {}


HOSTILE = {
    "alg none": (f"{encoded(HEADER | {'alg': 'none'})}.{BODY}.", "algorithm"),
    "alg None": (f"{encoded(HEADER | {'alg': 'nOnE'})}.{BODY}.", "algorithm"),
    "alg missing": (signed({"typ": "JWT", "kid": "k1"}), "algorithm"),
    "alg a list": (signed(HEADER | {"alg": ["ES256"]}), "algorithm"),
    "alg ES384": (signed(HEADER | {"alg": "ES384"}), "algorithm"),
    "HS256 under the public PEM": (maced(public(serialization.Encoding.PEM)), "algorithm"),
    "HS256 under the public DER": (maced(public(serialization.Encoding.DER)), "algorithm"),
    "HS256 under the public JWK": (maced(json.dumps(JWK).encode()), "algorithm"),
    "its own key": (signed(HEADER | {"jwk": OTHER.public_jwk()}, key=OTHER), "header"),
    "jku": (signed(HEADER | {"jku": "https://evil.example/keys"}), "header"),
    "x5u": (signed(HEADER | {"x5u": "https://evil.example/cert"}), "header"),
    "x5c": (signed(HEADER | {"x5c": ["MIIB"]}), "header"),
    "crit": (signed(HEADER | {"crit": ["exp"], "exp": 1}), "header"),
    "empty crit": (signed(HEADER | {"crit": []}), "header"),
    "b64": (signed(HEADER | {"b64": False}), "header"),
    "wrong typ": (signed(HEADER | {"typ": "at+jwt"}), "type"),
    "no typ": (signed({"alg": "ES256", "kid": "k1"}), "type"),
    "typ a number": (signed(HEADER | {"typ": 1}), "type"),
    "unknown kid": (signed(HEADER | {"kid": "k3"}), "key"),
    "kid a path": (signed(HEADER | {"kid": "../../dev/null"}), "key"),
    "kid null": (signed(HEADER | {"kid": None}), "key"),
    "kid a list": (signed(HEADER | {"kid": ["k1"]}), "key"),
    "another's signature": (signed(HEADER, key=OTHER), "signature"),
    "no signature": (f"{HEAD}.{BODY}.", "signature"),
    "signature cut": (GOOD[:-2], "signature"),
    "signature of zeros": (f"{HEAD}.{BODY}.{encoded(bytes(64))}", "signature"),
    "another payload": (f"{HEAD}.{encoded({'sub': 'x'})}.{SIGNATURE}", "signature"),
    "oversize": (signed(HEADER, b'{"a":"' + b"a" * 8192 + b'"}'), "length"),
    "two parts": (f"{HEAD}.{BODY}", "malformed"),
    "five parts": (f"{GOOD}.a.b", "malformed"),
    "nothing": ("", "malformed"),
    "padded header": (f"{HEAD}=.{BODY}.{SIGNATURE}", "malformed"),
    "not ASCII": (f"ñ.{BODY}.{SIGNATURE}", "malformed"),
    "header no object": (signed(b"[]"), "malformed"),
    "header no JSON": (signed(b"{"), "malformed"),
    "header too deep": (signed(b"[" * 4000), "malformed"),
    "duplicate alg": (signed(b'{"alg":"none","alg":"ES256","typ":"JWT","kid":"k1"}'), "malformed"),
    "duplicate claim": (signed(HEADER, b'{"sub":"a","sub":"b"}'), "claims"),
    "duplicate nested claim": (signed(HEADER, b'{"a":{"b":1,"b":2}}'), "claims"),
    "claims a list": (signed(HEADER, b"[]"), "claims"),
    "claims a string": (signed(HEADER, b'"x"'), "claims"),
    "claims with NaN": (signed(HEADER, b'{"exp":NaN}'), "claims"),
    "claims not UTF-8": (signed(HEADER, b'{"a":"\xff"}'), "claims"),
}


@pytest.mark.parametrize(("token", "reason"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_token_is_refused(token: str, reason: str) -> None:
    with pytest.raises(InvalidToken) as caught:
        verify(token, KEYS, algorithms=["ES256"], typ="JWT")
    assert caught.value.reason == reason


@pytest.mark.parametrize("algorithms", [[], ["none"], ["RS256"]])
def test_only_an_algorithm_the_caller_names_is_taken_and_none_never(algorithms: list[str]) -> None:
    for token in (GOOD, f"{encoded(HEADER | {'alg': 'none'})}.{BODY}."):
        with pytest.raises(InvalidToken) as caught:
            verify(token, KEYS, algorithms=algorithms, typ="JWT")
        assert caught.value.reason == "algorithm"


def test_none_is_refused_even_for_a_key_that_names_no_algorithm() -> None:
    keys: Mapping[str, Mapping[str, object]] = {"k1": {name: JWK[name] for name in ("kty", "crv", "x", "y")}}
    with pytest.raises(InvalidToken) as caught:
        verify(f"{encoded(HEADER | {'alg': 'none'})}.{BODY}.", keys, algorithms=["none"], typ="JWT")
    assert caught.value.reason == "algorithm"


@pytest.mark.parametrize("algorithms", [["HS256", "ES256"], ["HS256"]])
def test_a_public_key_is_never_an_hmac_key_even_if_both_algorithms_are_allowed(algorithms: list[str]) -> None:
    keys: Mapping[str, Mapping[str, object]] = {"k1": {name: JWK[name] for name in ("kty", "crv", "x", "y")}}
    with pytest.raises(InvalidToken) as caught:
        verify(maced(public(serialization.Encoding.PEM)), keys, algorithms=algorithms, typ="JWT")
    assert caught.value.reason == "algorithm"


@cache
def rsa_key() -> josekey.RSAKey:
    return josekey.RSAKey.import_key(
        rsa.generate_private_key(65537, 2048).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


def test_an_rs256_token_verifies_with_an_rsa_key() -> None:
    token = jws.serialize_compact({"alg": "RS256", "kid": "r"}, b'{"a":1}', rsa_key(), algorithms=["RS256"])
    keys: Mapping[str, Mapping[str, object]] = {
        "r": {**rsa_key().as_dict(private=False), "key_ops": ["verify"]}
    }
    assert verify(token, keys, algorithms=["RS256", "ES256"], typ=None) == {"a": 1}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"use": "enc"}, "algorithm"),
        ({"alg": "ES512"}, "algorithm"),
        ({"kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}, "algorithm"),
        ({"x": "AA"}, "key"),
        ({"x": 1}, "key"),
        ({"kty": "none"}, "key"),
        ({"crv": "P-384"}, "key"),
    ],
)
def test_a_key_that_does_not_fit_the_algorithm_or_itself_is_refused(
    changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InvalidToken) as caught:
        verify(GOOD, {"k1": JWK | changes}, algorithms=["ES256"], typ="JWT")
    assert caught.value.reason == reason


def test_a_claim_that_json_cannot_say_is_not_signed() -> None:
    with pytest.raises(ValueError, match="JSON"):
        sign({"exp": float("nan")}, KEY, typ="JWT")


@pytest.mark.parametrize(
    ("claims", "now", "max_age"),
    [
        ({"exp": 1000}, 1029, None),
        ({"exp": 1000.5, "nbf": 900, "iat": 900}, 900, None),
        ({"exp": 1000, "nbf": 930}, 900, None),
        ({"exp": 1000, "iat": 930}, 900, None),
        ({"exp": 1000, "iat": 500}, 630, 100),
        ({"exp": 10**400}, 1000, None),
    ],
)
def test_claims_hold_within_their_times(claims: dict[str, object], now: int, max_age: int | None) -> None:
    check_times(claims, now, leeway=30, max_age=max_age)


@pytest.mark.parametrize(
    ("claims", "now", "max_age", "reason"),
    [
        ({}, 0, None, "claims"),
        ({"exp": 1000}, 1030, None, "expired"),
        ({"exp": 2000, "nbf": 931}, 900, None, "not_yet_valid"),
        ({"exp": 2000, "iat": 931}, 900, None, "not_yet_valid"),
        ({"exp": 2000, "iat": 500}, 631, 100, "too_old"),
        ({"exp": 2000}, 900, 100, "claims"),
        ({"exp": True}, 0, None, "claims"),
        ({"exp": "2000"}, 0, None, "claims"),
        ({"exp": None}, 0, None, "claims"),
        ({"exp": 1e999}, 0, None, "claims"),
        ({"exp": 2000, "nbf": None}, 0, None, "claims"),
        ({"exp": 2000, "iat": [1]}, 0, None, "claims"),
    ],
)
def test_claims_outside_their_times_are_refused(
    claims: dict[str, object], now: int, max_age: int | None, reason: str
) -> None:
    with pytest.raises(InvalidToken) as caught:
        check_times(claims, now, leeway=30, max_age=max_age)
    assert caught.value.reason == reason


def test_an_expiry_may_be_left_out_where_the_caller_says_so() -> None:
    check_times({"iat": 900}, 900, leeway=0, max_age=60, require_exp=False)
