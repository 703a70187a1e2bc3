"""A text as one segment of SMS: in the GSM 7-bit alphabet where that has its characters, else in UCS-2.

Tables: 3GPP TS 23.038, 6.2.1 (default alphabet) and 6.2.1.1 (its extension). SMPP carries a septet in an
octet of its own (`data_coding` 0); the SMSC packs them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

GSM_7 = 0
"""``data_coding`` of the SMSC's default alphabet (SMPP 3.4, 5.2.19)."""
UCS_2 = 8

MAX_SEPTETS = 160
MAX_UNITS = 70
"""What 140 octets hold of each (3GPP TS 23.040, 9.2.3.16)."""

_DEFAULT = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPE = 0x1B
_EXTENSION = {
    "\f": 0x0A,
    "^": 0x14,
    "{": 0x28,
    "}": 0x29,
    "\\": 0x2F,
    "[": 0x3C,
    "~": 0x3D,
    "]": 0x3E,
    "|": 0x40,
    "€": 0x65,
}
_SEPTETS = {character: bytes([code]) for code, character in enumerate(_DEFAULT) if code != _ESCAPE} | {
    character: bytes([_ESCAPE, code]) for character, code in _EXTENSION.items()
}


class TooLong(Exception):
    """The text needs more than one segment; carries no piece of it."""

    def __init__(self) -> None:
        super().__init__("text does not fit one segment")


@dataclass(frozen=True, slots=True)
class Segment:
    data_coding: int
    octets: bytes = field(repr=False)


def segment(text: str) -> Segment:
    """The text as one segment. Raises ``TooLong``."""
    septets = _gsm(text)
    if septets is not None:
        if len(septets) > MAX_SEPTETS:
            raise TooLong
        return Segment(GSM_7, septets)
    # Phones read the surrogate pairs of UTF-16, too; half a pair says nothing to anybody.
    units = text.encode("utf-16-be", "replace")
    if len(units) > 2 * MAX_UNITS:
        raise TooLong
    return Segment(UCS_2, units)


def fits_one_segment(text: str) -> bool:
    """Whether a phone gets the text as a single SMS."""
    try:
        segment(text)
    except TooLong:
        return False
    return True


def _gsm(text: str) -> bytes | None:
    """One octet for each septet; None where a character is in neither table."""
    if not all(character in _SEPTETS for character in text):
        return None
    return b"".join(_SEPTETS[character] for character in text)


def text_of(data_coding: int, octets: bytes) -> str:
    """What an SMSC wrote into a receipt, read as well as it goes."""
    if data_coding == UCS_2:
        return octets.decode("utf-16-be", "replace")
    # What a receipt is made of is the same in ASCII, Latin-1 and the GSM alphabet.
    return "".join(_printable(octets))


def _printable(octets: bytes) -> Iterator[str]:
    for octet in octets:
        yield chr(octet) if 0x20 <= octet < 0x7F else " "
