"""The key ring's file and rotation, and values sealed at rest."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldaba.crypto.base64text import decode_url, encode_url
from aldaba.crypto.keyring import Key, KeyName, Keyring, MalformedKeyring, UnknownKey
from aldaba.crypto.sealing import CannotOpen, key_id_of, open_sealed, open_text, seal, seal_text

OLD, NEW = Key("2025", b"o" * 32), Key("2026", b"n" * 32)
RING = Keyring({"storage": (NEW, OLD), "pepper": (OLD,)})
NONCE = b"n" * 12
SECRET = encode_url(b"s" * 32)


def document(**changes: object) -> bytes:
    return json.dumps({"version": 1, "keys": {"storage": [{"id": "a", "secret": SECRET}]}} | changes).encode()


def test_a_generated_ring_has_one_key_for_each_name() -> None:
    ring = Keyring.generate(KeyName, os.urandom, now_id="20260101")
    assert set(ring.keys) == {"storage", "pepper", "identity", "otp", "audit"}
    assert all(ring.current(name).id == "20260101" for name in KeyName)
    assert len({ring.current(name).secret for name in KeyName}) == len(KeyName)


def test_a_ring_survives_its_file() -> None:
    assert Keyring.from_json(RING.to_json()) == RING


def test_no_secret_of_a_ring_is_printed() -> None:
    assert repr(NEW) == "Key(id='2026')"
    assert "nnnn" not in repr(RING)


def test_rotation_puts_the_new_key_first_and_retirement_takes_one_away() -> None:
    latest = Key("2027", b"l" * 32)
    rotated = RING.rotated("storage", latest)
    assert rotated.all("storage") == (latest, NEW, OLD)
    assert RING.current("storage") is NEW
    assert rotated.without("storage", "2025").all("storage") == (latest, NEW)
    assert rotated.by_id("storage", "2025") is OLD
    assert RING.rotated("otp", latest).current("otp") is latest


def test_a_ring_says_what_it_does_not_hold() -> None:
    for ask in (
        lambda: RING.current("otp"),
        lambda: RING.by_id("storage", "1999"),
        lambda: RING.without("storage", "1999"),
    ):
        with pytest.raises(UnknownKey):
            ask()


def test_an_id_is_not_used_twice_and_the_only_key_is_not_retired() -> None:
    with pytest.raises(ValueError, match="already"):
        RING.rotated("storage", Key("2026", b"x" * 32))
    with pytest.raises(ValueError, match="only key"):
        RING.without("pepper", "2025")


@pytest.mark.parametrize(
    ("key_id", "secret"), [("", b"x" * 32), ("ñ", b"x" * 32), ("a/b", b"x" * 32), ("a", b"x" * 31)]
)
def test_a_key_has_a_plain_id_and_32_bytes(key_id: str, secret: bytes) -> None:
    with pytest.raises(ValueError, match="a key"):
        Key(key_id, secret)


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"", "document"),
        (b"\xff", "document"),
        (b"[]", "document"),
        (b"[" * 100_000, "document"),
        (b'{"version": 1, "version": 1, "keys": {}}', "document"),
        (b'{"version": NaN, "keys": {}}', "document"),
        (document(more=1), "document"),
        (document(version=2), "version"),
        (document(version=True), "version"),
        (document(keys=[]), "keys"),
        (document(keys={"../x": []}), "keys"),
        (document(keys={"otp": []}), "keys.otp"),
        (document(keys={"otp": {}}), "keys.otp"),
        (document(keys={"otp": [1]}), "keys.otp[0]"),
        (document(keys={"otp": [{"id": "a"}]}), "keys.otp[0]"),
        (document(keys={"otp": [{"id": 1, "secret": SECRET}]}), "keys.otp[0].id"),
        (document(keys={"otp": [{"id": "", "secret": SECRET}]}), "keys.otp[0].id"),
        (document(keys={"otp": [{"id": "a", "secret": 1}]}), "keys.otp[0].secret"),
        (document(keys={"otp": [{"id": "a", "secret": SECRET[1:]}]}), "keys.otp[0].secret"),
        (document(keys={"otp": [{"id": "a", "secret": SECRET}] * 2}), "keys.otp"),
    ],
)
def test_a_malformed_ring_is_refused_with_its_place(data: bytes, place: str) -> None:
    with pytest.raises(MalformedKeyring) as caught:
        Keyring.from_json(data)
    assert caught.value.place == place


@given(st.binary(max_size=200), st.text(max_size=40), st.binary(min_size=12, max_size=12))
def test_what_is_sealed_opens_with_the_same_bytes(plaintext: bytes, context: str, nonce: bytes) -> None:
    sealed = seal(OLD, plaintext, context, nonce)
    assert sealed[:2] == b"\x01\x04"
    assert key_id_of(sealed) == "2025"
    assert open_sealed(RING, "storage", sealed, context) == plaintext


@given(st.text(max_size=60))
def test_sealed_text_is_base64url_and_opens_to_the_same_text(text: str) -> None:
    sealed = seal_text(NEW, text, "customers.phone", NONCE)
    assert sealed.isascii()
    assert "=" not in sealed
    assert open_text(RING, "storage", sealed, "customers.phone") == text


@given(st.data())
def test_no_changed_bit_of_a_sealed_value_goes_unnoticed(data: st.DataObject) -> None:
    sealed = bytearray(seal(NEW, b"4152313800000001", "cards.number", NONCE))
    bit = data.draw(st.integers(0, 8 * len(sealed) - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(CannotOpen):
        open_sealed(RING, "storage", bytes(sealed), "cards.number")


def test_a_sealed_value_opens_in_its_own_context_and_under_its_own_name_only() -> None:
    sealed = seal(NEW, b"x", "customers/1/phone", NONCE)
    for name, context, reason in (
        ("storage", "customers/2/phone", "tag"),
        ("storage", "", "tag"),
        ("pepper", "customers/1/phone", "key"),
        ("absent", "customers/1/phone", "key"),
    ):
        with pytest.raises(CannotOpen) as caught:
            open_sealed(RING, name, sealed, context)
        assert caught.value.reason == reason


def test_the_key_id_is_part_of_what_is_authenticated() -> None:
    twins = Keyring({"storage": (Key("a", b"x" * 32), Key("b", b"x" * 32))})
    sealed = seal(twins.by_id("storage", "a"), b"x", "c", NONCE)
    with pytest.raises(CannotOpen) as caught:
        open_sealed(twins, "storage", sealed.replace(b"\x01a", b"\x01b", 1), "c")
    assert caught.value.reason == "tag"


def test_a_key_of_the_same_id_with_other_bytes_opens_nothing() -> None:
    with pytest.raises(CannotOpen) as caught:
        open_sealed(RING, "storage", seal(Key("2026", b"x" * 32), b"x", "c", NONCE), "c")
    assert caught.value.reason == "tag"


@pytest.mark.parametrize(
    "sealed",
    [
        b"",
        b"\x01",
        b"\x02" + b"\x01a" + b"0" * 28,
        b"\x01\x00" + b"0" * 40,
        b"\x01\x04" + b"0" * 31,
        b"\x01\x01\xff" + b"0" * 28,
    ],
)
def test_bytes_of_another_form_are_refused(sealed: bytes) -> None:
    with pytest.raises(CannotOpen) as caught:
        open_sealed(RING, "storage", sealed, "c")
    assert caught.value.reason == "form"


def test_text_that_is_not_base64url_or_not_utf8_inside_is_refused() -> None:
    sealed = seal_text(NEW, "x", "c", NONCE)
    for spoilt in (sealed + "=", sealed + "\n", "ñ", "A", encode_url(seal(NEW, b"\xff", "c", NONCE))):
        with pytest.raises(CannotOpen) as caught:
            open_text(RING, "storage", spoilt, "c")
        assert caught.value.reason == "form"


def test_a_nonce_has_twelve_bytes() -> None:
    with pytest.raises(ValueError, match="12 bytes"):
        seal(NEW, b"x", "c", b"n" * 16)


@pytest.mark.parametrize("text", ["A", "AB", "AA==", "A+", "A/", "AA\n", " AA", "ñ"])
def test_base64url_has_one_spelling_only(text: str) -> None:
    with pytest.raises(ValueError, match="ase64"):
        decode_url(text)
