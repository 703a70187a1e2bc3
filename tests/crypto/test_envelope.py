"""Envelopes beyond the vectors: round trips, tampering, renderings, bindings."""

import hmac
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from aldaba.crypto.envelope import (
    KINDS,
    MAX_VALUE_LENGTH,
    Binding,
    CannotDecrypt,
    Profile,
    Rendering,
    SessionKeys,
    looks_sealed,
    open_bound,
    open_event_id,
    open_portal,
    seal_bound,
    seal_event_id,
    seal_portal,
)

BOUND = SessionKeys(b"e" * 32, b"i" * 16, b"h" * 32, Profile.BOUND)
PORTAL = replace(BOUND, profile=Profile.PORTAL)
BINDING = Binding("request", "/v1/login", "sid-1", "a7d1e304-83a9-4413-af97-62615e57eae6", "encryptedUserId")
CR, SR = "0" * 32, "ABCDEF0123456789ABCDEF0123456789"
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
ivs = st.binary(min_size=16, max_size=16)
renderings = st.sampled_from(Rendering)


def portal_value(plaintext: bytes) -> str:
    """A portal value with a right tag over any padded plaintext."""
    ct = Cipher(algorithms.AES256(PORTAL.ek), modes.CBC(PORTAL.iv)).encryptor().update(plaintext)
    return (ct + hmac.digest(PORTAL.hk, ct, "sha256")).hex()


@given(texts, ivs, renderings)
def test_what_is_sealed_bound_opens_to_the_same_text(text: str, iv: bytes, rendering: Rendering) -> None:
    value = seal_bound(BOUND, text, BINDING, iv, rendering)
    assert looks_sealed(value)
    assert open_bound(BOUND, value, BINDING) == text


@given(texts, st.sampled_from(sorted(KINDS)), renderings)
def test_what_is_sealed_portal_opens_to_the_same_text(text: str, kind: str, rendering: Rendering) -> None:
    value = seal_portal(PORTAL, text, kind, CR, SR, rendering)
    assert looks_sealed(value)
    assert open_portal(PORTAL, value, kind, ["9" * 32, SR]) == (text, SR)


@given(st.data())
def test_no_changed_bit_of_a_value_goes_unnoticed(data: st.DataObject) -> None:
    value = bytearray.fromhex(seal_bound(BOUND, "15000010", BINDING, b"f" * 16, Rendering.HEX))
    bit = data.draw(st.integers(0, 8 * len(value) - 1))
    value[bit // 8] ^= 1 << bit % 8
    with pytest.raises(CannotDecrypt) as caught:
        open_bound(BOUND, value.hex(), BINDING)
    assert caught.value.step == "mac"


@given(st.text(max_size=300))
def test_no_text_whatever_does_anything_but_cannot_decrypt(value: str) -> None:
    for step in (lambda: open_bound(BOUND, value, BINDING), lambda: open_portal(PORTAL, value, "c", [SR])):
        with pytest.raises(CannotDecrypt):
            step()
    assert not looks_sealed(value)


@pytest.mark.parametrize(
    "changed",
    [
        {"direction": "response"},
        {"path": "/v2/login"},
        {"sid": ""},
        {"uuid": "a7d1e304-83a9-4413-af97-62615e57eae7"},
        {"field": "encryptedCredential"},
    ],
)
def test_a_value_opens_nowhere_but_where_it_belongs(changed: dict[str, str]) -> None:
    value = seal_bound(BOUND, "15000010", BINDING, b"f" * 16, Rendering.DOT)
    with pytest.raises(CannotDecrypt) as caught:
        open_bound(BOUND, value, replace(BINDING, **changed))
    assert caught.value.step == "mac"


@pytest.mark.parametrize(
    "malformed",
    [
        {"direction": "sideways"},
        {"path": "/v1\nlogin"},
        {"path": "v1"},
        {"sid": "a\nb"},
        {"sid": "a" * 129},
        {"sid": "ñ"},
        {"uuid": "a7d1e30483a94413af9762615e57eae6"},
        {"uuid": "a7d1e304-83a9-4413-af97-62615e57eae6\n"},
        {"field": "1field"},
        {"field": "a.b"},
        {"field": ""},
    ],
)
def test_a_binding_outside_its_alphabets_is_refused_before_anything_else(malformed: dict[str, str]) -> None:
    value = seal_bound(BOUND, "15000010", BINDING, b"f" * 16, Rendering.HEX)
    with pytest.raises(CannotDecrypt) as caught:
        open_bound(BOUND, value, replace(BINDING, **malformed))
    assert caught.value.step == "encoding"


def test_the_aad_is_six_lines_without_a_line_feed_at_the_end() -> None:
    assert replace(BINDING, uuid=BINDING.uuid.upper()).aad() == (
        b"aldaba-e2e-1\nrequest\n/v1/login\nsid-1\na7d1e304-83a9-4413-af97-62615e57eae6\nencryptedUserId"
    )


def test_hex_around_a_dot_is_a_rendering_of_the_portal_only() -> None:
    bound = seal_bound(BOUND, "15000010", BINDING, b"f" * 16, Rendering.HEX)
    with pytest.raises(CannotDecrypt):
        open_bound(BOUND, f"{bound[:-64]}.{bound[-64:]}", BINDING)
    portal = seal_portal(PORTAL, "15000010", "c", CR, SR, Rendering.HEX)
    assert open_portal(PORTAL, f"{portal[:-64]}.{portal[-64:]}", "c", [SR]) == ("15000010", SR)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda dot: dot.rstrip("="),
        lambda dot: dot + "=",
        lambda dot: dot.replace("=.", "."),
        lambda dot: dot + "\n",
        lambda dot: " " + dot,
        lambda dot: dot.replace("+", "-").replace("/", "_"),
        lambda dot: dot[:-2] + chr(ord(dot[-2]) + 1) + "=",
        lambda dot: dot.replace(".", ".."),
        lambda dot: dot.replace(".", ""),
        lambda dot: dot + ".",
    ],
)
def test_base64_has_one_spelling_only(spoil: Callable[[str], str]) -> None:
    iv = bytes.fromhex("fbff" * 8)
    dot = seal_bound(BOUND, "15000010", BINDING, iv, Rendering.DOT)
    spoiled = spoil(dot)
    assert spoiled != dot
    with pytest.raises(CannotDecrypt) as caught:
        open_bound(BOUND, spoiled, BINDING)
    assert caught.value.step == "encoding"


