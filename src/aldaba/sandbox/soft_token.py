"""A soft-token app as the simulator plays it: it knows what the QR code of its enrolment says, no more."""

from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

import segno

from aldaba.crypto import ocra
from aldaba.crypto.ocra import MalformedSuite, UnfitInput
from aldaba.service.token_suites import moving_of

MAX_URI = 512


@dataclass(frozen=True, slots=True)
class SoftToken:
    """What was scanned."""

    serial: str
    suite: str
    seed: bytes = field(repr=False)

    def response(self, challenge: str, now: datetime) -> str | None:
        """What it shows to a challenge at first use; None for one its suite does not take."""
        suite = ocra.parse_suite(self.suite)
        moving = moving_of(suite)
        step = None if moving.step_seconds is None else int(now.timestamp()) // moving.step_seconds
        counter = 0 if moving.counted else None
        try:
            return ocra.response(suite, self.seed, question=challenge, counter=counter, timestamp_steps=step)
        except UnfitInput:
            return None


def scanned(uri: str) -> SoftToken | None:
    """The app behind ``aldaba-ocra://enrol?serial=…&suite=…&seed=HEX``; None for any other text."""
    if len(uri) > MAX_URI:
        return None
    try:
        address = urlsplit(uri)
        said = dict(parse_qsl(address.query, strict_parsing=True))
        seed = bytes.fromhex(said["seed"])
        ocra.parse_suite(said["suite"])
    except (ValueError, KeyError, MalformedSuite):
        return None
    if (address.scheme, address.netloc) != ("aldaba-ocra", "enrol") or len(seed) < ocra.MIN_KEY_BYTES:
        return None
    return SoftToken(said.get("serial", ""), said["suite"], seed)


def qr_code(uri: str) -> str:
    """The text as a QR code (ISO/IEC 18004), an image of its own in a ``data:`` address."""
    drawing: str = segno.make(uri, micro=False).svg_data_uri(scale=5, border=4, light="white")
    return drawing


def seconds_left(suite: str, now: datetime) -> int | None:
    """How long the response shown now stays the one of this time step; None for a suite without time."""
    seconds = moving_of(ocra.parse_suite(suite)).step_seconds
    return None if seconds is None else seconds - int(now.timestamp()) % seconds
