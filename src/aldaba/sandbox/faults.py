"""Fault switches: the ports of the house, wrapped so that a part can be made to fail."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from aldaba.crypto.digests import Secret
from aldaba.crypto.keyring import Keyring
from aldaba.domain.customer import Card, Customer
from aldaba.domain.refusals import BackendFailed, HouseUnavailable
from aldaba.domain.session import Session
from aldaba.service.ports import (
    Admission,
    Arrival,
    CardHost,
    Delivery,
    Directory,
    KeyVault,
    Sessions,
    Store,
    Transaction,
    VendorKeys,
)
from aldaba.service.risk_ports import Risk, RiskAnswer, RiskQuestion, Verdict

T = TypeVar("T")

SLOW_SECONDS = 3.0
"""A slow part is slower than the time it is given: whoever waits for it is told that it failed."""

_EVERY = frozenset({"down", "communication", "slow", "ok"})

MODES: Mapping[str, frozenset[str]] = {
    "directory": _EVERY,
    "cards": _EVERY,
    "delivery": _EVERY,
    "vendor": _EVERY,
    "database": _EVERY,
    "keys": _EVERY,
    "risk": frozenset({"deny", "step-up", "lock", "down", "ok"}),
}
"""``communication`` is answered apart from ``down`` by a login alone, which asks only the directory."""


def is_mode(backend: str, mode: str) -> bool:
    return mode in MODES.get(backend, frozenset())


@dataclass(slots=True)
class Faults:
    """Which part is in which mode; everything not named is ``ok``."""

    modes: dict[str, str] = field(default_factory=dict)

    def mode(self, backend: str) -> str:
        return self.modes.get(backend, "ok")

    def switch(self, backend: str, mode: str) -> bool:
        """False when there is no such part or mode."""
        if not is_mode(backend, mode):
            return False
        self.modes[backend] = mode
        return True

    async def strike_house(self, part: str) -> None:
        mode = self.mode(part)
        if mode == "slow":
            await asyncio.sleep(SLOW_SECONDS)
        if mode != "ok":
            raise HouseUnavailable(part)

    async def strike_backend(self, backend: str) -> None:
        mode = self.mode(backend)
        if mode == "slow":
            await asyncio.sleep(SLOW_SECONDS)
        if mode != "ok":
            raise BackendFailed(backend, communication=mode == "communication")


class FaultyStore:
    """A store that is away while the fault ``database`` is on."""

    def __init__(self, store: Store, faults: Faults) -> None:
        self._store = store
        self._faults = faults

    async def run(self, act: Callable[[Transaction], T]) -> T:
        await self._faults.strike_house("database")
        return await self._store.run(act)

    async def read(self, query: Callable[[Transaction], T]) -> T:
        await self._faults.strike_house("database")
        return await self._store.read(query)


class FaultySessions:
    """Sessions live in the same database."""

    def __init__(self, sessions: Sessions, faults: Faults) -> None:
        self._sessions = sessions
        self._faults = faults

    async def arrive(self, arrival: Arrival, now: datetime) -> Admission:
        await self._faults.strike_house("database")
        return await self._sessions.arrive(arrival, now)

    async def find(self, handle: str, now: datetime) -> Session | None:
        await self._faults.strike_house("database")
        return await self._sessions.find(handle, now)

    async def change(self, handle: str, rule: Callable[[Session], Session | None]) -> Session | None:
        await self._faults.strike_house("database")
        return await self._sessions.change(handle, rule)

    async def end(self, handle: str) -> None:
        await self._faults.strike_house("database")
        await self._sessions.end(handle)

    async def sweep(self, now: datetime) -> None:
        await self._sessions.sweep(now)


class FaultyVault:
    """A key ring that is away while the fault ``keys`` is on.

    It lies in memory, where nobody waits for it, so ``slow`` fails at once too.
    """

    def __init__(self, vault: KeyVault, faults: Faults) -> None:
        self._vault = vault
        self._faults = faults

    def keyring(self) -> Keyring:
        if self._faults.mode("keys") != "ok":
            raise HouseUnavailable("keys")
        return self._vault.keyring()


class FaultyDirectory:
    """A directory that is down, slow, or answers with a communication failure."""

    def __init__(self, directory: Directory, faults: Faults) -> None:
        self._directory = directory
        self._faults = faults

    async def by_number(self, customer_id: str) -> Customer | None:
        await self._faults.strike_backend("directory")
        return await self._directory.by_number(customer_id)

    async def by_card(self, card_number: str) -> Customer | None:
        await self._faults.strike_backend("directory")
        return await self._directory.by_card(card_number)

    async def session_ended(self, customer_id: str) -> None:
        await self._faults.strike_backend("directory")
        await self._directory.session_ended(customer_id)


class FaultyCards:
    """A card host that is down or slow."""

    def __init__(self, cards: CardHost, faults: Faults) -> None:
        self._cards = cards
        self._faults = faults

    async def verify(self, card: Card | None, nip: Secret) -> bool:
        await self._faults.strike_backend("cards")
        return await self._cards.verify(card, nip)


class FaultyDelivery:
    """A provider that is down or slow."""

    def __init__(self, delivery: Delivery, faults: Faults) -> None:
        self._delivery = delivery
        self._faults = faults

    def routes(self, to: str, channel: str) -> bool:
        return self._delivery.routes(to, channel)

    async def send(self, to: str, channel: str, text: Secret, otp: Secret | None = None) -> str:
        await self._faults.strike_backend("delivery")
        return await self._delivery.send(to, channel, text, otp)


class FaultyVendorKeys:
    """A vendor whose keys can't be had; going down forgets the cached ones too."""

    def __init__(self, vendor: VendorKeys, faults: Faults) -> None:
        self._vendor = vendor
        self._faults = faults

    async def keys(self, wanted: str | None, now: datetime) -> Mapping[str, Mapping[str, object]]:
        await self._faults.strike_house("vendor")
        return await self._vendor.keys(wanted, now)


class FaultyRisk:
    """A risk engine whose verdict is switched by hand; down, the configured answer stands in."""

    def __init__(self, risk: Risk, faults: Faults, when_away: Verdict) -> None:
        self._risk = risk
        self._faults = faults
        self._when_away = when_away

    async def assess(self, question: RiskQuestion) -> RiskAnswer:
        mode = self._faults.mode("risk")
        if mode == "lock":
            return RiskAnswer(Verdict.DENY, ("sandbox switch",), lock=True)
        if mode in (Verdict.DENY, Verdict.STEP_UP):
            return RiskAnswer(Verdict(mode), ("sandbox switch",))
        if mode == "down":
            return RiskAnswer(self._when_away, ("risk engine away",))
        return await self._risk.assess(question)
