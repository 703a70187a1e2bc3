"""The house under test: the whole server on SQLite in a folder of its own, its clock moved by hand."""

import gc
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.front_end import FrontEnd
from tests.nodes import balanced
from tests.postgres import PostgresServer
from tests.scorecard.card import (
    card,
    pytest_addoption,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_runtest_makereport,
    pytest_runtest_protocol,
)
from tests.valkey_server import Valkey

from aldaba.cli.database import prepare
from aldaba.cli.sandbox_applications import credentials_of, ready_applications
from aldaba.settings import load
from aldaba.wiring import House, open_house

__all__ = [
    "card",
    "pytest_addoption",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_runtest_makereport",
    "pytest_runtest_protocol",
]


def pytest_collection_finish() -> None:
    """The collector need not walk ten thousand tests each time: it stops a server under test a second."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


CHEAP = {
    # Argon2id at its cheapest and a small RSA key: what is tested is what is done, not how long it takes.
    "mode": "sandbox",
    "policy.hash.memory_kib": "8",
    "policy.hash.passes": "1",
    "policy.e2e.rsa_bits": "2048",
}


class Bank:
    """An open house and front ends for it. Where it has several nodes, ``house`` is the first of them."""

    def __init__(self, houses: Sequence[House], http: httpx.AsyncClient, file: Path) -> None:
        self.house, *_ = self.houses = houses
        self.http = http
        self._credentials = credentials_of(file)

    def front_end(self, *, documented: bool = False, channel: str = "MOVIL") -> FrontEnd:
        """A front end of the ready sandbox application, or of the one told of unknown customers."""
        chosen = self._credentials.documented if documented else self._credentials
        return FrontEnd(self.http, chosen.client_id, chosen.client_secret, channel=channel)

    async def ready(
        self, profile: str = "bound-1", *, documented: bool = False, channel: str = "MOVIL"
    ) -> FrontEnd:
        """A front end with token and session keys."""
        return await self.front_end(documented=documented, channel=channel).ready(profile)

    async def advance(self, duration: str) -> None:
        """Move the sandbox's clock (ISO 8601 duration)."""
        answer = await self.http.post("/sandbox/clock", json={"advance": duration})
        assert answer.status_code == 200, answer.text

    async def imported(self, *lines: dict[str, Any]) -> None:
        """Customers of a test's own, in the format of ``customers import``."""
        given = [json.dumps(line).encode() for line in lines]
        report = await self.house.customer_import.import_lines(given, actor="a test")
        assert not report.refused, report.refused

    async def fault(self, backend: str, mode: str) -> None:
        answer = await self.http.post("/sandbox/faults", json={"backend": backend, "mode": mode})
        assert answer.status_code == 200, answer.text


OpenBank = Callable[..., "_Opened"]


class _Opened:
    """Makes ``async with open_bank() as bank`` work from a plain fixture."""

    def __init__(self, folder: Path, overrides: dict[str, str], nodes: int) -> None:
        self._manager = bank_in(folder, overrides, nodes)

    async def __aenter__(self) -> Bank:
        return await self._manager.__aenter__()

    async def __aexit__(self, *error: object) -> None:
        await self._manager.__aexit__(None, None, None)


@asynccontextmanager
async def bank_in(folder: Path, overrides: dict[str, str], nodes: int = 1) -> AsyncIterator[Bank]:
    """The ready-made bank whose files are in this folder, opened as so many servers open it."""
    settings = load(None, {"ALDABA_DATA": str(folder)}, overrides=CHEAP | overrides)
    prepare(settings)
    async with AsyncExitStack() as opened:
        houses = [
            await opened.enter_async_context(open_house(settings, with_server=True)) for _ in range(nodes)
        ]
        file = await ready_applications(houses[0])
        async with balanced(houses, [house.door for house in houses]) as http:
            yield Bank(houses, http, file)


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    """Started at the first test that wants it."""
    server = Valkey()
    yield server
    server.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Started at the first test that wants it."""
    server = PostgresServer()
    server.make_fast()
    yield server
    server.close()


@pytest.fixture
def database() -> dict[str, str]:
    """Settings of the database under the house; a folder whose tests must pass on each overrides it."""
    return {}


@pytest.fixture
def nodes() -> int:
    """How many nodes the house has; a folder whose tests must pass with more overrides it."""
    return 1


@pytest.fixture
def open_bank(tmp_path: Path, database: dict[str, str], nodes: int) -> OpenBank:
    """Opens the ready-made bank; settings may be given: ``open_bank(**{"policy.rules": "modern"})``."""
    return lambda **overrides: _Opened(tmp_path, database | overrides, nodes)
