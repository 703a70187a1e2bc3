"""Answers for encryption at rest: AES-256-GCM under a named key, tied to the place the value is stored in."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from aldaba.crypto import base64text
from aldaba.crypto.keyring import Key, Keyring, UnknownKey

VERSION = 1
NONCE_BYTES = 12
TAG_BYTES = 16


class CannotOpen(Exception):
    """The value is not one this ring sealed for this context; `reason` is `form`, `key` or `tag`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def seal(key: Key, plaintext: bytes, context: str, nonce: bytes) -> bytes:
    """The plaintext under AES-256-GCM (NIST SP 800-38D).

    Format: byte 1 (version) ‖ length of the key id ‖ key id ‖ nonce (12) ‖ ciphertext ‖ tag (16).

    `context` names where the value is kept (table, column, row); a value moved elsewhere no longer opens.
    A nonce is 12 fresh random bytes: one key seals at most 2^32 values. Raises `ValueError` for another
    length.
    """
    if len(nonce) != NONCE_BYTES:
        raise ValueError(f"a nonce has {NONCE_BYTES} bytes")
    header = _header(key.id)
    return header + nonce + AESGCM(key.secret).encrypt(nonce, plaintext, _bound_to(header, context))


def open_sealed(keyring: Keyring, name: str, sealed: bytes, context: str) -> bytes:
    """The plaintext, by whichever key of `name` sealed it. Raises `CannotOpen`."""
    header = _header(key_id_of(sealed))
    try:
        key = keyring.by_id(name, key_id_of(sealed))
    except UnknownKey:
        raise CannotOpen("key") from None
    nonce, body = sealed[len(header) :][:NONCE_BYTES], sealed[len(header) + NONCE_BYTES :]
    try:
        return AESGCM(key.secret).decrypt(nonce, body, _bound_to(header, context))
    except InvalidTag:
        raise CannotOpen("tag") from None


def key_id_of(sealed: bytes) -> str:
    """The id of the key that sealed it, read without any key. Raises `CannotOpen`."""
    if len(sealed) < 2 or sealed[0] != VERSION:
        raise CannotOpen("form")
    length = sealed[1]
    if not length or len(sealed) < 2 + length + NONCE_BYTES + TAG_BYTES:
        raise CannotOpen("form")
    try:
        return sealed[2 : 2 + length].decode("ascii")
    except UnicodeDecodeError:
        raise CannotOpen("form") from None


def seal_text(key: Key, text: str, context: str, nonce: bytes) -> str:
    """`seal` of UTF-8 text, as base64url without padding."""
    return base64text.encode_url(seal(key, text.encode("utf-8"), context, nonce))


def open_text(keyring: Keyring, name: str, sealed: str, context: str) -> str:
    """The text of `seal_text`. Raises `CannotOpen`."""
    try:
        data = base64text.decode_url(sealed)
    except ValueError:
        raise CannotOpen("form") from None
    plaintext = open_sealed(keyring, name, data, context)
    try:
        return plaintext.decode("utf-8")
    except UnicodeDecodeError:
        # The cause would carry the plaintext into a traceback.
        raise CannotOpen("form") from None


def _header(key_id: str) -> bytes:
    encoded = key_id.encode("ascii")
    return bytes([VERSION, len(encoded)]) + encoded


def _bound_to(header: bytes, context: str) -> bytes:
    # The header carries its own length, so no context can be mistaken for a part of it.
    return header + context.encode("utf-8")
