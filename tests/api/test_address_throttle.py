"""An end user's address that fails at secrets too often is turned away for a while; leaving stays open."""

import asyncio
from collections.abc import Iterator

import pytest
from tests.api.wire import registered
from tests.conftest import OpenBank
from tests.databases import database_settings
from tests.front_end import FrontEnd

from aldaba.sandbox.bank import PASSWORD

LIMIT = {"policy.lockout.address_failures": "2"}


@pytest.fixture(params=("sqlite", "sqlite+valkey"))
def database(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """Counted in the database, and beside it."""
    with database_settings(request.param, request) as settings:
        yield settings


def test_failures_at_several_customers_close_the_address_and_right_calls_cost_nothing(
    open_bank: OpenBank,
) -> None:
    async def story() -> None:
        async with open_bank(**LIMIT) as bank:
            inside = await (await registered(bank, "app", faces_customers=True)).ready()
            await inside.prelogin("15000010")
            assert (await inside.login("15000010", PASSWORD)).status_code == 200
            for customer in ("15000024", "15000025"):
                front = await FrontEnd(bank.http, inside.client_id, inside.client_secret).ready()
                await front.prelogin(customer)
                assert (await front.login(customer, "wrong20xyz")).status_code == 401
            refused = await front.prelogin("15000030")
            assert (refused.status_code, refused.json()["code"]) == (403, "accessNotConfigured")
            assert (await inside.logout()).status_code == 204
            elsewhere = await bank.ready()
            await elsewhere.prelogin("15000030")
            assert (await elsewhere.login("15000030", PASSWORD)).status_code == 200
            await bank.advance("PT11M")
            fresh = await FrontEnd(bank.http, inside.client_id, inside.client_secret).ready()
            assert (await fresh.prelogin("15000024")).status_code == 200

    asyncio.run(story())
