"""The house put together anew from its own classes, with every look at a secret and every act counted."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import httpx

from aldaba import contract
from aldaba.api.app import Door, Surroundings
from aldaba.api.consumer_security import ConsumerSecurity
from aldaba.api.e2e import E2EGateway
from aldaba.api.oauth import OAuth
from aldaba.api.pipeline import House as PipelineHouse
from aldaba.api.pipeline import Room
from aldaba.api.refusals import Refusals
from aldaba.cli.desk import SANDBOX_MARK
from aldaba.crypto.digests import Secret
from aldaba.crypto.session_keys import Profile
from aldaba.domain.customer import Customer
from aldaba.domain.lockout import Guard
from aldaba.domain.profile import AccessProfile, guard_of
from aldaba.domain.session import Factor, Session
from aldaba.sandbox.clock import SandboxClock
from aldaba.sandbox.faults import Faults, FaultyDirectory, FaultyRisk, FaultySessions, FaultyStore, FaultyVault
from aldaba.service.applications import Applications
from aldaba.service.arrivals import Arrivals
from aldaba.service.attempts import Attempts
from aldaba.service.biometrics import Biometrics
from aldaba.service.credentials import Credentials
from aldaba.service.end_to_end import EndToEnd, nobody_listens
from aldaba.service.identification import Identification
from aldaba.service.introspection import Introspection
from aldaba.service.login import Login
from aldaba.service.ports import (
    Admission,
    Arrival,
    Directory,
    Hasher,
    KeyVault,
    Risk,
    Sessions,
    Store,
    Transaction,
    Verdict,
)
from aldaba.service.records import ccs_id_of
from aldaba.service.secret_rules import SecretRules
from aldaba.service.subjects import Subjects
from aldaba.service.throttle import AddressThrottle
from aldaba.backends.risk import FixedRisk
from aldaba.wiring import House
from tests.conftest import Bank

T = TypeVar("T")


class CountingHasher:
    """Remembers what each verification looked at; None stands for a dummy. ``gate`` can hold them up."""

    def __init__(self, hasher: Hasher) -> None:
        self._hasher = hasher
        self.looked: list[str | None] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def verify(self, phc: str | None, secret: Secret) -> bool:
        self.looked.append(phc)
        await self.gate.wait()
        return await self._hasher.verify(phc, secret)

    async def hash(self, secret: Secret) -> str:
        return await self._hasher.hash(secret)

    def needs_rehash(self, phc: str) -> bool:
        return self._hasher.needs_rehash(phc)

    @property
    def real(self) -> list[str]:
        """Stored hashes that were looked at, once for each look."""
        return [phc for phc in self.looked if phc is not None]


class CountingStore:
    """Counts acts and queries; ``late`` holds answers back after their act was done."""

    def __init__(self, store: Store, counts: Counter[str]) -> None:
        self._store = store
        self._counts = counts
        self.late: Callable[[], float] = lambda: 0.0

    async def run(self, act: Callable[[Transaction], T]) -> T:
        self._counts["act"] += 1
        answer = await self._store.run(act)
        seconds = self.late()
        if seconds:
            await asyncio.sleep(seconds)
        return answer

    async def read(self, query: Callable[[Transaction], T]) -> T:
        self._counts["query"] += 1
        return await self._store.read(query)


class CountingSessions:
    def __init__(self, sessions: Sessions, counts: Counter[str]) -> None:
        self._sessions = sessions
        self._counts = counts

    async def arrive(self, arrival: Arrival, now: datetime) -> Admission:
        self._counts["arrive"] += 1
        return await self._sessions.arrive(arrival, now)

    async def find(self, handle: str, now: datetime) -> Session | None:
        self._counts["find"] += 1
        return await self._sessions.find(handle, now)

    async def change(self, handle: str, rule: Callable[[Session], Session | None]) -> Session | None:
        self._counts["change"] += 1
        return await self._sessions.change(handle, rule)

    async def rotate(self, tombstone: Session, fresh: Session) -> None:
        self._counts["rotate"] += 1
        await self._sessions.rotate(tombstone, fresh)

    async def end(self, handle: str) -> None:
        self._counts["end"] += 1
        await self._sessions.end(handle)

    async def sweep(self, now: datetime) -> None:
        await self._sessions.sweep(now)


class CountingDirectory:
    def __init__(self, directory: Directory, counts: Counter[str]) -> None:
        self._directory = directory
        self._counts = counts

    async def by_number(self, customer_id: str) -> Customer | None:
        self._counts["directory"] += 1
        return await self._directory.by_number(customer_id)

    async def by_card(self, card_number: str) -> Customer | None:
        self._counts["directory"] += 1
        return await self._directory.by_card(card_number)

    async def session_ended(self, customer_id: str) -> None:
        await self._directory.session_ended(customer_id)


@dataclass(frozen=True, slots=True)
class Counted:
    """The rebuilt house: ``bank`` drives it over ASGI, the rest tells what it did."""

    bank: Bank
    house: House
    hasher: CountingHasher
    store: CountingStore
    counts: Counter[str]
    faults: Faults

    def profile(self, customer: str, representative: str = "") -> AccessProfile | None:
        """The stored access profile, looked at past every count and fault."""
        ccs_id = ccs_id_of(self.house.vault.keyring(), customer, representative)
        return self.house.store.read_blocking(lambda query: query.profiles.find(ccs_id))

    def guard(self, customer: str, factor: Factor, representative: str = "") -> Guard:
        profile = self.profile(customer, representative)
        return Guard() if profile is None else guard_of(profile, factor)

    async def advance(self, by: timedelta) -> None:
        clock = self.house.clock
        assert isinstance(clock, SandboxClock)
        await clock.advance(self.house.store, by)

    async def morning(self) -> None:
        """Go on to ten o'clock of the bank's next day, so that no test straddles its midnight."""
        local = self.house.clock().astimezone(self.house.policy.zone)
        ten = (local + timedelta(days=1)).replace(hour=10, minute=0, second=0)
        await self.advance(ten - local)

    def reset(self) -> None:
        self.hasher.looked.clear()
        self.counts.clear()


@dataclass(frozen=True, slots=True)
class _Ports:
    store: Store
    sessions: Sessions
    vault: KeyVault
    directory: Directory
    risk: Risk
    hasher: Hasher


@asynccontextmanager
async def counted(bank: Bank, hasher: Hasher | None = None) -> AsyncIterator[Counted]:
    """Rebuild the opened bank's house around counters, behind fault switches of its own."""
    house, faults, counts = bank.house, Faults(), Counter[str]()
    counting = CountingHasher(hasher or house.hasher)
    store = CountingStore(house.store, counts)
    ports = _Ports(
        store=FaultyStore(store, faults),
        sessions=FaultySessions(CountingSessions(house.sessions, counts), faults),
        vault=FaultyVault(house.vault, faults),
        directory=FaultyDirectory(CountingDirectory(house.directory, counts), faults),
        risk=FaultyRisk(FixedRisk(Verdict.ALLOW), faults, Verdict.ALLOW),
        hasher=counting,
    )
    door = _door(house, ports, FaultyStore(house.store, faults))
    transport = httpx.ASGITransport(app=door, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as http:
        rebuilt = Bank(house, http, house.settings.data / SANDBOX_MARK)
        yield Counted(rebuilt, house, counting, store, counts, faults)


def _door(house: House, ports: _Ports, uncounted: Store) -> Door:
    wire, policy = contract.load(), house.policy
    # It reads an application's standing by the clock, not by what a request is about: not to be counted.
    applications = Applications(
        uncounted, house.supply, policy, house.settings.oauth.issuer, house.clock, os.urandom
    )
    end_to_end = EndToEnd(
        ports.store,
        ports.sessions,
        ports.vault,
        house.supply,
        policy,
        frozenset(Profile(name) for name in house.settings.e2e.profiles),
        os.urandom,
        nobody_listens,
    )
    pipeline = PipelineHouse(
        contract=wire,
        applications=applications,
        arrivals=Arrivals(ports.store, ports.sessions, policy, house.clock, os.urandom),
        end_to_end=end_to_end,
        refusals=Refusals(wire, house.settings.server.public_url),
        clock=house.clock,
        log=house.log,
        address_header=house.settings.server.client_address_header,
    )
    oauth = OAuth(applications, house.supply, Introspection(ports.sessions, policy, house.clock))
    return Door(pipeline, _rooms(house, ports, end_to_end), oauth, Surroundings([], {}, {}))


def _rooms(house: House, ports: _Ports, end_to_end: EndToEnd) -> dict[str, Room]:
    policy, subjects = house.policy, Subjects(ports.directory, ports.vault, house.policy)
    login = Login(
        ports.store,
        ports.sessions,
        subjects,
        Attempts(ports.store, policy, house.clock, asyncio.sleep, os.urandom),
        Biometrics(ports.store, policy),
        AddressThrottle(ports.store, policy),
        ports.directory,
        ports.risk,
        ports.hasher,
        ports.vault,
        policy,
        os.urandom,
    )
    credentials = Credentials(
        ports.store,
        ports.sessions,
        subjects,
        ports.hasher,
        ports.vault,
        SecretRules(ports.hasher, ports.vault, policy, house.blocklist),
        policy,
        os.urandom,
    )
    identification = Identification(ports.store, ports.sessions, subjects, policy)
    consumer = ConsumerSecurity(contract.load(), identification, login, credentials, policy)
    gateway = E2EGateway(end_to_end)
    return {
        "prelogin_v1": consumer.prelogin,
        "prelogin_v2": consumer.prelogin,
        "login": consumer.login,
        "logout": consumer.logout,
        "validate_credentials": consumer.validate_credentials,
        "set_credentials": consumer.set_credentials,
        "retrieve_public_key": gateway.retrieve_public_key,
        "exchange_keys": gateway.exchange_keys,
    }
