"""The doctor: looks at everything the house stands on and says what is wrong and what cures it."""

import asyncio
from collections.abc import Iterator

import click

from aldaba.cli.desk import Desk, Failed, at_the_desk
from aldaba.cli.doctor_house import inside
from aldaba.cli.doctor_machine import machine
from aldaba.cli.doctor_outside import reached
from aldaba.cli.finding import Check, told
from aldaba.crypto.keyring import KeyName
from aldaba.domain.refusals import HouseUnavailable
from aldaba.settings import Settings, unsafe
from aldaba.store.sql.upgrading import schema_of
from aldaba.wiring.keys import key_chest


@click.command()
@at_the_desk
def doctor(desk: Desk) -> None:
    """Check configuration, machine, keys, database, audit, clock, and every system outside."""
    settings = desk.settings()
    checks = [*_configuration(settings), *machine(settings)]
    checks += asyncio.run(reached(settings))
    ready = [_keyring(settings), _schema(settings)]
    checks += ready
    if all(check.ok for check in ready):
        checks += asyncio.run(inside(settings))
    desk.answer(checks, "\n".join(map(told, checks)))
    wrong = sum(not check.ok for check in checks)
    if wrong:
        raise Failed(f"{wrong} of {len(checks)} checks found something wrong")


def _configuration(settings: Settings) -> Iterator[Check]:
    problems = unsafe(settings)
    for problem in problems:
        yield Check(problem.setting, not problem.fatal, problem.found, problem.expected, problem.cure)
    if not problems:
        yield Check("configuration", ok=True, found=f"mode {settings.mode}, nothing unsafe", expected="safe")


def _keyring(settings: Settings) -> Check:
    expected = "a key of every name, for nobody else to read"
    try:
        ring = key_chest(settings).keyring()
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
    return Check("database", schema.fits, found, f"schema {schema.head}", "aldaba migrate")
