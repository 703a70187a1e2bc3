"""Whether keys and database were made for this mode: a sandbox and a production house never share either."""

from aldaba.sandbox.opening import OPENED
from aldaba.service.key_supply import Purpose
from aldaba.service.ports import Store, Transaction
from aldaba.settings import Mode, Settings, SettingsError
from aldaba.store.sql.upgrading import house_value
from aldaba.wiring.keys import key_chest

MARK = "made for"
CURES = {
    Mode.SANDBOX: "Give the sandbox a folder of its own: data, or database.url and keys.file.",
    Mode.PRODUCTION: (
        "Run `aldaba init` with a fresh data folder, or serve this one with --sandbox: anybody knows the"
        " sandbox's customers."
    ),
}


def demand_own(settings: Settings) -> None:
    """Key ring and database, before anything is made or migrated. Raises as the two below."""
    demand_keys_of_this_mode(settings)
    demand_database_of_this_mode(settings)


def demand_keys_of_this_mode(settings: Settings) -> None:
    """Raises ``SettingsError`` where the key ring is the other mode's, ``HouseUnavailable`` for a bad one."""
    if settings.keys.file.exists():
        _demand(settings, "keys.file", "a key ring", key_chest(settings).keyring().made_for)


def demand_database_of_this_mode(settings: Settings) -> None:
    """Looks before anything is migrated. Raises ``SettingsError`` where the database is the other mode's."""
    # Where the tables belong to another user, the server's own may not be granted anything yet.
    url = settings.database.owner_url or settings.database.url
    made_for = house_value(url, MARK) or ("sandbox" if house_value(url, OPENED) else "")
    _demand(settings, "database.url", "a database", made_for)


async def mark_database(settings: Settings, store: Store) -> None:
    """Mark a database that does not say for which mode it was made. Raises ``SettingsError`` as above.

    One that has keys but neither a mark nor the ready-made bank is taken for a production one.
    """
    made_for = await store.read(_made_for)
    if made_for is None:
        fresh = await store.read(lambda query: not any(query.key_pairs.all(purpose) for purpose in Purpose))
        made_for = settings.mode.value if fresh else Mode.PRODUCTION.value
    _demand(settings, "database.url", "a database", made_for)
    await store.run(lambda act: act.house.put(MARK, made_for))


def _made_for(query: Transaction) -> str | None:
    return query.house.get(MARK) or (Mode.SANDBOX.value if query.house.get(OPENED) else None)


def _demand(settings: Settings, setting: str, what: str, made_for: str) -> None:
    if made_for not in {"", settings.mode.value}:
        mode = settings.mode
        raise SettingsError(setting, f"{what} made for {made_for}", f"one made for {mode}", CURES[mode])
