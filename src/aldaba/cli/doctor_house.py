"""The doctor looks inside the open house: directory, sessions, keys, clock, audit, outbox."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from aldaba.backends.no_delivery import NoDelivery
from aldaba.cli.finding import Check
from aldaba.crypto.sealing import CannotOpen
from aldaba.service.key_supply import Purpose
from aldaba.service.watching import Figures
from aldaba.settings import Settings
from aldaba.store.sql.audit_sealing import read_head
from aldaba.store.sql.figures import figures, newest_event
from aldaba.wiring import House, open_house

CLOCK_SLACK = timedelta(minutes=2)
ROTATION_SLACK = timedelta(hours=2)
MOST_UNSEALED = 10_000
NOTICE_SLACK = timedelta(hours=1)


async def inside(settings: Settings) -> list[Check]:
    """What an open house shows; keys and schema are known to be good."""
    async with open_house(settings) as house:
        customers = await house.store.read(lambda transaction: transaction.customers.count())
        await house.sessions.find("0" * 64, house.clock())
        seen = await house.store.read(lambda query: figures(query, house.clock()))
        latest = await house.store.read(newest_event)
        live = "on the server of redis.url" if settings.redis.url else f"{seen.sessions_live} live"
        return [
            Check("directory", ok=True, found=f"{customers} customers", expected="readable"),
            Check("sessions", ok=True, found=f"readable, {live}", expected="readable"),
            Check("delivery", ok=True, found=_delivery(house), expected="a way to phones"),
            *_key_pairs(house, seen),
            _clock(house, max([*seen.key_pairs.values(), *([latest] if latest else [])], default=None)),
            await _audit(house, seen),
            _notices(house, seen),
        ]


def _delivery(house: House) -> str:
    if isinstance(house.delivery, NoDelivery):
        return "no provider: codes and temporary PINs cannot be sent"
    return type(house.delivery).__name__


def _key_pairs(house: House, seen: Figures) -> Iterator[Check]:
    missing = [purpose.value for purpose in Purpose if purpose.value not in seen.key_pairs]
    found = f"missing: {', '.join(missing)}" if missing else f"{len(seen.key_pairs)} current"
    yield Check("key pairs", not missing, found, "a current one of each purpose", "aldaba init")
    hours = house.policy.e2e.rotation_hours
    made = seen.key_pairs.get(Purpose.E2E.value)
    if not hours or made is None:
        return
    age = house.clock() - made
    yield Check(
        "key rotation",
        age <= timedelta(hours=hours) + ROTATION_SLACK,
        f"the end-to-end key is {age.total_seconds() / 3600:.0f} hours old",
        f"{hours} hours at most (policy.e2e.rotation_hours)",
        "A running server rotates by itself: look at its log, or run `aldaba keys rotate e2e`.",
    )


def _clock(house: House, newest: datetime | None) -> Check:
    # The system's time against what this house saw before: a clock set back would revive what expired.
    now = datetime.now(UTC)
    newest = newest or now
    moved = abs(house.clock() - now) > CLOCK_SLACK
    behind = newest > now + CLOCK_SLACK and not moved
    found = f"{now:%Y-%m-%d %H:%M:%S} UTC" + (" (the sandbox's clock is moved)" if moved else "")
    expected = f"later than {newest:%Y-%m-%d %H:%M:%S} UTC, the newest time in the database"
    return Check("clock", not behind, found, expected, "Set the system clock.")


async def _audit(house: House, seen: Figures) -> Check:
    expected = f"a chain this house's keys open, fewer than {MOST_UNSEALED} rows not linked"
    cure = "Keep a copy of the database, and run `aldaba audit verify --anchor` with your newest anchor."
    try:
        head = await house.store.read(lambda query: read_head(query.sql, house.vault.keyring()))
    except CannotOpen:
        return Check("audit", ok=False, found="its head was changed", expected=expected, cure=cure)
    found = f"{0 if head is None else head.count} rows linked, {seen.audit_unsealed} not yet"
    return Check(
        "audit", seen.audit_unsealed < MOST_UNSEALED, found, expected, "Start the server: it links them."
    )


def _notices(house: House, seen: Figures) -> Check:
    oldest = seen.oldest_notice
    late = oldest is not None and house.clock() - oldest > NOTICE_SLACK
    found = f"{seen.notices_waiting} waiting" + (f" since {oldest:%Y-%m-%d %H:%M} UTC" if oldest else "")
    cure = "Start the server, or look at its `notice` lines: the way to the customer fails."
    return Check("notices", not late, found, "none due for an hour", cure)
