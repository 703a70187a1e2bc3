"""So many per window: counted before the act, per calendar day of the bank or per fixed stretch of time."""

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
