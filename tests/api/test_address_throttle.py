"""An end user's address that fails at secrets too often is turned away for a while; leaving stays open."""

import asyncio
from collections.abc import Iterator

import pytest
from tests.api.wire import NEW_PHONE, registered, signed_in
from tests.conftest import Bank, OpenBank
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
            await bank.advance("PT20M")
            fresh = await FrontEnd(bank.http, inside.client_id, inside.client_secret).ready()
            assert (await fresh.prelogin("15000024")).status_code == 200

    asyncio.run(story())


async def front_end(bank: Bank) -> FrontEnd:
    return await (await registered(bank, "app", faces_customers=True)).ready()


async def again(front: FrontEnd) -> FrontEnd:
    """The same application at the same address with a session of its own."""
    return await FrontEnd(front.http, front.client_id, front.client_secret).ready()


async def turned_away(front: FrontEnd) -> bool:
    other = FrontEnd(front.http, front.client_id, front.client_secret)
    await other.sign_in()
    answer = await other.call("retrieve_public_key")
    assert answer.status_code in {200, 403}, answer.text
    return answer.status_code == 403


async def fails(front: FrontEnd, customer: str) -> None:
    inside = await again(front)
    await inside.prelogin(customer)
    assert (await inside.login(customer, "wrong20xyz")).status_code == 401


def test_the_failure_that_locks_counts_and_a_try_at_what_is_locked_does_not(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank(**LIMIT, **{"policy.lockout.failures": "1"}) as bank:
            front = await front_end(bank)
            await front.prelogin("15000024")
            for _ in range(3):
                answer = await front.login("15000024", "wrong20xyz")
                assert answer.json()["code"] == "8006"
            assert not await turned_away(front)
            await fails(front, "15000025")
            assert await turned_away(front)

    asyncio.run(story())


def test_the_response_that_locks_a_token_counts(open_bank: OpenBank) -> None:
    async def story() -> None:
        limits = {"policy.lockout.address_failures": "1", "policy.challenge.token_failures": "1"}
        async with open_bank(**limits) as bank:
            front = await front_end(bank)
            await signed_in(front, "15000024")
            question = (await front.challenge()).json()["challengeQuestion"]
            assert (await front.answer_challenge(question, "00000000")).status_code == 422
            assert await turned_away(front)

    asyncio.run(story())


def test_a_wrong_code_of_an_account_opening_counts(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank(**LIMIT) as bank:
            front = await front_end(bank)
            assert (await front.generate_rao(NEW_PHONE)).status_code == 204
            right = await front.code_sent(f"+52{NEW_PHONE}")
            wrong = f"{(int(right) + 1) % 10 ** len(right):0{len(right)}}"
            for _ in range(2):
                assert not await turned_away(front)
                assert (await front.validate_rao(wrong, NEW_PHONE)).status_code == 422
            assert await turned_away(front)

    asyncio.run(story())


def test_no_moment_lets_twice_as_many_pass(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank(**LIMIT) as bank:
            front = await front_end(bank)
            passed = int(bank.house.clock().timestamp()) % 600
            await bank.advance(f"PT{1200 - 30 - passed}S")
            await fails(front, "15000024")
            await fails(front, "15000025")
            await bank.advance("PT1M")
            assert await turned_away(front), (
                "a new stretch of time has begun, but the window is ten minutes long"
            )
            await bank.advance("PT5M")
            assert not await turned_away(front), "of two failures so long ago less than one is left"

    asyncio.run(story())
