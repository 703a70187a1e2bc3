"""The doctor: looks at everything the house stands on and says what is wrong and what cures it."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import click

from aldaba.backends.keyring_file import KeyringFile
from aldaba.backends.no_delivery import NoDelivery
from aldaba.cli.desk import Desk, Failed, at_the_desk
from aldaba.crypto.keyring import KeyName
from aldaba.domain.refusals import HouseUnavailable
from aldaba.service.key_supply import Purpose
from aldaba.service.ports import KeyPair, KeyPairState, Transaction
from aldaba.settings import Settings, unsafe
from aldaba.store.sql.upgrading import schema_of
from aldaba.wiring import House, open_house

CLOCK_SLACK = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    ok: bool
    found: str
    expected: str
    cure: str = ""


@click.command()
@at_the_desk
def doctor(desk: Desk) -> None:
    """Check configuration, keys, database, sessions, delivery and clock."""
    settings = desk.settings()
    checks = [*_configuration(settings), _keyring(settings), _schema(settings)]
    if all(check.ok for check in checks[-2:]):
        checks += asyncio.run(_inside(settings))
    desk.answer(checks, "\n".join(map(_told, checks)))
    wrong = sum(not check.ok for check in checks)
    if wrong:
        raise Failed(f"{wrong} of {len(checks)} checks found something wrong")


def _told(check: Check) -> str:
    line = f"{'ok   ' if check.ok else 'WRONG'} {check.name}: {check.found}"
    return line if check.ok else f"{line}\n      expected {check.expected}\n      cure: {check.cure}"


def _configuration(settings: Settings) -> Iterator[Check]:
    problems = unsafe(settings)
    for problem in problems:
        yield Check(problem.setting, not problem.fatal, problem.found, problem.expected, problem.cure)
    if not problems:
        yield Check("configuration", ok=True, found=f"mode {settings.mode}, nothing unsafe", expected="safe")


def _keyring(settings: Settings) -> Check:
    expected = "a key of every name, for nobody else to read"
    try:
        ring = KeyringFile(settings.keys.file).keyring()
    except HouseUnavailable as away:
        found = str(away) if settings.keys.file.exists() else f"{settings.keys.file} is not there"
        return Check("keys", ok=False, found=found, expected=expected, cure="aldaba init, or chmod 600")
    missing = [name.value for name in KeyName if name not in ring.keys]
    found = f"missing: {', '.join(missing)}" if missing else f"{len(ring.keys)} names"
    return Check("keys", not missing, found, expected, "Put back the key ring this database was made with.")


def _schema(settings: Settings) -> Check:
    try:
        schema = schema_of(settings.database.url)
    except HouseUnavailable as away:
        found = str(away.__cause__ or away).splitlines()[0]
        return Check("database", ok=False, found=found, expected="a server that answers", cure="database.url")
    found = f"schema {schema.current or 'none'}"
    return Check("database", schema.is_current, found, f"schema {schema.head}", "aldaba migrate")


async def _inside(settings: Settings) -> list[Check]:
    async with open_house(settings) as house:
        customers = await house.store.read(lambda transaction: transaction.customers.count())
        await house.sessions.find("0" * 64, house.clock())
        pairs = await house.store.read(_all_pairs)
        return [
            Check("directory", ok=True, found=f"{customers} customers", expected="readable"),
            Check("sessions", ok=True, found="readable", expected="readable"),
            Check("delivery", ok=True, found=_delivery(house), expected="a way to phones"),
            _key_pairs(pairs),
            _clock(house, pairs),
        ]


def _all_pairs(transaction: Transaction) -> tuple[KeyPair, ...]:
    return tuple(pair for purpose in Purpose for pair in transaction.key_pairs.all(purpose))


def _delivery(house: House) -> str:
    if isinstance(house.delivery, NoDelivery):
        return "no provider: codes and temporary PINs cannot be sent"
    return type(house.delivery).__name__


def _key_pairs(pairs: tuple[KeyPair, ...]) -> Check:
    current = {pair.purpose for pair in pairs if pair.state is KeyPairState.CURRENT}
    missing = [purpose.value for purpose in Purpose if purpose not in current]
    found = f"missing: {', '.join(missing)}" if missing else f"{len(pairs)} key pairs"
    return Check("key pairs", not missing, found, "a current one of each purpose", "aldaba init")


def _clock(house: House, pairs: tuple[KeyPair, ...]) -> Check:
    # The system's time against what this house saw before: a clock set back would revive what expired.
    now = datetime.now(UTC)
    newest = max((pair.created_at for pair in pairs), default=now)
    moved = abs(house.clock() - now) > CLOCK_SLACK
    behind = newest > now + CLOCK_SLACK and not moved
    found = f"{now:%Y-%m-%d %H:%M:%S} UTC" + (" (the sandbox's clock is moved)" if moved else "")
    expected = f"later than {newest:%Y-%m-%d %H:%M:%S} UTC, when the newest key was made"
    return Check("clock", not behind, found, expected, "Set the system clock.")
