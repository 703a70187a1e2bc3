"""Commands on the database: made with its keys, brought up to date."""

import os
from datetime import UTC, datetime

import click

from aldaba.cli.desk import Desk, Failed, at_the_desk
from aldaba.settings import Settings
from aldaba.store.sql.opening import is_postgres, sqlite_path
from aldaba.store.sql.postgres.connecting import user_of
from aldaba.store.sql.upgrading import CannotMigrate, schema_of
from aldaba.store.sql.upgrading import migrate as bring_up_to_date
from aldaba.wiring import House
from aldaba.wiring.keys import create_keys, key_chest
from aldaba.wiring.made_for import demand_database_of_this_mode, demand_own


@click.command()
@at_the_desk
def init(desk: Desk) -> None:
    """Create the schema and the keys; what is there already stays."""
    settings = desk.settings()
    made, revision = prepare(settings)
    # Opening the house makes whatever signing and end-to-end key is missing.
    desk.with_house(_opened)
    told = {"keyring": str(settings.keys.file), "keyring_created": made, "schema": revision}
    desk.answer(told, f"Key ring {'created' if made else 'kept'}: {settings.keys.file}\nSchema: {revision}")


@click.command()
@click.option("--check", is_flag=True, help="Change nothing; exit code 1 where there is something to do.")
@at_the_desk
def migrate(desk: Desk, *, check: bool) -> None:
    """Bring the schema up to date; safe while older nodes still run."""
    settings = desk.settings()
    if check:
        schema = schema_of(settings.database.url)
        desk.answer(schema, f"Schema: {schema.current or 'none'}, needed {schema.head}")
        if not schema.fits:
            raise Failed("the schema is behind: run `aldaba migrate`")
        return
    demand_database_of_this_mode(settings)
    revision = _migrated(settings)
    desk.answer({"schema": revision}, f"Schema: {revision}")


def prepare(settings: Settings) -> tuple[bool, str | None]:
    """Key ring and schema for these settings; whether the key ring had to be made, and the revision.

    Raises ``SettingsError``, with nothing touched, where either was made for the other mode.
    """
    demand_own(settings)
    create_keys(settings)
    made = key_chest(settings).create_if_missing(os.urandom, datetime.now(UTC), settings.mode.value)
    return made, _migrated(settings)


def _migrated(settings: Settings) -> str | None:
    return brought_up_to_date(settings.database.url, settings.database.owner_url)


def brought_up_to_date(url: str, owner: str | None) -> str | None:
    """Migrate, on PostgreSQL as the owner of the tables; the revision it has now. Raises ``Failed``."""
    if is_postgres(url):
        try:
            bring_up_to_date(owner or url, user=None if owner is None else user_of(url))
        except CannotMigrate as why:
            raise Failed(str(why)) from None
    else:
        sqlite_path(url).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        bring_up_to_date(url)
    return schema_of(url).current


async def _opened(_: House) -> None:
    return None
