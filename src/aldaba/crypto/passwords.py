"""Answers for Argon2id: hashing, verifying, and which foreign hashes may be taken over."""

import errno
import re
import secrets
import unicodedata
from dataclasses import dataclass

from cffi import FFI  # type: ignore[import-untyped]  # cffi ships no types
from nacl import bindings
from nacl.exceptions import InvalidkeyError

from aldaba.crypto import base64text

ARGON2_VERSION = 19
MAX_PHC_LENGTH = 127
MAX_NUMBER = 2**32 - 1
MIN_SALT_BYTES = 8
MIN_HASH_BYTES = 16
_FFI = FFI()

_NUMBER = r"(0|[1-9][0-9]{0,9})"
_PHC = re.compile(
    rf"\$argon2id\$v={_NUMBER}\$m={_NUMBER},t={_NUMBER},p={_NUMBER}\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)",
    re.ASCII,
)


class UnacceptableHash(ValueError):
    """The string is no Argon2id hash we verify; `reason` says why.

    It is one of `algorithm`, `malformed`, `version`, `memory`, `passes`, `lanes`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class HashParameters:
    """What one hash costs: memory in KiB, passes over it, lanes."""

    memory_kib: int
    passes: int
    lanes: int = 1


# OWASP Password Storage Cheat Sheet and ASVS 5.0 appendix C: m = 19 MiB, t = 2, p = 1.
OWASP = HashParameters(19456, 2)
# For tests only: it protects nothing.
CHEAPEST = HashParameters(8, 1)


def hash_password(password: str, parameters: HashParameters) -> str:
    """A PHC string, `$argon2id$v=19$m=…,t=…,p=1$salt$hash`, under a fresh 16-byte salt (RFC 9106).

    What is hashed is the UTF-8 of the NFC-normalised text, so that one keyboard's ñ is another's.
    Raises `ValueError` for more than one lane, which libsodium verifies but does not make.
    """
    if parameters.lanes != 1:
        raise ValueError("new hashes have one lane")
    phc = bindings.crypto_pwhash_str_alg(
        _normalised(password),
        parameters.passes,
        parameters.memory_kib * 1024,
        bindings.crypto_pwhash_ALG_ARGON2ID13,
    )
    return phc.rstrip(b"\0").decode("ascii")


def verify_password(phc: str, password: str) -> bool:
    """Whether the password is the one hashed, in the time its parameters cost. Raises `UnacceptableHash`.

    Hashes of several lanes verify too: libsodium computes them one after another, with the same result.
    Raises `MemoryError` when the memory for it is not to be had, which says nothing about the password.
    """
    _parameters(phc)
    _FFI.errno = 0
    try:
        return bindings.crypto_pwhash_str_verify(phc.encode("ascii"), _normalised(password))
    except InvalidkeyError:
        # PyNaCl says "wrong password" for a shortage of memory too, which would lock people out. Only after a
        # comparison that failed does libsodium set EINVAL; cffi keeps the errno of this thread's last call.
        if _FFI.errno != errno.EINVAL:
            raise MemoryError("no memory to verify a password") from None
        return False


def dummy_hash(parameters: HashParameters) -> str:
    """A hash of a secret nobody knows: verifying against it costs what a real one costs and is never true."""
    return hash_password(secrets.token_urlsafe(32), parameters)


def needs_rehash(phc: str, parameters: HashParameters) -> bool:
    """Whether the hash was made with other parameters, cheaper or dearer. Raises `UnacceptableHash`."""
    return _parameters(phc) != parameters


def check_importable(
    phc: str, *, max_memory_kib: int = 65536, max_passes: int = 4, max_lanes: int = 4
) -> None:
    """Passes a foreign PHC string we can verify at a bearable cost. Raises `UnacceptableHash`."""
    parameters = _parameters(phc)
    if parameters.memory_kib > max_memory_kib:
        raise UnacceptableHash("memory")
    if parameters.passes > max_passes:
        raise UnacceptableHash("passes")
    if parameters.lanes > max_lanes:
        raise UnacceptableHash("lanes")


def _parameters(phc: str) -> HashParameters:
    if not phc.startswith("$argon2id$"):
        raise UnacceptableHash("algorithm")
    matched = _PHC.fullmatch(phc)
    if not matched or len(phc) > MAX_PHC_LENGTH:
        raise UnacceptableHash("malformed")
    version, memory_kib, passes, lanes = (int(number) for number in matched.group(1, 2, 3, 4))
    if version != ARGON2_VERSION:
        raise UnacceptableHash("version")
    _check_bytes(matched[5], MIN_SALT_BYTES)
    _check_bytes(matched[6], MIN_HASH_BYTES)
    if not lanes or not passes or memory_kib < 8 * lanes or max(memory_kib, passes) > MAX_NUMBER:
        raise UnacceptableHash("malformed")
    return HashParameters(memory_kib, passes, lanes)


def _check_bytes(text: str, least: int) -> None:
    # libsodium answers "wrong password" to a string it cannot read; better to say so at the import.
    try:
        data = base64text.decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise UnacceptableHash("malformed") from None
    if len(data) < least:
        raise UnacceptableHash("malformed")


def _normalised(password: str) -> bytes:
    # A lone surrogate reaches us through JSON escapes; it must be a wrong password, not an error.
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
