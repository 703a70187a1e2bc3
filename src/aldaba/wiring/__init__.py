"""Builds the house from settings: the one file that knows everybody. Opens it, and closes it."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from aldaba.admin.listener import AdminListener
from aldaba.api.app import Door
from aldaba.backends.blocklist import common_secrets
from aldaba.backends.hashing import ThreadedHasher
from aldaba.crypto.passwords import HashParameters
from aldaba.crypto.session_keys import Profile
from aldaba.domain.policy import Policy
from aldaba.observability import RequestLog
from aldaba.sandbox.clock import SandboxClock
from aldaba.sandbox.faults import Faults, FaultyVault
from aldaba.sandbox.opening import Sandbox
from aldaba.service.administration import Administration
from aldaba.service.customer_import import CustomerImport
from aldaba.service.key_administration import KeyAdministration
from aldaba.service.key_ports import KeyChest
from aldaba.service.key_supply import KeySupply
from aldaba.service.notices import Notices
from aldaba.service.ports import (
    Clock,
    Delivery,
    Directory,
    Hasher,
    KeyVault,
    Sessions,
)
from aldaba.service.token_administration import TokenAdministration
from aldaba.settings import Mode, Settings, SettingsError
from aldaba.store.sql.audit_desk import AuditDesk
from aldaba.store.sql.opening import open_store
from aldaba.store.sql.redigesting import Redigester
from aldaba.store.sql.resealing import Resealer
from aldaba.store.sql.store import SqlStore
from aldaba.wiring.audit import SendingAudit, audit_outbox
from aldaba.wiring.backends import Backends, backends
from aldaba.wiring.background import Work, at_work
from aldaba.wiring.desks import (
    ROTATION_SECONDS,
    administration,
    audit_desk,
    key_administration,
    notices,
    redigester,
)
from aldaba.wiring.door import door, texts
from aldaba.wiring.keys import key_chest
from aldaba.wiring.made_for import demand_keys_of_this_mode, mark_database
from aldaba.wiring.operators import Operators, admin_listener, operators
from aldaba.wiring.parts import Parts
from aldaba.wiring.short_lived import ShortLived, short_lived
from aldaba.wiring.trying import opened, switched
from aldaba.wiring.watching import Watched, watching

NOTICE_SECONDS = 1.0
SANDBOX_NOTICE_SECONDS = 0.2
SEALING_SECONDS = 0.5
SANDBOX_SECONDS = 0.2
SENDING_SECONDS = 0.5
SWEEPING_SECONDS = 30.0
DIGESTING_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class House:
    """The house as the command line and the server's start see it; its parts are free of sandbox faults."""

    settings: Settings
    store: SqlStore
    beside: ShortLived
    parts: Parts
    outside: Backends
    administration: Administration
    customer_import: CustomerImport
    tokens: TokenAdministration
    sandbox: Sandbox | None
    notices: Notices
    audit: AuditDesk
    keys: KeyAdministration
    resealer: Resealer
    redigester: Redigester
    outbox: SendingAudit | None
    log: RequestLog
    door: Door
    watched: Watched
    operators: Operators
    admin: AdminListener

    @property
    def policy(self) -> Policy:
        return self.parts.policy

    @property
    def sessions(self) -> Sessions:
        return self.beside.sessions

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


@asynccontextmanager
async def open_house(
    settings: Settings, *, with_server: bool = False, real: Clock = real_time
) -> AsyncIterator[House]:
    """The whole house, on a database whose schema is current and a keyring that exists (``aldaba init``).

    ``with_server`` also starts a server's background work: sealing the audit, rotating keys, sweeping.
    ``real`` tells customers' time; two houses that share one agree to the microsecond.
    """
    clock: Clock = SandboxClock(real) if settings.mode is Mode.SANDBOX else real
    vault = key_chest(settings)
    hashing = settings.policy.hash
    watched = watching()
    watch = watched.watch
    parameters = HashParameters(hashing.memory_kib, hashing.passes)
    threads, most = os.cpu_count() or 1, settings.policy.throttle.in_flight
    hasher = ThreadedHasher(parameters, threads, watch, waiting=most if with_server else None)
    database = settings.database
    store = open_store(
        database.url, vault.keyring, clock, os.urandom, connections=database.connections, watch=watch
    )
    try:
        demand_keys_of_this_mode(settings)
        await mark_database(settings, store)
        if isinstance(clock, SandboxClock):
            await clock.load(store)
        house = await _built(settings, clock, store, vault, hasher, watched)
        try:
            async with at_work(_work(house) if with_server else [], house.log):
                yield house
        finally:
            await house.outside.close()
            await house.beside.close()
            if house.outbox is not None:
                await house.outbox.close()
    finally:
        hasher.close()
        store.close()
        await watched.close()


