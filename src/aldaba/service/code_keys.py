"""Which key of the ring a one-time code is derived under: its nonce says so, so a rotation spoils no code."""

from aldaba.crypto.keyring import Key, KeyName, Keyring
from aldaba.service.ports import RandomBytes

_MARK = "@"


def fresh_nonce(keyring: Keyring, random_bytes: RandomBytes) -> str:
    """A nonce for a code under the current key."""
    return f"{random_bytes(16).hex()}{_MARK}{keyring.current(KeyName.OTP).id}"


def code_key(nonce: str, keyring: Keyring) -> Key:
    """The key of the code; a nonce that names none is older than every rotation. Raises ``UnknownKey``."""
    return keyring.by_id(KeyName.OTP, code_key_id(nonce, keyring))


def code_key_id(nonce: str, keyring: Keyring) -> str:
    """The id alone, whether or not the ring still has the key."""
    _, named, key_id = nonce.partition(_MARK)
    return key_id if named else keyring.all(KeyName.OTP)[-1].id
