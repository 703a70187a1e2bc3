"""Guesses that go to another node each time, or to both at once, get no more looks than one node gives."""

import asyncio

import pytest
from tests.conftest import OpenBank
from tests.races.counted_house import counted
from tests.races.ledger import Ledger
from tests.recovery_front_end import customer_line, imported
from tests.scorecard.card import Card
from tests.scorecard.test_every_secret_has_a_limit import GUARDED, NUMBERS, TOKEN

ROOMY = {"policy.certification.sends_per_application_and_hour": "1000"}
CUSTOMER = "15000030"


@pytest.fixture
def ground() -> str:
    return "postgres"


@pytest.fixture
def nodes() -> int:
    return 2


@pytest.mark.parametrize(
    ("field", "secret"), [(field, name) for field, secrets in GUARDED.items() for name in secrets]
)
def test_guesses_at_one_node_and_the_other_count_together(
    open_bank: OpenBank, card: Card, field: str, secret: str
) -> None:
    guarded = GUARDED[field][secret]

    async def story() -> int:
        async with open_bank(**ROOMY) as both:
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


def test_guesses_at_once_at_two_nodes_get_five_looks(open_bank: OpenBank, card: Card) -> None:
    many = card.either(60, 400)

    async def story() -> int:
        async with open_bank() as bank, counted(bank) as house:
            fronts = [await house.bank.ready() for _ in range(4)]
            for front in fronts:
                assert (await front.prelogin(CUSTOMER)).status_code == 200
            house.reset()
            await asyncio.gather(*(fronts[n % 4].login(CUSTOMER, f"4{n:07}", "pin") for n in range(many)))
            guard = Ledger(bank).profile(CUSTOMER).pin.guard
            assert (guard.failures, guard.pending) == (5, ())
            return len(house.hasher.real)

    told = f"looks at a PIN, {many} guesses at once at two nodes on one PostgreSQL"
    card.at_most("Guessing", told, 5, asyncio.run(story()))
