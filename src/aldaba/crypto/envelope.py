"""Answers for end-to-end encrypted values: sealing and opening them in both profiles."""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from aldaba.crypto.digests import equal
from aldaba.crypto.rendering import (
    MAX_VALUE_LENGTH,
    Rendering,
    Sealed,
    looks_sealed,
    parse,
    render,
)
from aldaba.crypto.rsa_transport import open_transport
from aldaba.crypto.session_keys import (
    BLOCK_BYTES,
    CannotDecrypt,
    Profile,
    SessionKeys,
    check_digit,
    digits_match,
    parse_key_material,
)

__all__ = [
    "KINDS",
    "MAX_VALUE_LENGTH",
    "Binding",
    "CannotDecrypt",
    "Profile",
    "Rendering",
    "SessionKeys",
    "check_digit",
    "digits_match",
    "looks_sealed",
    "open_bound",
    "open_event_id",
    "open_portal",
    "open_transport",
    "parse_key_material",
    "seal_bound",
    "seal_event_id",
    "seal_portal",
]

AAD_LABEL = "aldaba-e2e-1"
DIRECTIONS = frozenset({"request", "response"})
# "a" PIN or NIP, "b" password, "c" anything else.
KINDS = frozenset("abc")
RANDOM_LENGTH = 32

_PATH = re.compile(r"/[!-~]*", re.ASCII)
_SID = re.compile(r"[A-Za-z0-9_-]{0,128}", re.ASCII)
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", re.ASCII)
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9]*", re.ASCII)
_CLIENT_RANDOM = re.compile(rb"[0-9A-Fa-f]{32}")


@dataclass(frozen=True, slots=True)
class Binding:
    """What a `bound-1` value belongs to.

    `direction` is `request` or `response`; `path` the operation's after `/api`; `sid` as this request
    sends it or empty; `uuid` in either case; `field` the JSON property's name.
    """

    direction: str
    path: str
    sid: str
    uuid: str
    field: str

    def aad(self) -> bytes:
        """The label and the five parts, ASCII, one LF between, the uuid in lower case.

        Raises `CannotDecrypt` (`encoding`) for a part outside its alphabet.
        """
        # A line feed inside a part would make two bindings the same bytes.
        if not (
            self.direction in DIRECTIONS
            and _PATH.fullmatch(self.path)
            and _SID.fullmatch(self.sid)
            and _UUID.fullmatch(self.uuid)
            and _FIELD.fullmatch(self.field)
        ):
            raise CannotDecrypt("encoding")
        parts = (AAD_LABEL, self.direction, self.path, self.sid, self.uuid.lower(), self.field)
        return "\n".join(parts).encode("ascii")


def seal_bound(keys: SessionKeys, text: str, binding: Binding, iv: bytes, rendering: Rendering) -> str:
    """`iv ‖ ct ‖ tag` of a text, rendered.

    `ct = AES-256-CBC(EK, iv, PKCS#7(UTF-8 text))`, `tag = HMAC-SHA-256(HK, aad ‖ LF ‖ iv ‖ ct)`.
    `iv` is 16 fresh random bytes. Raises `ValueError` for keys of the other profile or another length of iv,
    `CannotDecrypt` for a malformed binding.
    """
    _require(keys, Profile.BOUND)
    if len(iv) != BLOCK_BYTES:
        raise ValueError(f"an iv has {BLOCK_BYTES} bytes")
    body = iv + _encrypt(keys.ek, iv, text.encode("utf-8"))
    return render(Sealed(body, _tag(keys, _bound_message(binding, body))), rendering)


def open_bound(keys: SessionKeys, value: str, binding: Binding) -> str:
    """The text of a `bound-1` value in either rendering. Raises `CannotDecrypt`, always at the same cost."""
    sealed = _parsed(keys, value, Profile.BOUND, binding)
    message = _bound_message(binding, sealed.body)
    iv, ct = sealed.body[:BLOCK_BYTES], sealed.body[BLOCK_BYTES:]
    return _utf8(_opened(keys, message, sealed.tag, iv, ct))


def seal_portal(keys: SessionKeys, text: str, kind: str, cr: str, sr: str, rendering: Rendering) -> str:
    """`ct ‖ tag` with `ct = AES-256-CBC(EK, IV, PKCS#7(CR ‖ SR ‖ kind ‖ UTF-8 text))`, `tag = HMAC(HK, ct)`.

    `cr` is 32 fresh HEX characters, `sr` the 32 characters of the server random. Raises `ValueError` for
    anything else and for keys of the other profile.
    """
    _require(keys, Profile.PORTAL)
    if kind not in KINDS or not _CLIENT_RANDOM.fullmatch(cr.encode("utf-8")):
        raise ValueError("a kind is a, b or c and a client random 32 HEX characters")
    prefix = cr.encode("ascii") + _server_random(sr) + kind.encode("ascii")
    return _seal_under_session_iv(keys, prefix + text.encode("utf-8"), rendering)


