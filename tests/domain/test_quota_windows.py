"""Windows of counters: the bank's day turns at its own midnight, stretches at fixed moments."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies
from tests.domain.samples import MEXICO_CITY, SECOND, TIJUANA, quick

from aldaba.domain.quotas import bank_day, sliding, stretch

moments = strategies.datetimes(
    datetime(2026, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    datetime(2030, 12, 31),  # noqa: DTZ001 - the same
    timezones=strategies.just(UTC),
)
zones = strategies.sampled_from([MEXICO_CITY, TIJUANA, ZoneInfo("America/Havana"), ZoneInfo("UTC")])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "day", "ends"),
    [
        ("2026-03-10T05:59:59", "2026-03-09", "2026-03-10T06:00:00"),
        ("2026-03-10T06:00:00", "2026-03-10", "2026-03-11T06:00:00"),
        ("2026-03-11T00:00:00", "2026-03-10", "2026-03-11T06:00:00"),
        ("2026-07-10T05:59:59", "2026-07-09", "2026-07-10T06:00:00"),
        ("2027-01-01T05:59:59", "2026-12-31", "2027-01-01T06:00:00"),
    ],
)
def test_a_bank_day_turns_at_midnight_in_mexico_city(now: str, day: str, ends: str) -> None:
    window = bank_day("otp", "15000010", at(now), MEXICO_CITY)
    assert (window.name, window.ends_at) == (f"otp/15000010/{day}", at(ends))


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-07", 24), ("2026-03-08", 23), ("2026-11-01", 25), ("2026-11-02", 24)]
)
def test_a_bank_day_has_the_hours_of_its_zone(day: str, hours: int) -> None:
    midnight = datetime.fromisoformat(day).replace(tzinfo=TIJUANA).astimezone(UTC)
    assert bank_day("otp", "x", midnight, TIJUANA).ends_at - midnight == timedelta(hours=hours)


@quick
@given(moments, zones)
def test_bank_days_follow_each_other_without_gap(now: datetime, zone: ZoneInfo) -> None:
    window = bank_day("otp", "x", now, zone)
    assert now < window.ends_at <= now + timedelta(hours=25)
    assert bank_day("otp", "x", max(now, window.ends_at - SECOND), zone) == window
    assert bank_day("otp", "x", window.ends_at, zone).name != window.name


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        ("2026-03-10T05:00:00", "2026-03-10T06:00:00"),
        ("2026-03-10T05:59:59.999999", "2026-03-10T06:00:00"),
        ("2026-03-10T06:00:00", "2026-03-10T07:00:00"),
    ],
)
def test_a_stretch_of_an_hour_is_an_hour_of_the_clock(now: str, ends: str) -> None:
    assert stretch("sessions", "app", at(now), 3600).ends_at == at(ends)


@quick
@given(moments, strategies.sampled_from([1, 30, 600, 3600, 86_400]))
def test_stretches_follow_each_other_without_gap(now: datetime, seconds: int) -> None:
    window = stretch("sessions", "app", now, seconds)
    assert now < window.ends_at <= now + timedelta(seconds=seconds)
    assert stretch("sessions", "app", window.ends_at - timedelta(microseconds=1), seconds) == window
    following = stretch("sessions", "app", window.ends_at, seconds)
    assert following.name != window.name
    assert following.ends_at == window.ends_at + timedelta(seconds=seconds)


def test_counters_of_other_kinds_people_and_lengths_are_others() -> None:
    now = at("2026-03-10T12:00:00")
    names = {
        bank_day("otp", "15000010", now, MEXICO_CITY).name,
        bank_day("otp", "15000011", now, MEXICO_CITY).name,
        bank_day("card", "15000010", now, MEXICO_CITY).name,
        stretch("otp", "15000010", now, 600).name,
        stretch("otp", "15000010", now, 3600).name,
    }
    assert len(names) == 5


@given(moments, strategies.integers(1, 86_400))
@quick
def test_a_sliding_window_is_what_is_inside_of_two_stretches(now: datetime, seconds: int) -> None:
    window = sliding("a", "b", now, seconds)
    later = sliding("a", "b", now + timedelta(seconds=seconds), seconds)
    assert later.before == window.present
    assert 0 < window.inside <= 1
    assert window.figure(3, 0) == 3
    assert window.figure(3, 4) == 3 + 4 * window.inside
    assert now + timedelta(seconds=seconds) < window.kept_until <= now + timedelta(seconds=2 * seconds)
