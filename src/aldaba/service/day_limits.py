"""Limits that hold over sessions, applications and channels: so many a calendar day of the bank."""

from datetime import datetime

from aldaba.domain.policy import Policy
from aldaba.domain.quotas import bank_day
from aldaba.service.ports import Transaction


class DayLimits:
    """Counts inside an act, before the secret is looked at; what was right or our fault is given back."""

    def __init__(self, policy: Policy) -> None:
        self._zone = policy.zone

    def reserve(self, act: Transaction, kind: str, of: str, limit: int, now: datetime) -> bool:
        """Count one; False, and nothing counted, when the day's limit is reached."""
        window = bank_day(kind, of, now, self._zone)
        if act.quotas.count(window.name, window.ends_at, now) <= limit:
            return True
        act.quotas.count(window.name, window.ends_at, now, by=-1)
        return False

    def begin_anew(self, act: Transaction, kind: str, of: str, now: datetime) -> None:
        """Forget what was counted today."""
        window = bank_day(kind, of, now, self._zone)
        figure = act.quotas.figure(window.name, now)
        if figure:
            act.quotas.count(window.name, window.ends_at, now, by=-figure)

    def give_back(self, act: Transaction, kind: str, of: str, now: datetime) -> None:
        window = bank_day(kind, of, now, self._zone)
        if act.quotas.figure(window.name, now) > 0:
            act.quotas.count(window.name, window.ends_at, now, by=-1)
