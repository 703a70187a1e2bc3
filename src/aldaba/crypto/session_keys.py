"""Answers for the symmetric keys of one front end: how they arrive, and that both sides hold the same."""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from aldaba.crypto.digests import equal

MATERIAL_LENGTH = 160
DIGIT_LENGTH = 6
BLOCK_BYTES = 16
_MATERIAL = re.compile(rb"[0-9A-Fa-f]{160}")
_NO_MATERIAL = b"0" * MATERIAL_LENGTH


class Profile(StrEnum):
    """How values are enveloped; a session uses the one it named when it exchanged keys."""

    BOUND = "bound-1"
    PORTAL = "portal"


class CannotDecrypt(Exception):
    """The one failure of everything end-to-end encrypted.

    `step` is `encoding`, `length`, `mac`, `padding`, `utf8`, `random`, `kind` or `keys`. It is for a
    sandbox's diagnosis; an answer that told the steps apart would be an oracle.
    """

    def __init__(self, step: str) -> None:
        super().__init__("cannot decrypt")
        self.step = step


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """EK (32 bytes, AES-256), IV (16 bytes), HK (32 bytes, HMAC-SHA-256) and the profile they serve."""

    ek: bytes = field(repr=False)
    iv: bytes = field(repr=False)
    hk: bytes = field(repr=False)
    profile: Profile


def check_digit(key: bytes, iv: bytes) -> str:
    """The first 6 HEX digits, upper case, of AES-256-CBC under `key` and `iv` over sixteen 0x20 bytes."""
    encryptor = Cipher(algorithms.AES256(key), modes.CBC(iv)).encryptor()
    return encryptor.update(b"\x20" * BLOCK_BYTES).hex().upper()[:DIGIT_LENGTH]


def digits_match(keys: SessionKeys, enc_digit: str, hmac_digit: str) -> bool:
    """Whether both check digits fit the keys, in either case; always compares both, in constant time."""
    enc_fits = _same_digit(check_digit(keys.ek, keys.iv), enc_digit)
    hmac_fits = _same_digit(check_digit(keys.hk, keys.iv), hmac_digit)
    return enc_fits & hmac_fits


def parse_key_material(plaintext: bytes, profile: Profile) -> SessionKeys:
    """The keys of `HEX(EK) ‖ HEX(IV) ‖ HEX(HK)`, 160 ASCII characters in either case.

    Raises `CannotDecrypt` (`keys`), after the work that comparing check digits would have been.
    """
    fits = _MATERIAL.fullmatch(plaintext)
    material = bytes.fromhex((plaintext if fits else _NO_MATERIAL).decode("ascii"))
    keys = SessionKeys(material[:32], material[32:48], material[48:], profile)
    if not fits:
        # What implicit rejection returns ends here, and no sooner than right material with wrong digits.
        digits_match(keys, "", "")
        raise CannotDecrypt("keys")
    return keys


def _same_digit(expected: str, given: str) -> bool:
    return equal(expected.encode("ascii"), given.upper().encode("utf-8", "surrogatepass"))
