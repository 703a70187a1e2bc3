"""A phone certified by a code with no customer behind it: account opening."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from aldaba.domain.otp import OneTimeCode


@dataclass(frozen=True, slots=True)
class Certification:
    """The phone a code went to and, once the code proved right, since when it is certified."""

    country_code: str = ""
    number: str = ""
    code: OneTimeCode | None = None
    certified_at: datetime | None = None

    def outstanding(self, now: datetime) -> bool:
        return self.certified_at is None and self.code is not None and self.code.alive(now)

    def certified(self, now: datetime, minutes: int) -> bool:
        """Certified, and not too long ago to rely on."""
        return self.certified_at is not None and now < self.certified_at + timedelta(minutes=minutes)
