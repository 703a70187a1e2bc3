"""End-to-end envelopes: the keys of a session, values sealed and opened in both profiles (docs/e2e.md)."""

import hmac
import os
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from aldaba_client import base64text

BLOCK_BYTES = 16
TAG_BYTES = 32
RANDOM_LENGTH = 32
NO_RANDOM = "0" * RANDOM_LENGTH
"""What stands in the place of a server random in values the server itself seals (profile ``portal``)."""

_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+", re.ASCII)


class Profile(StrEnum):
    """How a session's values are enveloped; it is named when keys are exchanged."""

    BOUND = "bound-1"
    PORTAL = "portal"


class Rendering(StrEnum):
    """The text of a value: HEX, or Base64 with a dot before the tag."""

    HEX = "hex"
    DOT = "dot"


class CannotOpen(ValueError):
    """A value did not open; for whatever reason, and without a word of what it held."""

    def __init__(self) -> None:
        super().__init__("the value does not open")


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """EK (AES-256), IV (16 bytes) and HK (HMAC-SHA-256), and the profile they serve."""

    ek: bytes = field(repr=False)
    iv: bytes = field(repr=False)
    hk: bytes = field(repr=False)
    profile: Profile

    @classmethod
    def draw(cls, profile: Profile) -> "SessionKeys":
        """Fresh keys from the operating system's randomness."""
        return cls(os.urandom(32), os.urandom(16), os.urandom(32), profile)

    def material(self) -> bytes:
        """What travels under the server's public key: 160 HEX characters."""
        return (self.ek + self.iv + self.hk).hex().upper().encode("ascii")

    def check_digits(self) -> tuple[str, str]:
        """The check digits of EK and HK: 6 HEX digits each."""
        spaces = b"\x20" * BLOCK_BYTES
        encryptors = (
            Cipher(algorithms.AES256(key), modes.CBC(self.iv)).encryptor() for key in (self.ek, self.hk)
        )
        ek, hk = (encryptor.update(spaces).hex().upper()[:6] for encryptor in encryptors)
        return ek, hk

    def transport(self, modulus: int, exponent: int) -> str:
        """The material under an RSA public key, in HEX: OAEP-SHA-256, or PKCS#1 v1.5 in ``portal``."""
        key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
        if self.profile is Profile.PORTAL:
            return key.encrypt(self.material(), padding.PKCS1v15()).hex().upper()
        oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        return key.encrypt(self.material(), oaep).hex().upper()


@dataclass(frozen=True, slots=True)
class Binding:
    """What the MAC of a ``bound-1`` value binds it to."""

    direction: str
    path: str
    sid: str
    uuid: str
    field: str

    def aad(self) -> bytes:
        parts = ("aldaba-e2e-1", self.direction, self.path, self.sid, self.uuid.lower(), self.field)
        return "\n".join(parts).encode("ascii")


def seal_bound(
    keys: SessionKeys, binding: Binding, text: str, rendering: Rendering, iv: bytes | None = None
) -> str:
    """A value of profile ``bound-1``; ``iv`` is drawn unless a vector gives it."""
    iv = iv or os.urandom(BLOCK_BYTES)
    body = iv + _encrypt(keys.ek, iv, text.encode("utf-8"))
    return _render(body, _tag(keys, binding.aad() + b"\n" + body), rendering)


def open_bound(keys: SessionKeys, binding: Binding, value: str) -> str:
    """The text of a ``bound-1`` value, decrypted once its MAC is right. Raises ``CannotOpen``."""
    body, tag = _parse(value, Profile.BOUND)
    if not hmac.compare_digest(_tag(keys, binding.aad() + b"\n" + body), tag):
        raise CannotOpen
    return _text(_decrypt(keys.ek, body[:BLOCK_BYTES], body[BLOCK_BYTES:]))


