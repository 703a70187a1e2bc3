"""Builds the house from settings: the one file that knows everybody. Opens it, and closes it."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import make_url

from aldaba import contract
from aldaba.api.app import Check, Door, Surroundings
from aldaba.api.oauth import OAuth
from aldaba.api.pipeline import House as PipelineHouse
from aldaba.api.refusals import Refusals
from aldaba.backends.blocklist import common_secrets
from aldaba.backends.hashing import ThreadedHasher
from aldaba.backends.keyring_file import KeyringFile
from aldaba.crypto.passwords import HashParameters
from aldaba.crypto.session_keys import Profile
from aldaba.domain.policy import Policy
from aldaba.observability import RequestLog
from aldaba.pages.assets import asset_routes
from aldaba.portal.routes import Portal
from aldaba.sandbox.clock import SandboxClock
from aldaba.sandbox.faults import Faults, FaultyVault
from aldaba.sandbox.opening import Sandbox
from aldaba.sandbox.routes import recipes as error_recipes
from aldaba.service.administration import Administration
from aldaba.service.applications import Applications
from aldaba.service.arrivals import Arrivals
from aldaba.service.customer_import import CustomerImport
from aldaba.service.end_to_end import EndToEnd, nobody_listens
from aldaba.service.introspection import Introspection
from aldaba.service.key_supply import KeySupply
from aldaba.service.notices import Notices
from aldaba.service.ports import (
    Clock,
    Delivery,
    Directory,
    Hasher,
    KeyVault,
)
from aldaba.service.texts import Texts
from aldaba.service.throttle import AddressThrottle
from aldaba.service.token_administration import TokenAdministration
from aldaba.settings import Mode, Settings, SettingsError
from aldaba.store.sql.audit_desk import AuditDesk
from aldaba.store.sql.engine import SqliteStore
from aldaba.store.sql.sessions import SqlSessions
from aldaba.wiring.backends import Backends, backends
from aldaba.wiring.background import Work, at_work
from aldaba.wiring.parts import Parts
from aldaba.wiring.rooms import rooms
from aldaba.wiring.trying import opened, switched

SANDBOX_HEADERS = {"Aldaba-Sandbox": "true"}
NOTICES = ("locked", "token-locked", "unlocked", "new-credential", "new-device", "subject")
NOTICE_SECONDS = 1.0
SANDBOX_NOTICE_SECONDS = 0.2
SEALING_SECONDS = 0.5
ROTATION_SECONDS = 1.0
SWEEPING_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class House:
    """The house as the command line and the server's start see it; its parts are free of sandbox faults."""

    settings: Settings
    store: SqliteStore
    sessions: SqlSessions
    parts: Parts
    outside: Backends
    administration: Administration
    customer_import: CustomerImport
    tokens: TokenAdministration
    sandbox: Sandbox | None
    notices: Notices
    audit: AuditDesk
    log: RequestLog
    door: Door

    @property
    def policy(self) -> Policy:
        return self.parts.policy

    @property
    def clock(self) -> Clock:
        return self.parts.clock

    @property
    def vault(self) -> KeyVault:
        return self.parts.vault

    @property
    def supply(self) -> KeySupply:
        return self.parts.supply

    @property
    def delivery(self) -> Delivery:
        return self.parts.delivery

    @property
    def directory(self) -> Directory:
        return self.parts.directory

    @property
    def hasher(self) -> Hasher:
        return self.parts.hasher

    @property
    def blocklist(self) -> frozenset[str]:
        return self.parts.blocklist


def real_time() -> datetime:
    """The operating system's clock, aware and UTC."""
    return datetime.now(UTC)


def database_path(settings: Settings) -> Path:
    """The SQLite file that ``database.url`` names."""
    return Path(make_url(settings.database.url).database or "")


@asynccontextmanager
async def open_house(settings: Settings, *, with_server: bool = False) -> AsyncIterator[House]:
    """The whole house, on a database whose schema is current and a keyring that exists (``aldaba init``).

    ``with_server`` also starts a server's background work: sealing the audit, rotating keys, sweeping.
    """
    clock: Clock = SandboxClock(real_time) if settings.mode is Mode.SANDBOX else real_time
    vault = KeyringFile(settings.keys.file)
    hashing = settings.policy.hash
    hasher = ThreadedHasher(HashParameters(hashing.memory_kib, hashing.passes), threads=os.cpu_count() or 1)
    store = SqliteStore(database_path(settings), vault.keyring, clock, os.urandom)
    try:
        if isinstance(clock, SandboxClock):
            await clock.load(store)
        house = await _built(settings, clock, store, vault, hasher)
        try:
            async with at_work(_work(house) if with_server else [], house.log):
                yield house
        finally:
            await house.outside.close()
    finally:
        hasher.close()
        store.close()


