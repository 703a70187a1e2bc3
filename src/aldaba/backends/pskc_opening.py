"""Opening the values of a key container (RFC 6030 section 6): first the MAC is checked, then decrypted."""

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import TypeAlias

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from aldaba.backends.pskc_xml import BadFile, Element
from aldaba.crypto import base64text
from aldaba.crypto.digests import equal

MAX_ITERATIONS = 10_000_000
BLOCK_BYTES = 16

_NUMBER = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_XMLENC = "http://www.w3.org/2001/04/xmlenc#"
_XMLDSIG = "http://www.w3.org/2000/09/xmldsig#"
_XMLDSIG_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
_PKCS5 = "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#"

_KEY_BYTES = {f"{_XMLENC}aes{bits}-cbc": bits // 8 for bits in (128, 192, 256)}
_MAC_HASHES = {f"{_XMLDSIG}hmac-sha1": "sha1"} | {
    f"{_XMLDSIG_MORE}hmac-{name}": name for name in ("sha224", "sha256", "sha384", "sha512")
}
_DERIVATIONS = frozenset({f"{_PKCS5}pbkdf2", "http://www.w3.org/2009/xmlenc11#pbkdf2"})


class Unreadable(Exception):
    """One value or key is refused; ``reason`` says why and holds no value of it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class PreSharedKey:
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Passphrase:
    text: str = field(repr=False)


Unlocking: TypeAlias = PreSharedKey | Passphrase | None
"""What the file's maker sent by another way; None for a file in clear."""


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens the values of one file: without a key only secrets in clear, with one only encrypted ones."""

    key: bytes | None = field(repr=False)
    mac_hash: str | None = None
    mac_key: bytes | None = field(default=None, repr=False)

    def secret(self, value: Element | None) -> bytes:
        """Raises ``Unreadable``."""
        if value is None:
            raise Unreadable("no secret")
        plain = value.find("PlainValue")
        if plain is None:
            return self._opened(value)
        if self.key is not None:
            # Whoever changes the file could plant a seed of his own.
            raise Unreadable("secret in clear in an encrypted file")
        return _base64(plain.text)

    def number(self, value: Element | None) -> int | None:
        """A counter or a time; None when it is not given. Raises ``Unreadable``."""
        if value is None:
            return None
        plain = value.find("PlainValue")
        if plain is None:
            return int.from_bytes(self._opened(value), "big")
        if not _NUMBER.fullmatch(plain.text):
            raise Unreadable("a counter or time is no number")
        return int(plain.text)

    def _opened(self, value: Element) -> bytes:
        encrypted = value.find("EncryptedValue")
        if encrypted is None:
            raise Unreadable("no value")
        if self.key is None:
            raise Unreadable("encrypted, and no key was given")
        if self.mac_hash is None or self.mac_key is None or value.find("ValueMAC") is None:
            raise Unreadable("encrypted without a MAC")
        ciphertext = _ciphertext(encrypted)
        # RFC 6030 section 6.2: the MAC is of the ciphertext with its IV, so nothing is decrypted unchecked.
        expected = hmac.digest(self.mac_key, ciphertext, self.mac_hash)
        if not equal(expected, _base64(value.text_at("ValueMAC"))):
            raise Unreadable("MAC differs: another key, or changed on the way")
        return _decrypted(self.key, encrypted, ciphertext)


def opener(encryption_key: Element | None, mac_method: Element | None, unlocking: Unlocking) -> Opener:
    """The opener of a file, by its head. Raises ``BadFile``."""
    if encryption_key is None:
        if unlocking is not None:
            raise BadFile("not encrypted, though a key or passphrase was given")
        return Opener(None)
    key = _key(encryption_key, unlocking)
    if mac_method is None:
        return Opener(key)
    mac_hash = _MAC_HASHES.get(mac_method.attributes.get("Algorithm", ""))
    if mac_hash is None:
        raise BadFile("MAC algorithm not served")
    return Opener(key, mac_hash, _mac_key(mac_method.find("MACKey"), key))


def _key(encryption_key: Element, unlocking: Unlocking) -> bytes:
    derived = encryption_key.find("DerivedKey")
    match unlocking:
        case PreSharedKey(key) if derived is None:
            return key
        case Passphrase(text) if derived is not None:
            return _derived(derived, text)
        case _:
            raise BadFile(
                f"encrypted under a {'pre-shared key' if derived is None else 'passphrase'}: give it"
            )


def _derived(derived: Element, passphrase: str) -> bytes:
    """PBKDF2 (RFC 8018 section 5.2), with HMAC-SHA-1 where the file names no other."""
    method = derived.find("KeyDerivationMethod")
    parameters = method and method.find("PBKDF2-params")
    if method is None or parameters is None or method.attributes.get("Algorithm") not in _DERIVATIONS:
        raise BadFile("key derivation not served")
    prf = parameters.find("PRF")
    named = f"{_XMLDSIG}hmac-sha1" if prf is None else prf.attributes.get("Algorithm", f"{_XMLDSIG}hmac-sha1")
    length, iterations = parameters.text_at("KeyLength"), parameters.text_at("IterationCount")
    if named not in _MAC_HASHES or length not in {"16", "24", "32"}:
        raise BadFile("key derivation not served")
    if not (_NUMBER.fullmatch(iterations) and 1 <= int(iterations) <= MAX_ITERATIONS):
        raise BadFile(f"iteration count not between 1 and {MAX_ITERATIONS}")
    try:
        salt = _base64(parameters.text_at("Salt", "Specified"))
    except Unreadable:
        raise BadFile("salt of odd form") from None
    return hashlib.pbkdf2_hmac(
        _MAC_HASHES[named], passphrase.encode("utf-8"), salt, int(iterations), int(length)
    )


def _mac_key(sealed: Element | None, key: bytes) -> bytes:
    if sealed is None:
        # RFC 6030 section 6.2: where no MAC key is given, the encryption key serves.
        return key
    try:
        mac_key = _decrypted(key, sealed, _ciphertext(sealed))
    except Unreadable as unreadable:
        raise BadFile(f"MAC key: {unreadable.reason}") from None
    if not mac_key:
        raise BadFile("MAC key: empty")
    return mac_key


def _ciphertext(encrypted: Element) -> bytes:
    ciphertext = _base64(encrypted.text_at("CipherData", "CipherValue"))
    if len(ciphertext) < 2 * BLOCK_BYTES or len(ciphertext) % BLOCK_BYTES:
        raise Unreadable("ciphertext of odd length")
    return ciphertext


def _decrypted(key: bytes, encrypted: Element, ciphertext: bytes) -> bytes:
    """AES-CBC (XML Encryption section 5.2): the IV stands first; the last byte says how much is padding."""
    method = encrypted.find("EncryptionMethod")
    size = _KEY_BYTES.get(method.attributes.get("Algorithm", "")) if method else None
    if size is None:
        raise Unreadable("encryption algorithm not served")
    if size != len(key):
        raise Unreadable(f"the key has not {size} bytes")
    decryptor = Cipher(algorithms.AES(key), modes.CBC(ciphertext[:BLOCK_BYTES])).decryptor()
    padded = decryptor.update(ciphertext[BLOCK_BYTES:]) + decryptor.finalize()
    if not 1 <= padded[-1] <= BLOCK_BYTES:
        raise Unreadable("does not open: another key?")
    return padded[: -padded[-1]]


def _base64(text: str) -> bytes:
    try:
        return base64text.decode("".join(text.split()))
    except ValueError:
        raise Unreadable("not Base64") from None
