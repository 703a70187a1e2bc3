"""The house put together anew from its own classes, with every look at a secret and every act counted."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from tests.conftest import Bank
from tests.nodes import balanced, follow

from aldaba import contract
from aldaba.api.app import Door, Surroundings
from aldaba.api.in_flight import InFlight
from aldaba.api.oauth import OAuth
from aldaba.api.pipeline import House as PipelineHouse
from aldaba.api.refusals import Refusals
from aldaba.backends.core_cards import EmbeddedCards
from aldaba.backends.no_vendor import NoVendor
from aldaba.backends.risk import FixedRisk
from aldaba.cli.desk import SANDBOX_MARK
from aldaba.crypto.digests import Secret
from aldaba.crypto.session_keys import Profile
from aldaba.domain.customer import Customer
from aldaba.domain.lockout import Guard
from aldaba.domain.profile import AccessProfile, guard_of
from aldaba.domain.session import Factor, Session
from aldaba.sandbox.faults import (
    Faults,
    FaultyDirectory,
    FaultyRisk,
    FaultySessions,
    FaultyStore,
    FaultyVault,
)
from aldaba.service.applications import Applications
from aldaba.service.arrivals import Arrivals
from aldaba.service.end_to_end import EndToEnd, nobody_listens
from aldaba.service.introspection import Introspection
from aldaba.service.ports import Admission, Arrival, Directory, Hasher, Sessions, Store, Transaction
from aldaba.service.records import ccs_id_of
from aldaba.service.risk_ports import Verdict
from aldaba.service.texts import Texts
from aldaba.service.throttle import AddressThrottle
from aldaba.wiring import House
from aldaba.wiring.parts import Parts
from aldaba.wiring.rooms import rooms

T = TypeVar("T")


class CountingHasher:
    """Remembers what each verification looked at; None stands for a dummy.

    ``gate`` can hold verifications up, ``fresh`` the hashing of new secrets, of which ``hashing`` tells.
    """

    def __init__(self, hasher: Hasher) -> None:
        self._hasher = hasher
        self.looked: list[str | None] = []
        self.gate, self.fresh, self.hashing = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.gate.set()
        self.fresh.set()

    async def verify(self, phc: str | None, secret: Secret) -> bool:
        self.looked.append(phc)
        await self.gate.wait()
        return await self._hasher.verify(phc, secret)

    async def hash(self, secret: Secret) -> str:
        self.hashing.set()
        await self.fresh.wait()
        return await self._hasher.hash(secret)

    def needs_rehash(self, phc: str) -> bool:
        return self._hasher.needs_rehash(phc)

    @property
    def real(self) -> list[str]:
        """Stored hashes that were looked at, once for each look."""
        return [phc for phc in self.looked if phc is not None]


def never() -> float:
    return 0.0


@dataclass(slots=True)
class Pace:
    """How many seconds each answer is held back after what was asked for is done."""

    late: Callable[[], float] = never


class CountingStore:
    """Counts acts and queries."""

    def __init__(self, store: Store, counts: Counter[str], pace: Pace) -> None:
        self._store = store
        self._counts = counts
        self._pace = pace

    async def run(self, act: Callable[[Transaction], T]) -> T:
        self._counts["act"] += 1
        answer = await self._store.run(act)
        seconds = self._pace.late()
        if seconds:
            await asyncio.sleep(seconds)
        return answer

    async def read(self, query: Callable[[Transaction], T]) -> T:
        self._counts["query"] += 1
        return await self._store.read(query)


class CountingSessions:
    """Counts each question."""

    def __init__(self, sessions: Sessions, counts: Counter[str], pace: Pace) -> None:
        self._sessions = sessions
        self._counts = counts
        self._pace = pace

    async def arrive(self, arrival: Arrival, now: datetime) -> Admission:
        self._counts["arrive"] += 1
        return await self._sessions.arrive(arrival, now)

    async def find(self, handle: str, now: datetime) -> Session | None:
        self._counts["find"] += 1
        return await self._sessions.find(handle, now)

    async def change(self, handle: str, rule: Callable[[Session], Session | None]) -> Session | None:
        self._counts["change"] += 1
        answer = await self._sessions.change(handle, rule)
        seconds = self._pace.late()
        if seconds:
            await asyncio.sleep(seconds)
        return answer

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
    pace: Pace
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
        assert self.house.sandbox is not None
        await self.house.sandbox.advance(by)
        await follow(self.bank.houses)

    async def morning(self) -> None:
        """Go on to ten o'clock of the bank's next day, so that no test straddles its midnight."""
        local = self.house.clock().astimezone(self.house.policy.zone)
        ten = (local + timedelta(days=1)).replace(hour=10, minute=0, second=0)
        await self.advance(ten - local)

    def reset(self) -> None:
        self.hasher.looked.clear()
        self.counts.clear()


@dataclass(frozen=True, slots=True)
class _Told:
    """What is counted and switched in every node at once."""

    hasher: CountingHasher
    pace: Pace
    counts: Counter[str]
    faults: Faults


@asynccontextmanager
async def counted(bank: Bank, hasher: Hasher | None = None) -> AsyncIterator[Counted]:
    """Rebuild the opened bank's house around counters, behind fault switches of its own.

    Where it has several nodes, all are rebuilt around the same counters and switches.
    """
    house, *_ = bank.houses
    told = _Told(CountingHasher(hasher or house.hasher), Pace(), Counter(), Faults())
    doors = [_door(one, _parts(one, told), FaultyStore(one.parts.store, told.faults)) for one in bank.houses]
    async with balanced(bank.houses, doors) as http:
        rebuilt = Bank(bank.houses, http, house.settings.data / SANDBOX_MARK)
        yield Counted(rebuilt, house, told.hasher, told.pace, told.counts, told.faults)


def _parts(house: House, told: _Told) -> Parts:
    faults, counts = told.faults, told.counts
    store = CountingStore(house.parts.store, counts, told.pace)
    sessions = CountingSessions(house.sessions, counts, told.pace)
    vault = FaultyVault(house.vault, faults)
    return Parts(
        settings=house.settings,
        clock=house.clock,
        store=FaultyStore(store, faults),
        sessions=FaultySessions(sessions, faults),
        vault=vault,
        directory=FaultyDirectory(CountingDirectory(house.directory, counts), faults),
        risk=FaultyRisk(FixedRisk(Verdict.ALLOW), faults, Verdict.ALLOW),
        hasher=told.hasher,
        supply=house.supply,
        blocklist=house.blocklist,
        cards=EmbeddedCards(told.hasher, vault),
        delivery=house.delivery,
        vendor_keys=NoVendor(),
        texts=Texts(lambda code, _: code, "localhost"),
        diagnose=nobody_listens,
        tallying=house.beside.tallying,
    )


def _door(house: House, parts: Parts, uncounted: Store) -> Door:
    wire, policy = contract.load(), house.policy
    # It reads an application's standing by the clock, not by what a request is about: not to be counted.
    applications = Applications(
        uncounted, house.supply, policy, house.settings.oauth.issuer, house.clock, os.urandom
    )
    end_to_end = EndToEnd(
        parts.store,
        parts.sessions,
        parts.vault,
        parts.supply,
        policy,
        frozenset(Profile(name) for name in house.settings.e2e.profiles),
        os.urandom,
        parts.diagnose,
    )
    pipeline = PipelineHouse(
        contract=wire,
        applications=applications,
        arrivals=Arrivals(parts.tallies, parts.sessions, policy, house.clock, os.urandom),
        end_to_end=end_to_end,
        refusals=Refusals(wire, house.settings.server.public_url),
        clock=house.clock,
        log=house.log,
        throttle=AddressThrottle(parts.tallies, policy),
        in_flight=InFlight(policy.throttle),
        address_header=house.settings.server.client_address_header,
    )
    introspection = Introspection(parts.sessions, policy, house.clock)
    oauth = OAuth(applications, parts.supply, introspection, InFlight(policy.throttle))
    return Door(pipeline, rooms(parts, end_to_end), oauth, Surroundings([], {}, {}))