def test_a_value_beyond_the_cap_is_refused_for_its_length() -> None:
    longest = MAX_VALUE_LENGTH // 2 - 48 - 1
    value = seal_bound(BOUND, "x" * longest, BINDING, b"f" * 16, Rendering.HEX)
    assert len(value) == MAX_VALUE_LENGTH
    assert open_bound(BOUND, value, BINDING) == "x" * longest
    with pytest.raises(CannotDecrypt) as caught:
        open_bound(BOUND, value + "00" * 16, BINDING)
    assert caught.value.step == "length"


def test_keys_of_one_profile_open_and_seal_nothing_of_the_other() -> None:
    with pytest.raises(CannotDecrypt) as bound:
        open_bound(PORTAL, seal_bound(BOUND, "x", BINDING, b"f" * 16, Rendering.HEX), BINDING)
    with pytest.raises(CannotDecrypt) as portal:
        open_portal(BOUND, seal_portal(PORTAL, "x", "c", CR, SR, Rendering.HEX), "c", [SR])
    assert (bound.value.step, portal.value.step) == ("keys", "keys")
    with pytest.raises(ValueError, match="bound-1"):
        seal_bound(PORTAL, "x", BINDING, b"f" * 16, Rendering.HEX)
    with pytest.raises(ValueError, match="portal"):
        seal_event_id(BOUND, SR)
    with pytest.raises(ValueError, match="portal"):
        seal_portal(BOUND, "x", "c", CR, SR, Rendering.HEX)


@pytest.mark.parametrize(
    ("plaintext", "step"),
    [
        (b"g" * 32 + SR.encode() + b"c" + b"\x0f" * 15, "random"),
        (CR.encode() + SR.lower().encode() + b"c" + b"\x0f" * 15, "random"),
        (CR.encode() + b"\x10" * 16, "random"),
        (CR.encode() + SR.encode() + b"a" + b"\x0f" * 15, "kind"),
        (CR.encode() + SR.encode() + b"\x10" * 16, "kind"),
        (CR.encode() + SR.encode() + b"c\xff" + b"\x0e" * 14, "utf8"),
        (CR.encode() + SR.encode() + b"c" + b"\x00" * 15, "padding"),
    ],
)
def test_an_authentic_portal_value_of_another_shape_is_refused(plaintext: bytes, step: str) -> None:
    with pytest.raises(CannotDecrypt) as caught:
        open_portal(PORTAL, portal_value(plaintext), "c", [SR])
    assert caught.value.step == step


def test_without_an_unspent_random_or_with_a_kind_unheard_of_nothing_opens() -> None:
    value = seal_portal(PORTAL, "x", "c", CR, SR, Rendering.HEX)
    for kind, randoms, step in (("c", [], "random"), ("", [SR], "kind"), ("z", [SR], "kind")):
        with pytest.raises(CannotDecrypt) as caught:
            open_portal(PORTAL, value, kind, randoms)
        assert caught.value.step == step


@pytest.mark.parametrize(
    ("kind", "cr", "sr"),
    [("z", CR, SR), ("c", CR[1:], SR), ("c", "g" * 32, SR), ("c", CR, SR + "0"), ("", CR, SR)],
)
def test_nothing_malformed_is_sealed_for_the_portal(kind: str, cr: str, sr: str) -> None:
    with pytest.raises(ValueError, match="random"):
        seal_portal(PORTAL, "x", kind, cr, sr, Rendering.HEX)


def test_a_bound_value_takes_an_iv_of_sixteen_bytes_only() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        seal_bound(BOUND, "x", BINDING, b"f" * 12, Rendering.HEX)


def test_an_event_id_of_another_length_does_not_open() -> None:
    for plaintext in (b"0" * 31 + b"\x01", b"\xc3\xb1" * 15 + b"\x02" * 2):
        ct = bytes.fromhex(portal_value(plaintext))
        header = f"{b64encode(ct[:-32]).decode()}.{b64encode(ct[-32:]).decode()}"
        with pytest.raises(CannotDecrypt) as caught:
            open_event_id(PORTAL, header)
        assert caught.value.step == "random"


@pytest.mark.parametrize(
    "value", ["", "15000010", "hello", "a.b", "00" * 31, "00" * 40, "00" * 81, "." + "A" * 43 + "="]
)
def test_plain_values_do_not_look_sealed(value: str) -> None:
    assert not looks_sealed(value)


def test_keys_do_not_print_themselves() -> None:
    assert repr(BOUND) == "SessionKeys(profile=<Profile.BOUND: 'bound-1'>)"
