"""Phone numbers of any country: whether they exist, are mobile, and how they are dialled (ITU-T E.164)."""

from dataclasses import dataclass

import phonenumbers

_MOBILE = frozenset({phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE})
LONGEST = 15
"""Digits of an E.164 number at most."""


@dataclass(frozen=True, slots=True)
class MobilePhone:
    """A mobile number that can exist: country code with its plus sign, national digits."""

    country_code: str
    national: str

    @property
    def e164(self) -> str:
        return self.country_code + self.national


def parse_mobile(country_code: str, number: str) -> MobilePhone | None:
    """The phone, or None where no such mobile number can exist in that country; ASCII digits only."""
    if not (number.isascii() and number.isdigit() and 4 <= len(number) <= LONGEST):
        return None
    try:
        parsed = phonenumbers.parse(country_code + number, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed) or phonenumbers.number_type(parsed) not in _MOBILE:
        return None
    return MobilePhone(f"+{parsed.country_code}", phonenumbers.national_significant_number(parsed))
