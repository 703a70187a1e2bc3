"""Our signing keys, thumbprints, and foreign public keys."""

from base64 import urlsafe_b64encode

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc import jwk as josekey

from aldaba.crypto.jose import UnacceptableKey, check_public_jwk, generate_signing_key, thumbprint
from aldaba.crypto.jwk import SigningKey

# RFC 7638 section 3.1
RFC_7638 = {
    "kty": "RSA",
    "n": (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZC"
        "iFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZg"
        "nYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIq"
        "bw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    ),
    "e": "AQAB",
    "alg": "RS256",
    "kid": "2011-04-29",
}
EC_JWK = generate_signing_key("k").public_jwk()
OKP_JWK = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}


def unsigned(number: int) -> str:
    return urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()


def rsa_jwk(bits: int, exponent: int = 65537) -> dict[str, str]:
    return {"kty": "RSA", "n": unsigned((1 << bits) - 1), "e": unsigned(exponent)}


def test_the_thumbprint_is_that_of_rfc_7638() -> None:
    assert thumbprint(RFC_7638) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_the_thumbprint_of_an_okp_key_is_that_of_rfc_8037() -> None:
    assert thumbprint(OKP_JWK) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.mark.parametrize(
    ("jwk", "reason"), [({"kty": "oct", "k": "AA"}, "type"), ({}, "type"), ({"kty": "EC"}, "malformed")]
)
def test_no_thumbprint_is_made_of_a_secret_or_half_a_key(jwk: dict[str, str], reason: str) -> None:
    with pytest.raises(UnacceptableKey) as caught:
        thumbprint(jwk)
    assert caught.value.reason == reason


def test_a_signing_key_is_named_after_its_thumbprint_and_shows_its_public_half_only() -> None:
    key = generate_signing_key()
    jwk = key.public_jwk()
    assert key.kid == jwk["kid"] == thumbprint(jwk)
    assert set(jwk) == {"kty", "crv", "x", "y", "kid", "alg", "use"}
    assert (jwk["crv"], jwk["alg"], jwk["use"]) == ("P-256", "ES256", "sig")
    assert repr(key) == f"SigningKey(kid='{key.kid}')"


def test_a_signing_key_is_on_p256() -> None:
    pems = [
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        for key in (ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048))
    ]
    for pem in pems:
        with pytest.raises(ValueError, match="P-256"):
            SigningKey("k", pem).public_jwk()


def test_an_acceptable_key_keeps_what_matters_and_loses_the_rest() -> None:
    assert check_public_jwk(EC_JWK | {"note": "x"}) == EC_JWK
    assert check_public_jwk(RFC_7638) == RFC_7638
    assert check_public_jwk(OKP_JWK, allowed={"OKP": frozenset({"Ed25519"})}) == OKP_JWK


@pytest.mark.parametrize(
    ("jwk", "reason"),
    [
        (josekey.ECKey.generate_key("P-256").as_dict(private=True), "private"),
        (EC_JWK | {"k": ""}, "private"),
        ({"kty": "oct"}, "type"),
        ({"kty": ["EC"]}, "type"),
        ({}, "type"),
        (OKP_JWK, "type"),
        (josekey.ECKey.generate_key("P-384").as_dict(private=False), "curve"),
        (EC_JWK | {"crv": None}, "curve"),
        (EC_JWK | {"x": EC_JWK["y"]}, "malformed"),
        (EC_JWK | {"x": ""}, "malformed"),
        (EC_JWK | {"x": EC_JWK["x"] + "="}, "malformed"),
        (EC_JWK | {"x": "AAAA" + EC_JWK["x"]}, "malformed"),
        (EC_JWK | {"kid": 7}, "malformed"),
        (RFC_7638 | {"n": "AAAA" + RFC_7638["n"]}, "malformed"),
        (RFC_7638 | {"e": ""}, "malformed"),
        (rsa_jwk(2047), "strength"),
        (rsa_jwk(4097), "strength"),
        (rsa_jwk(2048, 3), "strength"),
    ],
)
def test_an_unacceptable_key_is_refused_with_the_reason(jwk: dict[str, object], reason: str) -> None:
    with pytest.raises(UnacceptableKey) as caught:
        check_public_jwk(jwk)
    assert caught.value.reason == reason
