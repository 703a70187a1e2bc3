"""``aldaba database move``: a bank that outgrew its SQLite file goes to PostgreSQL."""

import asyncio
import os

import click

from aldaba.cli.database import brought_up_to_date
from aldaba.cli.desk import Desk, Failed, at_the_desk
from aldaba.cli.progress import fraction
from aldaba.settings import Settings
from aldaba.store.sql.audit_verification import AuditReport
from aldaba.store.sql.moving import CannotMove, moving
from aldaba.store.sql.opening import is_postgres, open_store, sqlite_path
from aldaba.store.sql.upgrading import schema_of
from aldaba.wiring import real_time
from aldaba.wiring.keys import key_chest
from aldaba.wiring.proving import proved_on


@click.group()
def database() -> None:
    """The database as a whole."""


@database.command()
@click.option(
    "--to", "target", help="postgresql://USER@HOST/DATABASE; default: the environment's ALDABA_MOVE_TO."
)
@at_the_desk
def move(desk: Desk, target: str | None) -> None:
    """Move everything from the SQLite file to an empty PostgreSQL database, and compare it row by row.

    Stop the server first. A move that was interrupted goes on where it was when it is started again. With
    database.owner_url set, its user makes the tables and the one in --to is granted what a server needs.
    """
    settings = desk.settings()
    chosen = target or os.environ.get("ALDABA_MOVE_TO", "")
    _demand_sides(settings, chosen)
    brought_up_to_date(chosen, settings.database.owner_url)
    try:
        rows = _moved(settings, settings.database.owner_url or chosen)
    except CannotMove as why:
        raise Failed(str(why)) from None
    report = _verified(settings, chosen)
    desk.answer({"rows": rows, "audit_intact": report.intact}, f"{rows} rows moved and compared")
    if not report.intact:
        raise Failed("the audit is damaged, in the file as well: `aldaba audit verify` says where")
    if not desk.as_json:
        click.echo("Set database.url to the new database, then `aldaba doctor` and `aldaba serve`.")


def _demand_sides(settings: Settings, target: str) -> None:
    source = settings.database.url
    if is_postgres(source):
        raise Failed("database.url is PostgreSQL already; it names the file to move from")
    if not is_postgres(target):
        raise Failed("--to: expected postgresql://USER@HOST/DATABASE")
    schema = schema_of(source)
    if not schema.is_current:
        raise Failed(f"the file has schema {schema.current or 'none'}: run `aldaba migrate` first")


def _moved(settings: Settings, target: str) -> int:
    with moving(sqlite_path(settings.database.url), target) as move:
        move.begin()
        with fraction("rows copied and compared", 2 * move.rows) as told:
            done = 0

            def progress(more: int) -> None:
                nonlocal done
                done += more
                told(done)

            move.copy(progress)
            move.compare(progress)
        move.finish()
        return move.rows


def _verified(settings: Settings, target: str) -> AuditReport:
    vault = key_chest(settings)
    store = open_store(target, vault.keyring, real_time, os.urandom, connections=1)
    try:
        return asyncio.run(proved_on(store, settings, vault, real_time)).audit
    finally:
        store.close()