async def _built(
    settings: Settings, clock: Clock, store: SqliteStore, vault: KeyringFile, hasher: ThreadedHasher
) -> House:
    policy, random_bytes, blocklist, log = settings.policy, os.urandom, common_secrets(), RequestLog()
    sessions = SqlSessions(store, policy.session)
    faults = Faults()
    # The fault `keys` must reach supply and backends too; outside a sandbox nobody can switch it on.
    guarded = FaultyVault(vault, faults)
    outside = await backends(settings, store, guarded, vault, hasher, clock, random_bytes, log)
    supply = KeySupply(store, guarded, policy, clock, random_bytes)
    await supply.prepare()
    _demand_hidden_padding(settings, supply)
    parts = Parts(
        settings=settings,
        clock=clock,
        store=store,
        sessions=sessions,
        vault=vault,
        directory=outside.directory,
        risk=outside.risk,
        hasher=hasher,
        supply=supply,
        blocklist=blocklist,
        cards=outside.cards,
        delivery=outside.delivery,
        vendor_keys=outside.vendor_keys,
        texts=_texts(settings),
        diagnose=nobody_listens,
    )
    importing = CustomerImport(store, vault, hasher, policy, clock, random_bytes, blocklist)
    tokens = TokenAdministration(store, vault, policy, clock, random_bytes)
    sandbox = None
    if isinstance(clock, SandboxClock):
        sandbox = await opened(parts, importing, tokens, outside.vendor, clock, faults)
    served = parts if sandbox is None else switched(parts, sandbox)
    return House(
        settings=settings,
        store=store,
        sessions=sessions,
        parts=parts,
        outside=outside,
        administration=Administration(
            store,
            outside.directory,
            vault,
            hasher,
            outside.delivery,
            policy,
            clock,
            random_bytes,
            blocklist,
        ),
        customer_import=importing,
        tokens=tokens,
        sandbox=sandbox,
        notices=_notices(parts, outside, log),
        audit=AuditDesk(store, vault.keyring, clock, random_bytes, supply, policy.audit.checkpoint_events),
        log=log,
        door=_door(served, log, sandbox),
    )


def _demand_hidden_padding(settings: Settings, supply: KeySupply) -> None:
    if Profile.PORTAL in settings.e2e.profiles and not supply.hides_wrong_padding():
        expected, cure = "OpenSSL 3.2 or newer", "Serve bound-1 alone, or renew the cryptography package."
        raise SettingsError("e2e.profiles", "portal on an older OpenSSL", expected, cure)


def _notices(parts: Parts, outside: Backends, log: RequestLog) -> Notices:
    texts = {kind: parts.texts.notice(kind) for kind in NOTICES}
    return Notices(
        parts.store,
        parts.directory,
        parts.delivery,
        outside.email,
        parts.vault,
        parts.policy,
        texts,
        lambda report: log.notice("notice", kind=report.kind, outcome=report.outcome, attempt=report.attempt),
    )


def _texts(settings: Settings) -> Texts:
    host = urlsplit(settings.server.public_url).hostname or ""

    def wording(code: str, language: str) -> str:
        return contract.load().text(code, "en" if language == "en" else "es")

    return Texts(wording, host)


def _door(parts: Parts, log: RequestLog, sandbox: Sandbox | None) -> Door:
    wire, settings = contract.load(), parts.settings
    applications = Applications(
        parts.store, parts.supply, parts.policy, settings.oauth.issuer, parts.clock, os.urandom
    )
    profiles = frozenset(Profile(name) for name in settings.e2e.profiles)
    end_to_end = EndToEnd(
        parts.store,
        parts.sessions,
        parts.vault,
        parts.supply,
        parts.policy,
        profiles,
        os.urandom,
        parts.diagnose,
    )
    pipeline = PipelineHouse(
        contract=wire,
        applications=applications,
        arrivals=Arrivals(parts.store, parts.sessions, parts.policy, parts.clock, os.urandom),
        end_to_end=end_to_end,
        refusals=Refusals(wire, settings.server.public_url),
        clock=parts.clock,
        log=log,
        throttle=AddressThrottle(parts.store, parts.policy),
        address_header=settings.server.client_address_header,
    )
    checks: dict[str, Check] = {
        "database": lambda: parts.store.read(lambda query: query.house.get("")),
        "keys": parts.supply.check,
    }
    introspection = Introspection(parts.sessions, parts.policy, parts.clock)
    served = rooms(parts, end_to_end)
    recipes = None if sandbox is None else error_recipes()
    portal = Portal(wire, settings.server.public_url, recipes=recipes, served=frozenset(served))
    assets = asset_routes("aldaba.pages", "/assets")
    routes = [] if sandbox is None else sandbox.routes(settings.sandbox.allow_from)
    return Door(
        pipeline,
        served,
        OAuth(applications, parts.supply, introspection),
        Surroundings([*assets, *portal.routes(), *routes], checks, _headers(settings, sandbox)),
    )


def _headers(settings: Settings, sandbox: Sandbox | None) -> dict[str, str]:
    """Those on every answer; browsers that were here by https come back by nothing else for a year."""
    secure = settings.server.public_url.startswith("https://")
    strict = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
    return {**(strict if secure else {}), **({} if sandbox is None else SANDBOX_HEADERS)}


def _work(house: House) -> list[Work]:
    notice_seconds = NOTICE_SECONDS if house.sandbox is None else SANDBOX_NOTICE_SECONDS
    return [
        (SEALING_SECONDS, house.audit.seal),
        (ROTATION_SECONDS, house.supply.rotate_if_due),
        (SWEEPING_SECONDS, lambda: house.sessions.sweep(house.clock())),
        (notice_seconds, lambda: house.notices.work_once(house.clock())),
    ]
