"""Builds the house from settings: the one file that knows everybody. Opens it, and closes it."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import make_url
from starlette.routing import Route

from aldaba import contract
from aldaba.api.app import Check, Door, Surroundings
from aldaba.api.oauth import OAuth
from aldaba.api.pipeline import House as PipelineHouse
from aldaba.api.refusals import Refusals
from aldaba.backends.blocklist import common_secrets
from aldaba.backends.core_cards import EmbeddedCards
from aldaba.backends.embedded_directory import EmbeddedDirectory
from aldaba.backends.hashing import ThreadedHasher
from aldaba.backends.keyring_file import KeyringFile
from aldaba.backends.no_delivery import NoDelivery
from aldaba.backends.risk import FixedRisk
from aldaba.crypto.passwords import HashParameters
from aldaba.crypto.session_keys import Profile
from aldaba.domain.policy import Policy
from aldaba.observability import RequestLog
from aldaba.portal.routes import Portal
from aldaba.sandbox.bank import Bank
from aldaba.sandbox.clock import SandboxClock
from aldaba.sandbox.delivery import SandboxDelivery
from aldaba.sandbox.faults import (
    FaultyCards,
    FaultyDelivery,
    FaultyDirectory,
    FaultyRisk,
    FaultySessions,
    FaultyStore,
    FaultyVault,
)
from aldaba.sandbox.opening import Sandbox
from aldaba.sandbox.routes import recipes as error_recipes
from aldaba.service.administration import Administration
from aldaba.service.applications import Applications
from aldaba.service.arrivals import Arrivals
from aldaba.service.customer_import import CustomerImport
from aldaba.service.end_to_end import EndToEnd, nobody_listens
from aldaba.service.introspection import Introspection
from aldaba.service.key_supply import KeySupply
from aldaba.service.ports import (
    Clock,
    Delivery,
    Directory,
    RandomBytes,
    Verdict,
)
from aldaba.service.texts import Texts
from aldaba.settings import Mode, Settings
from aldaba.store.sql.audit_desk import AuditDesk
from aldaba.store.sql.engine import SqliteStore
from aldaba.store.sql.sessions import SqlSessions
from aldaba.wiring.background import Work, at_work
from aldaba.wiring.parts import Parts
from aldaba.wiring.rooms import rooms

SEALING_SECONDS = 0.5
ROTATION_SECONDS = 1.0
SWEEPING_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class House:
    """The house as the command line and the server's start see it; its ports are free of sandbox faults."""

    settings: Settings
    policy: Policy
    store: SqliteStore
    sessions: SqlSessions
    vault: KeyringFile
    hasher: ThreadedHasher
    directory: Directory
    delivery: Delivery
    clock: Clock
    random_bytes: RandomBytes
    blocklist: frozenset[str]
    supply: KeySupply
    administration: Administration
    customer_import: CustomerImport
    audit: AuditDesk
    log: RequestLog
    door: Door


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
        async with at_work(_work(house) if with_server else [], house.log):
            yield house
    finally:
        hasher.close()
        store.close()


async def _built(
    settings: Settings, clock: Clock, store: SqliteStore, vault: KeyringFile, hasher: ThreadedHasher
) -> House:
    policy, random_bytes, blocklist, log = settings.policy, os.urandom, common_secrets(), RequestLog()
    sessions = SqlSessions(store, vault.keyring, random_bytes, policy.session)
    directory = EmbeddedDirectory(store, vault.keyring)
    importing = CustomerImport(store, vault, hasher, policy, clock, random_bytes, blocklist)
    supply = KeySupply(store, vault, policy, clock, random_bytes)
    await supply.prepare()
    risk = FixedRisk(Verdict.ALLOW)
    delivery: Delivery = SandboxDelivery(store, clock) if isinstance(clock, SandboxClock) else NoDelivery()
    parts = Parts(
        settings,
        clock,
        store,
        sessions,
        vault,
        directory,
        risk,
        hasher,
        supply,
        blocklist,
        EmbeddedCards(hasher, vault),
        delivery,
        _texts(settings),
        nobody_listens,
    )
    routes: list[Route] = []
    recipes, headers = None, {}
    if isinstance(clock, SandboxClock):
        sandbox = Sandbox(Bank(vault.keyring, policy, clock), importing, store, clock)
        await sandbox.open()
        routes, recipes = sandbox.routes(settings.sandbox.allow_from), error_recipes()
        headers = {"Aldaba-Sandbox": "true"}
        parts = _switched(parts, sandbox)
    return House(
        settings=settings,
        policy=policy,
        store=store,
        sessions=sessions,
        vault=vault,
        hasher=hasher,
        directory=directory,
        delivery=delivery,
        clock=clock,
        random_bytes=random_bytes,
        blocklist=blocklist,
        supply=supply,
        administration=Administration(
            store, sessions, vault, hasher, delivery, policy, clock, random_bytes, blocklist
        ),
        customer_import=importing,
        audit=AuditDesk(store, vault.keyring, clock, random_bytes, supply, policy.audit.checkpoint_events),
        log=log,
        door=_door(parts, log, routes, headers, recipes),
    )


def _texts(settings: Settings) -> Texts:
    host = urlsplit(settings.server.public_url).hostname or ""

    def wording(code: str, language: str) -> str:
        return contract.load().text(code, "en" if language == "en" else "es")

    return Texts(wording, host)


def _switched(parts: Parts, sandbox: Sandbox) -> Parts:
    """The same parts behind the sandbox's fault switches."""
    faults = sandbox.faults
    return replace(
        parts,
        store=FaultyStore(parts.store, faults),
        sessions=FaultySessions(parts.sessions, faults),
        vault=FaultyVault(parts.vault, faults),
        directory=FaultyDirectory(parts.directory, faults),
        risk=FaultyRisk(parts.risk, faults, parts.settings.risk.when_away),
        cards=FaultyCards(parts.cards, faults),
        delivery=FaultyDelivery(parts.delivery, faults),
        diagnose=sandbox.diagnoses.note,
    )


def _door(
    parts: Parts,
    log: RequestLog,
    routes: list[Route],
    headers: dict[str, str],
    recipes: list[dict[str, Any]] | None,
) -> Door:
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
        address_header=settings.server.client_address_header,
    )
    checks: dict[str, Check] = {
        "database": lambda: parts.store.read(lambda query: query.house.get("")),
        "keys": parts.supply.check,
    }
    introspection = Introspection(parts.sessions, parts.policy, parts.clock)
    served = rooms(parts, end_to_end)
    portal = Portal(wire, settings.server.public_url, recipes=recipes, served=frozenset(served))
    return Door(
        pipeline,
        served,
        OAuth(applications, parts.supply, introspection),
        Surroundings([*portal.routes(), *routes], checks, headers),
    )


def _work(house: House) -> list[Work]:
    return [
        (SEALING_SECONDS, house.audit.seal),
        (ROTATION_SECONDS, house.supply.rotate_if_due),
        (SWEEPING_SECONDS, lambda: house.sessions.sweep(house.clock())),
    ]
