"""Answers for the RSA key that carries session keys to the server: making it, showing it, opening with it."""

import re

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from aldaba.crypto import base64text
from aldaba.crypto.session_keys import CannotDecrypt, Profile

PUBLIC_EXPONENT = 65537
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+", re.ASCII)


def generate_rsa(bits: int = 3072) -> bytes:
    """A fresh private key as unencrypted PKCS#8 PEM. It takes 0.2 s of a core: never on a request's path."""
    private_key = rsa.generate_private_key(PUBLIC_EXPONENT, bits)
    return private_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def load_private(pem: bytes) -> rsa.RSAPrivateKey:
    """The private key of an unencrypted PKCS#8 PEM. Raises `ValueError` for anything else."""
    private_key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(private_key, rsa.RSAPrivateKey):
        raise ValueError("not an RSA private key")  # noqa: TRY004  # the file is wrong, not the caller's type
    return private_key


def public_numbers(private_key: rsa.RSAPrivateKey) -> tuple[str, str]:
    """Modulus and exponent as upper-case HEX with an even number of digits, as in `010001`."""
    n, e = _public_bytes(private_key)
    return n.hex().upper(), e.hex().upper()


def public_numbers_base64url(private_key: rsa.RSAPrivateKey) -> tuple[str, str]:
    """Modulus and exponent as a JWK's `n` and `e` (RFC 7518 §6.3.1)."""
    n, e = _public_bytes(private_key)
    return base64text.encode_url(n), base64text.encode_url(e)


def open_transport(private_key: rsa.RSAPrivateKey, payload_hex: str, profile: Profile) -> bytes:
    """The plaintext of a HEX payload of at most the modulus' length. Raises `CannotDecrypt`.

    `bound-1`: RSAES-OAEP with SHA-256, MGF1-SHA-256 and an empty label (RFC 8017 §7.1).
    `portal`: RSAES-PKCS1-v1_5 with implicit rejection (draft-irtf-cfrg-rsa-guidance): wrong padding does not
    raise, it returns bytes that `parse_key_material` refuses. There a payload may lack its leading zeros,
    which the portal's front ends leave out.
    """
    ciphertext = _ciphertext(private_key, payload_hex, profile)
    try:
        # A payload that cannot be decrypted at all costs a decryption too.
        plaintext = private_key.decrypt(ciphertext or _stand_in(private_key), _padding(profile))
    except ValueError:
        raise CannotDecrypt("encoding" if ciphertext is None else "padding") from None
    if ciphertext is None:
        raise CannotDecrypt("encoding")
    return plaintext


def rejects_implicitly(private_key: rsa.RSAPrivateKey) -> bool:
    """Whether the OpenSSL in use hides wrong PKCS#1 v1.5 padding (3.2 and newer do).

    To be asked once before the `portal` profile is served: without it the key exchange is a padding oracle.
    """
    try:
        private_key.decrypt(_stand_in(private_key), padding.PKCS1v15())
    except ValueError:
        return False
    return True


def _ciphertext(private_key: rsa.RSAPrivateKey, payload_hex: str, profile: Profile) -> bytes | None:
    size = private_key.key_size // 8
    if len(payload_hex) > 2 * size or not _HEX.fullmatch(payload_hex):
        return None
    ciphertext = bytes.fromhex(payload_hex)
    if profile is Profile.PORTAL:
        ciphertext = ciphertext.rjust(size, b"\0")
    modulus = private_key.public_key().public_numbers().n
    if len(ciphertext) != size or int.from_bytes(ciphertext, "big") >= modulus:
        return None
    return ciphertext


def _stand_in(private_key: rsa.RSAPrivateKey) -> bytes:
    # 2 is a number below every modulus whose decryption has no padding.
    return (2).to_bytes(private_key.key_size // 8, "big")


def _padding(profile: Profile) -> padding.AsymmetricPadding:
    if profile is Profile.PORTAL:
        return padding.PKCS1v15()
    return padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


def _public_bytes(private_key: rsa.RSAPrivateKey) -> tuple[bytes, bytes]:
    numbers = private_key.public_key().public_numbers()
    return _big_endian(numbers.n), _big_endian(numbers.e)


def _big_endian(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
