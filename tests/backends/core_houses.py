"""The same two customers behind both adapters: imported into the house, and known to the bank's core."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from tests.backends.core_stub import COMPANY, NIPS, PERSON, CoreStub, Mode, core_stub
from tests.service.importing import House, PlainHasher

from aldaba.backends.core_cards import CoreCards, EmbeddedCards
from aldaba.backends.core_directory import CoreDirectory
from aldaba.backends.embedded_directory import EmbeddedDirectory
from aldaba.backends.http import BackendClient, Endpoint, Failure
from aldaba.sandbox.faults import Faults, FaultyCards, FaultyDirectory
from aldaba.service.ports import CardHost, Directory

BUDGET_SECONDS = 0.3


class Switch(Protocol):
    def __call__(self, mode: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Bank:
    """The ports under test, and a switch that makes what is behind them fail."""

    house: House
    directory: Directory
    cards: CardHost
    switch: Switch


@asynccontextmanager
async def bank_on(kind: str) -> AsyncIterator[Bank]:
    """``embedded`` or ``core``."""
    house = House()
    async with AsyncExitStack() as stack:
        if kind == "embedded":
            report = await house.take(_imported(PERSON), _imported(COMPANY))
            assert report.accepted == 2, report
            yield _embedded(house)
        else:
            stub = stack.enter_context(core_stub())
            client, _ = client_of(stub)
            stack.push_async_callback(client.close)
            yield Bank(house, CoreDirectory(client, house.vault.keyring), CoreCards(client), _switch_of(stub))


def client_of(stub: CoreStub, **changes: Any) -> tuple[BackendClient, list[Failure]]:
    """A client with little patience, and the failures it notes."""
    seen = list[Failure]()
    endpoint = Endpoint(stub.url, **{"budget_seconds": BUDGET_SECONDS, **changes})
    return BackendClient("directory", endpoint, lambda: "0198c0de-uuid", seen.append), seen


def _imported(customer: dict[str, Any]) -> dict[str, Any]:
    """The core's customer as an import line, with the NIPs that the card host knows."""
    cards = [dict(card) for card in customer["cards"]]
    for card in cards:
        card["nip"] = NIPS[card.pop("cardToken")]
    return {**customer, "cards": cards}


def _embedded(house: House) -> Bank:
    faults = Faults()
    directory = EmbeddedDirectory(house.store, house.vault.keyring)
    cards = EmbeddedCards(PlainHasher(), house.vault)

    def switch(mode: str) -> None:
        for part in ("directory", "cards"):
            faults.modes[part] = mode

    return Bank(house, FaultyDirectory(directory, faults), FaultyCards(cards, faults), switch)


def _switch_of(stub: CoreStub) -> Switch:
    def switch(mode: str) -> None:
        if mode == "down":
            stub.stop()
            return
        if stub.mode is Mode.OK and mode == "ok":
            stub.start()
        stub.mode = Mode(mode)

    return switch
