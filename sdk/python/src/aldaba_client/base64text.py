"""Base64 with exactly one spelling per value (RFC 4648 §4 and §5): nothing else is read."""

import base64
import binascii


def encode(data: bytes) -> str:
    """Base64 with padding (RFC 4648 §4)."""
    return base64.b64encode(data).decode("ascii")


def decode(text: str) -> bytes:
    """The bytes of padded Base64. Raises ``ValueError`` for any other spelling."""
    data = _decoded(text, b"+/")
    if encode(data) != text:
        raise ValueError("not canonical Base64")
    return data


def encode_url(data: bytes) -> str:
    """Base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode_url(text: str) -> bytes:
    """The bytes of base64url without padding. Raises ``ValueError`` for any other spelling."""
    data = _decoded(text + "=" * (-len(text) % 4), b"-_")
    if encode_url(data) != text:
        raise ValueError("not canonical base64url")
    return data


def _decoded(text: str, altchars: bytes) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), altchars, validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise ValueError("not Base64") from None
