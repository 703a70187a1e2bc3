"""Guesses that go to another node each time, or to both at once, get no more looks than one node gives."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from tests.conftest import Bank, bank_in
from tests.databases import database_settings
from tests.races.counted_house import Counted, counted
from tests.races.test_two_nodes import TakingTurns
from tests.recovery_front_end import customer_line, imported
from tests.scorecard.card import Card
from tests.scorecard.test_every_secret_has_a_limit import GUARDED, NUMBERS, TOKEN

from aldaba.cli.desk import SANDBOX_MARK
from aldaba.service.records import ccs_id_of

ROOMY = {"policy.certification.sends_per_application_and_hour": "1000"}
CUSTOMER = "15000030"


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    with database_settings("postgres", request) as settings:
        yield settings | ROOMY


@asynccontextmanager
async def two_nodes(folder: Path, settings: dict[str, str]) -> AsyncIterator[tuple[Bank, Bank, Bank]]:
    """Both nodes, and a bank whose front ends meet one and the other in turn."""
    async with (
        bank_in(folder, settings) as one,
        bank_in(folder, settings) as other,
        balanced(one, other) as both,
    ):
        yield one, other, both


@asynccontextmanager
async def balanced(one: Bank, other: Bank) -> AsyncIterator[Bank]:
    transport = TakingTurns(one, other)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as http:
        yield Bank(one.house, http, one.house.settings.data / SANDBOX_MARK)


@pytest.mark.parametrize(
    ("field", "secret"), [(field, name) for field, secrets in GUARDED.items() for name in secrets]
)
def test_guesses_at_one_node_and_the_other_count_together(
    tmp_path: Path, database: dict[str, str], card: Card, field: str, secret: str
) -> None:
    guarded = GUARDED[field][secret]

    async def story() -> int:
        async with two_nodes(tmp_path, database) as (_, _, both):
            for guesses in range(guarded.limit + 2):
                customer = str(next(NUMBERS))
                token = TOKEN | {"serial": f"T-{customer}", "secretHex": "5a" * 20}
                await imported(both, customer_line(customer, token=token))
                guess, right = await guarded.story(both, customer)
                for n in range(guesses):
                    assert (await guess(n)).status_code >= 400
                if (await right()).status_code >= 400:
                    return guesses
            return -1

    card.exactly(
        "Guessing",
        f"wrong guesses, at two nodes in turn, after which the right {secret} is refused",
        guarded.limit,
        asyncio.run(story()),
    )


def test_guesses_at_once_at_two_nodes_get_five_looks(
    tmp_path: Path, database: dict[str, str], card: Card
) -> None:
    many = card.either(60, 400)

    async def story() -> int:
        async with two_nodes(tmp_path, database) as (one, other, _), counted(one) as a, counted(other) as b:
            async with balanced(a.bank, b.bank) as both:
                fronts = [await both.ready() for _ in range(4)]
                for front in fronts:
                    assert (await front.prelogin(CUSTOMER)).status_code == 200
                a.reset()
                b.reset()
                guesses = [fronts[n % 4].login(CUSTOMER, f"4{n:07}", "pin") for n in range(many)]
                await asyncio.gather(*guesses)
            ccs_id = ccs_id_of(one.house.vault.keyring(), CUSTOMER, "")
            profile = await other.house.store.read(lambda query: query.profiles.find(ccs_id))
            assert profile is not None
            assert (profile.pin.guard.failures, profile.pin.guard.pending) == (5, ())
            # Both took part in it.
            assert all(each.hasher.looked for each in (a, b))
            return looks(a) + looks(b)

    told = f"looks at a PIN, {many} guesses at once at two nodes on one PostgreSQL"
    card.at_most("Guessing", told, 5, asyncio.run(story()))


def looks(node: Counted) -> int:
    return len(node.hasher.real)