def seal_portal(
    keys: SessionKeys, kind: str, server_random: str, text: str, rendering: Rendering, cr: str | None = None
) -> str:
    """A value of profile ``portal``; ``kind`` is a (PIN, NIP), b (password) or c (anything else)."""
    clear = (cr or os.urandom(16).hex().upper()) + server_random + kind + text
    ct = _encrypt(keys.ek, keys.iv, clear.encode("utf-8"))
    return _render(ct, _tag(keys, ct), rendering)


def open_portal(
    keys: SessionKeys, value: str, kind: str = "c", server_randoms: Collection[str] = (NO_RANDOM,)
) -> str:
    """The text of a ``portal`` value of that kind and one of these randoms. Raises ``CannotOpen``."""
    clear = _open_under_session_iv(keys, value)
    random, found = clear[RANDOM_LENGTH : 2 * RANDOM_LENGTH], clear[2 * RANDOM_LENGTH : 2 * RANDOM_LENGTH + 1]
    if found != kind or not any(
        hmac.compare_digest(random.encode(), known.encode()) for known in server_randoms
    ):
        raise CannotOpen
    return clear[2 * RANDOM_LENGTH + 1 :]


def open_event_id(keys: SessionKeys, header: str) -> str:
    """The server random of an ``eventId`` header. Raises ``CannotOpen``."""
    server_random = _open_under_session_iv(keys, header)
    if len(server_random) != RANDOM_LENGTH or not server_random.isascii():
        raise CannotOpen
    return server_random


def _open_under_session_iv(keys: SessionKeys, value: str) -> str:
    ct, tag = _parse(value, Profile.PORTAL)
    if not hmac.compare_digest(_tag(keys, ct), tag):
        raise CannotOpen
    return _text(_decrypt(keys.ek, keys.iv, ct))


def _render(body: bytes, tag: bytes, rendering: Rendering) -> str:
    if rendering is Rendering.HEX:
        return (body + tag).hex().upper()
    return f"{base64text.encode(body)}.{base64text.encode(tag)}"


def _parse(value: str, profile: Profile) -> tuple[bytes, bytes]:
    body, tag = _two_parts(value, profile) if "." in value else _one_run(value)
    least = 2 * BLOCK_BYTES if profile is Profile.BOUND else BLOCK_BYTES
    if len(tag) != TAG_BYTES or len(body) < least or len(body) % BLOCK_BYTES:
        raise CannotOpen
    return body, tag


def _one_run(value: str) -> tuple[bytes, bytes]:
    # bytes.fromhex alone would pass over white space.
    if not _HEX.fullmatch(value):
        raise CannotOpen
    data = bytes.fromhex(value)
    return data[:-TAG_BYTES], data[-TAG_BYTES:]


def _two_parts(value: str, profile: Profile) -> tuple[bytes, bytes]:
    body, _, tag = value.partition(".")
    if profile is Profile.PORTAL and _HEX.fullmatch(body) and _HEX.fullmatch(tag):
        return bytes.fromhex(body), bytes.fromhex(tag)
    try:
        return base64text.decode(body), base64text.decode(tag)
    except ValueError:
        raise CannotOpen from None


def _tag(keys: SessionKeys, message: bytes) -> bytes:
    return hmac.digest(keys.hk, message, "sha256")


def _encrypt(key: bytes, iv: bytes, plaintext: bytes) -> bytes:
    padder = PKCS7(8 * BLOCK_BYTES).padder()
    padded = padder.update(plaintext) + padder.finalize()
    return Cipher(algorithms.AES256(key), modes.CBC(iv)).encryptor().update(padded)


def _decrypt(key: bytes, iv: bytes, ct: bytes) -> bytes:
    padded = Cipher(algorithms.AES256(key), modes.CBC(iv)).decryptor().update(ct)
    unpadder = PKCS7(8 * BLOCK_BYTES).unpadder()
    try:
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        raise CannotOpen from None


def _text(plaintext: bytes) -> str:
    try:
        return plaintext.decode("utf-8")
    except UnicodeDecodeError:
        # The cause would carry the plaintext into a traceback.
        raise CannotOpen from None
