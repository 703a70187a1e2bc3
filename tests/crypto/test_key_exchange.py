"""Session keys on their way to the server: RSA in both profiles, key material, check digits."""

from collections.abc import Callable
from functools import cache

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from aldaba.crypto import rsa_transport
from aldaba.crypto.envelope import (
    CannotDecrypt,
    Profile,
    SessionKeys,
    check_digit,
    digits_match,
    open_transport,
    parse_key_material,
)

MATERIAL = b"A" * 64 + b"B" * 32 + b"C" * 64
OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
PADDINGS: dict[Profile, padding.AsymmetricPadding] = {Profile.BOUND: OAEP, Profile.PORTAL: padding.PKCS1v15()}


@cache
def private_key() -> rsa.RSAPrivateKey:
    return rsa_transport.load_private(rsa_transport.generate_rsa(2048))


def raw(block: bytes) -> str:
    """RSA without padding: what an attacker who forms the block himself sends."""
    numbers = private_key().public_key().public_numbers()
    return f"{pow(int.from_bytes(block, 'big'), numbers.e, numbers.n):0512x}"


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("spelling", [str.upper, str.lower])
def test_a_payload_opens_in_its_profile(profile: Profile, spelling: Callable[[str], str]) -> None:
    payload = private_key().public_key().encrypt(MATERIAL, PADDINGS[profile]).hex()
    spelt = spelling(payload)
    assert open_transport(private_key(), spelt, profile) == MATERIAL


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize(
    ("payload", "step"),
    [
        ("", "encoding"),
        ("0", "encoding"),
        ("zz" * 256, "encoding"),
        ("ff" * 256, "encoding"),
        ("00" * 257, "encoding"),
    ],
)
def test_a_payload_of_another_form_is_refused(profile: Profile, payload: str, step: str) -> None:
    with pytest.raises(CannotDecrypt) as caught:
        open_transport(private_key(), payload, profile)
    assert caught.value.step in {step, "padding"}


@pytest.mark.parametrize(
    "block",
    [
        b"\x00\x02" + b"\x01" * 8 + b"\x00" + MATERIAL,  # no separator where it belongs, too short
        b"\x00\x01" + b"\x01" * 93 + b"\x00" + MATERIAL,  # block type of a signature
        b"\x00\x02" + b"\x01" * 254,  # no separator at all
        b"\x00\x02" + b"\x01" * 7 + b"\x00" + b"\x01" * 246,  # padding too short
        b"\x00\x02" + b"\x01" * 253 + b"\x00",  # nothing in it
        b"\x00" * 256,
        b"\x00" * 255 + b"\x01",
    ],
)
def test_malformed_pkcs1_padding_is_told_apart_from_wrong_material_by_nobody(block: bytes) -> None:
    with pytest.raises(CannotDecrypt) as caught:
        parse_key_material(open_transport(private_key(), raw(block), Profile.PORTAL), Profile.PORTAL)
    well_padded = private_key().public_key().encrypt(b"not material", padding.PKCS1v15()).hex()
    with pytest.raises(CannotDecrypt) as other:
        parse_key_material(open_transport(private_key(), well_padded, Profile.PORTAL), Profile.PORTAL)
    assert (
        (caught.value.step, str(caught.value))
        == (other.value.step, str(other.value))
        == ("keys", "cannot decrypt")
    )


def test_implicit_rejection_answers_the_same_payload_with_the_same_bytes() -> None:
    assert rsa_transport.rejects_implicitly(private_key())
    payload = raw(b"\x00\x01" + b"\x01" * 254)
    first = open_transport(private_key(), payload, Profile.PORTAL)
    assert first == open_transport(private_key(), payload, Profile.PORTAL)


def test_wrong_oaep_padding_and_the_other_profiles_padding_are_refused() -> None:
    for payload in (
        raw(b"\x00" + b"\x01" * 255),
        private_key().public_key().encrypt(MATERIAL, padding.PKCS1v15()).hex(),
    ):
        with pytest.raises(CannotDecrypt):
            open_transport(private_key(), payload, Profile.BOUND)


def payload_with_a_leading_zero(profile: Profile) -> str:
    payload = ""
    while not payload.startswith("00"):
        payload = private_key().public_key().encrypt(MATERIAL, PADDINGS[profile]).hex()
    return payload


def test_the_portal_takes_a_payload_that_lacks_its_leading_zeros_and_bound_does_not() -> None:
    portal = payload_with_a_leading_zero(Profile.PORTAL)
    assert open_transport(private_key(), portal[2:], Profile.PORTAL) == MATERIAL
    bound = payload_with_a_leading_zero(Profile.BOUND)
    assert open_transport(private_key(), bound, Profile.BOUND) == MATERIAL
    with pytest.raises(CannotDecrypt):
        open_transport(private_key(), bound[2:], Profile.BOUND)


@given(st.binary(max_size=400))
def test_bytes_that_are_no_material_are_refused(plaintext: bytes) -> None:
    with pytest.raises(CannotDecrypt) as caught:
        parse_key_material(plaintext, Profile.PORTAL)
    assert caught.value.step == "keys"


@pytest.mark.parametrize("plaintext", [MATERIAL + b"\n", MATERIAL[:-2] + b" A", MATERIAL[2:], b"\xb9" * 160])
def test_material_is_exactly_160_hex_characters(plaintext: bytes) -> None:
    with pytest.raises(CannotDecrypt):
        parse_key_material(plaintext, Profile.BOUND)


def test_both_check_digits_must_match() -> None:
    keys = SessionKeys(b"e" * 32, b"i" * 16, b"h" * 32, Profile.BOUND)
    enc, mac = check_digit(keys.ek, keys.iv), check_digit(keys.hk, keys.iv)
    assert digits_match(keys, enc.lower(), mac)
    for wrong in ((mac, enc), (enc, "000000"), ("", mac), (enc, mac + "0"), (enc, "\ud800ñ")):
        assert not digits_match(keys, *wrong)


def test_public_numbers_are_hex_with_an_even_number_of_digits() -> None:
    modulus, exponent = rsa_transport.public_numbers(private_key())
    assert exponent == "010001"
    assert int(modulus, 16) == private_key().public_key().public_numbers().n
    assert len(modulus) == 512
    assert modulus == modulus.upper()
    assert rsa_transport.public_numbers_base64url(private_key())[1] == "AQAB"


def test_only_an_rsa_private_key_loads() -> None:
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(ValueError, match="RSA"):
        rsa_transport.load_private(pem)
    with pytest.raises(ValueError, match="PEM"):
        rsa_transport.load_private(b"nothing")


def test_an_openssl_that_reports_wrong_padding_is_noticed() -> None:
    class Talkative:
        key_size = 2048

        def decrypt(self, ciphertext: bytes, padding: object) -> bytes:
            raise ValueError(f"{len(ciphertext)} {padding}")

    assert not rsa_transport.rejects_implicitly(Talkative())  # type: ignore[arg-type]  # stands in for old OpenSSL