async def _built(
    settings: Settings,
    clock: Clock,
    store: SqlStore,
    vault: KeyChest,
    hasher: ThreadedHasher,
    watched: Watched,
) -> House:
    policy, random_bytes, log = settings.policy, os.urandom, watched.log
    beside = short_lived(settings, store, vault.keyring, clock, random_bytes)
    faults = Faults()
    # The fault `keys` must reach supply and backends too; outside a sandbox nobody can switch it on.
    guarded = FaultyVault(vault, faults)
    outside = await backends(settings, store, guarded, vault, hasher, clock, random_bytes, log, watched)
    supply = KeySupply(store, guarded, policy, clock, random_bytes)
    await supply.prepare()
    _demand_hidden_padding(settings, supply)
    parts = _parts(settings, clock, beside, vault, hasher, supply, outside, watched)
    importing = CustomerImport(store, vault, hasher, policy, clock, random_bytes, parts.blocklist)
    tokens = TokenAdministration(store, vault, policy, clock, random_bytes)
    sandbox = None
    if isinstance(clock, SandboxClock):
        sandbox = await opened(parts, importing, tokens, outside.vendor, clock, faults)
    resealer = Resealer(store, vault.keyring, random_bytes)
    desk = administration(parts)
    keys = key_administration(parts, vault, resealer)
    people = operators(parts, desk, tokens, keys, real_time, watched.counts)
    served = parts if sandbox is None else switched(parts, sandbox)
    watched.look_at(settings, store, hasher, clock)
    return House(
        settings=settings,
        store=store,
        beside=beside,
        parts=parts,
        outside=outside,
        administration=desk,
        customer_import=importing,
        tokens=tokens,
        sandbox=sandbox,
        notices=notices(parts, outside, watched),
        audit=audit_desk(parts, store),
        keys=keys,
        resealer=resealer,
        redigester=redigester(parts, store),
        outbox=audit_outbox(settings, store, clock, log),
        log=log,
        door=door(served, log, sandbox, beside),
        watched=watched,
        operators=people,
        admin=admin_listener(settings, people, log.crash, watched.routes()),
    )


def _parts(
    settings: Settings,
    clock: Clock,
    beside: ShortLived,
    vault: KeyChest,
    hasher: ThreadedHasher,
    supply: KeySupply,
    outside: Backends,
    watched: Watched,
) -> Parts:
    return Parts(
        settings=settings,
        clock=clock,
        store=beside.store,
        sessions=beside.sessions,
        tallying=beside.tallying,
        vault=vault,
        directory=outside.directory,
        risk=outside.risk,
        hasher=hasher,
        supply=supply,
        blocklist=common_secrets(),
        cards=outside.cards,
        delivery=outside.delivery,
        vendor_keys=outside.vendor_keys,
        texts=texts(settings),
        diagnose=watched.undecipherable,
    )


def _demand_hidden_padding(settings: Settings, supply: KeySupply) -> None:
    if Profile.PORTAL in settings.e2e.profiles and not supply.hides_wrong_padding():
        expected, cure = "OpenSSL 3.2 or newer", "Serve bound-1 alone, or renew the cryptography package."
        raise SettingsError("e2e.profiles", "portal on an older OpenSSL", expected, cure)


def _work(house: House) -> list[Work]:
    notice_seconds = NOTICE_SECONDS if house.sandbox is None else SANDBOX_NOTICE_SECONDS
    sending: list[Work] = [] if house.outbox is None else [(SENDING_SECONDS, house.outbox.work_once)]
    work: list[Work] = [
        *sending,
        (SEALING_SECONDS, house.audit.seal),
        (ROTATION_SECONDS, house.supply.rotate_if_due),
        (SWEEPING_SECONDS, lambda: house.sessions.sweep(house.clock())),
        (DIGESTING_SECONDS, house.outside.earlier.work_once),
        (notice_seconds, lambda: house.notices.work_once(house.clock())),
    ]
    if house.sandbox is not None:
        work.append((SANDBOX_SECONDS, house.sandbox.follow))
    return work
