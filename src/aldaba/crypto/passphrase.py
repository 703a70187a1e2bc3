"""Answers for sealing under a passphrase: Argon2id makes the key (RFC 9106), AES-256-GCM seals."""

from collections.abc import Callable

from nacl import pwhash

from aldaba.crypto.keyring import KEY_BYTES, Key, Keyring
from aldaba.crypto.sealing import NONCE_BYTES, CannotOpen, open_sealed, seal

SALT_BYTES = pwhash.argon2id.SALTBYTES
MEMORY_BYTES = 256 * 1024 * 1024
PASSES = 3
"""Dear on purpose: a stolen backup may be tried for years (libsodium's ``MODERATE``)."""
SHORTEST = 12
"""Characters of a passphrase at least."""

_NAME = "passphrase"


class WeakPassphrase(ValueError):
    """Shorter than ``SHORTEST`` characters."""


def seal_under(
    passphrase: str, plaintext: bytes, context: str, random_bytes: Callable[[int], bytes]
) -> bytes:
    """Format: salt (16) ‖ what ``sealing.seal`` makes. Raises ``WeakPassphrase``."""
    if len(passphrase) < SHORTEST:
        raise WeakPassphrase(f"a passphrase has at least {SHORTEST} characters")
    salt = random_bytes(SALT_BYTES)
    return salt + seal(_key(passphrase, salt), plaintext, context, random_bytes(NONCE_BYTES))


def open_under(passphrase: str, sealed: bytes, context: str) -> bytes:
    """What ``seal_under`` sealed. Raises ``CannotOpen``, for a wrong passphrase as for wrong data."""
    salt, body = sealed[:SALT_BYTES], sealed[SALT_BYTES:]
    if len(salt) < SALT_BYTES:
        raise CannotOpen("form")
    ring = Keyring({_NAME: (_key(passphrase, salt),)})
    return open_sealed(ring, _NAME, body, context)


def _key(passphrase: str, salt: bytes) -> Key:
    secret = pwhash.argon2id.kdf(KEY_BYTES, passphrase.encode(), salt, PASSES, MEMORY_BYTES)
    return Key(_NAME, secret)
