"""Sealing at rest: the one place that says under which key and context each stored secret is kept."""

from typing import Literal

from aldaba.crypto.digests import derived_digits, handle_digest, keyed_digest
from aldaba.crypto.keyring import Key, KeyName, Keyring
from aldaba.crypto.sealing import NONCE_BYTES, open_text, seal_text
from aldaba.crypto.session_keys import Profile, SessionKeys
from aldaba.domain.application import RegisteredKeys
from aldaba.service.ports import RandomBytes

CCS_ID_DIGITS = 18
DECOY_NUMBER_DIGITS = 9
_EK_BYTES = 32
_NO_IV = bytes(16)

Sealable = Literal["pin", "password", "temporary-pin"]
"""Which of a profile's credentials a sealed string is; one moved to another's place no longer opens."""
OperatorSecret = Literal["password", "second-factor"]


def ccs_id_of(keyring: Keyring, customer_id: str, representative: str) -> str:
    """The opaque number of an access profile: stable, and telling nothing of the customer."""
    key = _lasting(keyring, KeyName.IDENTITY)
    return derived_digits(key.secret, "ccs", f"{customer_id}-{representative}", CCS_ID_DIGITS)


def decoy_features(keyring: Keyring, ccs_id: str) -> bytes:
    """What a decoy's name and actions are drawn from."""
    return keyed_digest(_lasting(keyring, KeyName.IDENTITY).secret, "decoy", ccs_id)


def decoy_number(keyring: Keyring, card_number: str) -> str:
    """The customer number that an unknown card pretends to belong to."""
    key = _lasting(keyring, KeyName.IDENTITY)
    return derived_digits(key.secret, "decoy number", card_number, DECOY_NUMBER_DIGITS)


def phone_key(keyring: Keyring, phone: str) -> str:
    """What a phone (E.164) is counted by for a day, in HEX; a pepper that is rotated begins no count anew."""
    return keyed_digest(_lasting(keyring, KeyName.IDENTITY).secret, "counted phone", phone).hex()


def phc_place(ccs_id: str, what: Sealable) -> str:
    """The context of a credential: its place in its profile."""
    return f"{what}/{ccs_id}"


def card_pin_place(digest: bytes) -> str:
    """The context of a card's NIP."""
    return f"card-pin/{digest.hex()}"


def token_place(serial: str) -> str:
    """The context of a token's seed."""
    return f"token/{serial}"


def registered_keys_place(client_id: str, key_id: str) -> str:
    """The context of an application's registered keys."""
    return f"application/{client_id}/{key_id}"


def key_pair_place(key_id: str) -> str:
    """The context of an asymmetric key's PEM."""
    return f"key pair/{key_id}"


PHONE_PLACE = "phone"
"""The context of every phone's number."""


def seal_phc(keyring: Keyring, phc: str, ccs_id: str, what: Sealable, random_bytes: RandomBytes) -> str:
    """An Argon2id string under the storage key, tied to its profile and its place in it."""
    return _seal(keyring, phc, phc_place(ccs_id, what), random_bytes)


def open_phc(keyring: Keyring, sealed: str, ccs_id: str, what: Sealable) -> str:
    """Raises ``CannotOpen``."""
    return open_text(keyring, KeyName.STORAGE, sealed, phc_place(ccs_id, what))


def seal_card_pin(keyring: Keyring, phc: str, digest: bytes, random_bytes: RandomBytes) -> str:
    """A card's NIP as sealed Argon2id string, tied to the card's digest."""
    return _seal(keyring, phc, card_pin_place(digest), random_bytes)


def open_card_pin(keyring: Keyring, sealed: str, digest: bytes) -> str:
    """Raises ``CannotOpen``."""
    return open_text(keyring, KeyName.STORAGE, sealed, card_pin_place(digest))


def seal_token_seed(keyring: Keyring, seed: bytes, serial: str, random_bytes: RandomBytes) -> str:
    """An OCRA token's seed, tied to its serial number."""
    return _seal(keyring, seed.hex(), token_place(serial), random_bytes)


def open_token_seed(keyring: Keyring, sealed: str, serial: str) -> bytes:
    """Raises ``CannotOpen``."""
    return bytes.fromhex(open_text(keyring, KeyName.STORAGE, sealed, token_place(serial)))


def seal_phone(keyring: Keyring, number: str, random_bytes: RandomBytes) -> str:
    """A phone's national number; the country code stands beside it in clear."""
    return _seal(keyring, number, PHONE_PLACE, random_bytes)


def open_phone(keyring: Keyring, sealed: str) -> str:
    """The national number. Raises ``CannotOpen``."""
    return open_text(keyring, KeyName.STORAGE, sealed, PHONE_PLACE)


def seal_registered_keys(
    keyring: Keyring, ek: bytes, hk: bytes, client_id: str, key_id: str, random_bytes: RandomBytes
) -> str:
    """EK ‖ HK of a channel that works without a session."""
    return _seal(keyring, (ek + hk).hex(), registered_keys_place(client_id, key_id), random_bytes)


def open_registered_keys(keyring: Keyring, registered: RegisteredKeys, client_id: str) -> SessionKeys:
    """The keys of one generation; profile ``bound-1``, which has no IV of its own. Raises ``CannotOpen``."""
    context = registered_keys_place(client_id, registered.key_id)
    both = bytes.fromhex(open_text(keyring, KeyName.STORAGE, registered.sealed, context))
    return SessionKeys(both[:_EK_BYTES], _NO_IV, both[_EK_BYTES:], Profile.BOUND)


def operator_place(name: str, what: OperatorSecret) -> str:
    """The context of an operator's secret."""
    return f"operator/{what}/{name}"


def seal_operator_secret(
    keyring: Keyring, secret: str, name: str, what: OperatorSecret, random_bytes: RandomBytes
) -> str:
    """An operator's Argon2id string, or the seed of his second factor in HEX, tied to his name."""
    return _seal(keyring, secret, operator_place(name, what), random_bytes)


def open_operator_secret(keyring: Keyring, sealed: str, name: str, what: OperatorSecret) -> str:
    """Raises ``CannotOpen``."""
    return open_text(keyring, KeyName.STORAGE, sealed, operator_place(name, what))


def grant_digest(keyring: Keyring, parameters: bytes) -> bytes:
    """What an approved act is recognised by; keyed, since a parameter may be a passphrase."""
    return keyed_digest(_lasting(keyring, KeyName.IDENTITY).secret, "grant", parameters)


def client_secret_digest(secret: str) -> bytes:
    """What is kept of an application's secret: 256 random bits, so a digest without a key is enough."""
    return handle_digest(secret)


def _seal(keyring: Keyring, text: str, context: str, random_bytes: RandomBytes) -> str:
    return seal_text(keyring.current(KeyName.STORAGE), text, context, random_bytes(NONCE_BYTES))


def _lasting(keyring: Keyring, name: KeyName) -> Key:
    # What is derived or looked up by a key must come out the same for ever: the oldest one serves.
    return keyring.all(name)[-1]
