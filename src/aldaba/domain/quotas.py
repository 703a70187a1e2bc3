"""So many per window: counted before the act, per day of the bank, per fixed stretch of time, or sliding."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Window:
    """A counter's name and the moment it is forgotten."""

    name: str
    ends_at: datetime


def bank_day(kind: str, of: str, now: datetime, zone: ZoneInfo) -> Window:
    """A counter that turns at midnight in the bank's time zone."""
    local = now.astimezone(zone)
    midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return Window(f"{kind}/{of}/{local:%Y-%m-%d}", midnight.astimezone(now.tzinfo))


def stretch(kind: str, of: str, now: datetime, seconds: int) -> Window:
    """A counter over fixed stretches of so many seconds."""
    number = int(now.timestamp()) // seconds
    end = datetime.fromtimestamp((number + 1) * seconds, tz=now.tzinfo)
    return Window(f"{kind}/{of}/{seconds}/{number}", end)


@dataclass(frozen=True, slots=True)
class Sliding:
    """The last so many seconds, kept as the counts of two stretches: the present one and the one before.

    ``series`` names the counters, ``number`` the present stretch, ``kept_until`` the moment from which
    neither is asked for any more, ``inside`` the part of the stretch before that still lies in the window.
    """

    series: str
    number: int
    kept_until: datetime
    inside: float

    @property
    def present(self) -> str:
        return f"{self.series}/{self.number}"

    @property
    def before(self) -> str:
        return f"{self.series}/{self.number - 1}"

    def figure(self, present: int, before: int) -> float:
        """What is taken to lie in the window, if the stretch before was filled evenly."""
        return present + before * self.inside


def sliding(kind: str, of: str, now: datetime, seconds: int) -> Sliding:
    """A counter of the last so many seconds: no boundary between two stretches lets twice as many pass."""
    number, passed = divmod(now.timestamp(), seconds)
    kept_until = datetime.fromtimestamp((int(number) + 2) * seconds, tz=now.tzinfo)
    return Sliding(f"{kind}/{of}/{seconds}", int(number), kept_until, 1 - passed / seconds)
