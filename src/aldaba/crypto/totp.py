"""Answers for time-based one-time passwords (RFC 6238) and the address a phone's app reads them from."""

import base64
import hmac
from urllib.parse import quote, urlencode

from aldaba.crypto.digests import equal

STEP_SECONDS = 30
DIGITS = 6
SEED_BYTES = 20
"""RFC 4226 section 4: 160 bits, the length of the digest."""


def step_of(unix_seconds: float) -> int:
    """Which step of thirty seconds a moment lies in."""
    return int(unix_seconds) // STEP_SECONDS


def totp(seed: bytes, step: int, digits: int = DIGITS) -> str:
    """The code of a step: HMAC-SHA-1, truncated as RFC 4226 section 5.3 says."""
    digest = hmac.digest(seed, step.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def fitting_step(seed: bytes, code: str, now_step: int, after: int, window: int = 1) -> int | None:
    """The step whose code this is, within the window and later than ``after``; None where there is none.

    Every step of the window is computed and compared whichever fits, so that time tells nothing.
    """
    given = code.encode("utf-8", "surrogatepass")
    steps = range(max(now_step - window, 0), now_step + window + 1)
    fitting = [step for step in steps if equal(totp(seed, step).encode("ascii"), given)]
    return next((step for step in fitting if step > after), None)


def otpauth_uri(seed: bytes, issuer: str, account: str) -> str:
    """``otpauth://totp/Issuer:account?secret=…``, what authenticator apps read from a QR code."""
    secret = base64.b32encode(seed).decode("ascii").rstrip("=")
    query = urlencode({"secret": secret, "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{quote(issuer)}:{quote(account)}?{query}"
