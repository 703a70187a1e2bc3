"""Numbers people are known by: customer numbers, cards and phones, parsed once at the door."""

import re
from dataclasses import dataclass
from unicodedata import normalize

_CUSTOMER = re.compile(r"([0-9]{1,12})(?:-([0-9]{1,2}))?", re.ASCII)
_CARD = re.compile(r"[0-9]{13,19}", re.ASCII)
_PHONE = re.compile(r"(?:\+?52)?([0-9]{10})", re.ASCII)


@dataclass(frozen=True, slots=True)
class CustomerName:
    """How a front end names a customer: a number, and for a company its representative (``15000010-2``)."""

    number: str
    representative: str | None = None

    def __str__(self) -> str:
        return self.number if self.representative is None else f"{self.number}-{self.representative}"


@dataclass(frozen=True, slots=True)
class CardNumber:
    """A Luhn-valid primary account number of 13 to 19 digits (ISO/IEC 7812-1)."""

    digits: str

    def __repr__(self) -> str:
        return f"CardNumber(…{self.digits[-4:]})"


def parse_customer_name(text: str) -> CustomerName | None:
    """``15000010`` or ``15000010-2``; ASCII digits only."""
    match = _CUSTOMER.fullmatch(text)
    return None if match is None else CustomerName(match[1], _without_leading_zero(match[2]))


def parse_card_number(text: str) -> CardNumber | None:
    """13 to 19 ASCII digits whose Luhn check digit is right."""
    return CardNumber(text) if _CARD.fullmatch(text) and luhn_valid(text) else None


def parse_login_name(text: str) -> CustomerName | CardNumber | None:
    """What a person may identify with: the customer number or one of the customer's cards."""
    return parse_customer_name(text) or parse_card_number(text)


def parse_mexican_mobile(text: str) -> str | None:
    """The ten national digits of ``5556093218`` or ``+525556093218``."""
    match = _PHONE.fullmatch(text)
    return None if match is None else match[1]


def luhn_valid(digits: str) -> bool:
    """ISO/IEC 7812-1 annex B."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + position % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def mask_name(name: str) -> str:
    """``ARTURO HERNANDEZ`` → ``A***** H********``: the first letter of each word, then a star per letter."""
    # Composed first: an accent written as a character of its own would show as one letter more.
    return " ".join(word[0] + "*" * (len(word) - 1) for word in normalize("NFC", name).split())


def _without_leading_zero(representative: str | None) -> str | None:
    # Representative "02" and "2" are one person; normalised here once, so that both name one profile.
    return None if representative is None else str(int(representative))