def open_portal(keys: SessionKeys, value: str, kind: str, randoms: Sequence[str]) -> tuple[str, str]:
    """The text of a `portal` value in any rendering, and which of `randoms` (the unspent SRs) it carries.

    Raises `CannotDecrypt`, always at the same cost, also for another kind or a random not among them.
    """
    plaintext = _open_under_session_iv(keys, value)
    client_random, rest = plaintext[:RANDOM_LENGTH], plaintext[RANDOM_LENGTH:]
    sr = _among(rest[:RANDOM_LENGTH], randoms)
    if sr is None or not _CLIENT_RANDOM.fullmatch(client_random):
        raise CannotDecrypt("random")
    if kind not in KINDS or rest[RANDOM_LENGTH : RANDOM_LENGTH + 1] != kind.encode("ascii"):
        raise CannotDecrypt("kind")
    return _utf8(rest[RANDOM_LENGTH + 1 :]), sr


def seal_event_id(keys: SessionKeys, sr: str) -> str:
    """The `eventId` header that hands out a server random of 32 ASCII characters, in the dot rendering.

    Raises `ValueError` for another random and for keys of the other profile.
    """
    _require(keys, Profile.PORTAL)
    return _seal_under_session_iv(keys, _server_random(sr), Rendering.DOT)


def open_event_id(keys: SessionKeys, header: str) -> str:
    """The server random of an `eventId` header, as a front end reads it. Raises `CannotDecrypt`."""
    sr = _utf8(_open_under_session_iv(keys, header))
    if len(sr) != RANDOM_LENGTH or not sr.isascii():
        raise CannotDecrypt("random")
    return sr


def _require(keys: SessionKeys, profile: Profile) -> None:
    if keys.profile is not profile:
        raise ValueError(f"not keys of profile {profile}")


def _server_random(sr: str) -> bytes:
    if len(sr) != RANDOM_LENGTH or not sr.isascii():
        raise ValueError(f"a server random has {RANDOM_LENGTH} ASCII characters")
    return sr.encode("ascii")


def _among(candidate: bytes, randoms: Sequence[str]) -> str | None:
    found = None
    for sr in randoms:
        if equal(candidate, _server_random(sr)):
            found = sr
    return found


def _bound_message(binding: Binding, body: bytes) -> bytes:
    return binding.aad() + b"\n" + body


def _seal_under_session_iv(keys: SessionKeys, plaintext: bytes, rendering: Rendering) -> str:
    ct = _encrypt(keys.ek, keys.iv, plaintext)
    return render(Sealed(ct, _tag(keys, ct)), rendering)


def _open_under_session_iv(keys: SessionKeys, value: str) -> bytes:
    sealed = _parsed(keys, value, Profile.PORTAL)
    return _opened(keys, sealed.body, sealed.tag, keys.iv, sealed.body)


def _parsed(keys: SessionKeys, value: str, profile: Profile, binding: Binding | None = None) -> Sealed:
    try:
        _check(keys, profile, binding)
        return parse(value, profile)
    except CannotDecrypt:
        # What fails before the tag is computed costs what the tag and the decryption would have cost.
        length = min(len(value), MAX_VALUE_LENGTH) // 2
        filler = bytes(length + BLOCK_BYTES - length % BLOCK_BYTES)
        _tag(keys, filler)
        _decrypt(keys.ek, keys.iv, filler)
        raise


def _check(keys: SessionKeys, profile: Profile, binding: Binding | None) -> None:
    if keys.profile is not profile:
        raise CannotDecrypt("keys")
    if binding is not None:
        binding.aad()


def _opened(keys: SessionKeys, message: bytes, tag: bytes, iv: bytes, ct: bytes) -> bytes:
    authentic = equal(_tag(keys, message), tag)
    # Nothing unauthenticated is ever decrypted; a wrong tag costs the decryption of as many zeros.
    padded = _decrypt(keys.ek, iv, ct if authentic else bytes(len(ct)))
    if not authentic:
        raise CannotDecrypt("mac")
    return _unpadded(padded)


def _tag(keys: SessionKeys, message: bytes) -> bytes:
    return hmac.digest(keys.hk, message, "sha256")


def _encrypt(key: bytes, iv: bytes, plaintext: bytes) -> bytes:
    padder = PKCS7(8 * BLOCK_BYTES).padder()
    padded = padder.update(plaintext) + padder.finalize()
    return Cipher(algorithms.AES256(key), modes.CBC(iv)).encryptor().update(padded)


def _decrypt(key: bytes, iv: bytes, ct: bytes) -> bytes:
    return Cipher(algorithms.AES256(key), modes.CBC(iv)).decryptor().update(ct)


def _unpadded(padded: bytes) -> bytes:
    unpadder = PKCS7(8 * BLOCK_BYTES).unpadder()
    try:
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        raise CannotDecrypt("padding") from None


def _utf8(plaintext: bytes) -> str:
    try:
        return plaintext.decode("utf-8")
    except UnicodeDecodeError:
        # The cause would carry the plaintext into a traceback.
        raise CannotDecrypt("utf8") from None
