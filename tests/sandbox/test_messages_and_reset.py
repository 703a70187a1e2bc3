"""Messages are found by the address as it is printed; a reset leaves nobody logged in."""

import asyncio

import pytest
from tests.conftest import OpenBank

from aldaba.sandbox.bank import PASSWORD, phone_number

CUSTOMER = "15000010"
REPRESENTATIVE = "15000022-2"


@pytest.mark.parametrize("plus", ["+", "%2B", "%20"])
def test_a_plus_in_the_address_is_no_blank(open_bank: OpenBank, plus: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            phone = phone_number(CUSTOMER)
            front = await bank.ready()
            assert (await front.generate_rao(phone)).status_code == 204
            told = (await bank.http.get(f"/sandbox/messages?to={plus}52{phone}")).json()
            assert [one["to"] for one in told] == [f"+52{phone}"]

    asyncio.run(story())


@pytest.mark.parametrize("address", ["", "%20%2052{}", "52{}", "%2B%2052{}", "{}"])
def test_another_address_has_no_messages(open_bank: OpenBank, address: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            phone = phone_number(CUSTOMER)
            front = await bank.ready()
            assert (await front.generate_rao(phone)).status_code == 204
            assert (await bank.http.get(f"/sandbox/messages?to={address.format(phone)}")).json() == []

    asyncio.run(story())


@pytest.mark.parametrize("user", [CUSTOMER, REPRESENTATIVE])
def test_a_reset_ends_the_sessions_of_the_ready_made_customers(open_bank: OpenBank, user: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            await front.prelogin(user)
            assert (await front.login(user, PASSWORD)).status_code == 200
            assert (await bank.http.post("/sandbox/reset")).status_code == 204
            assert (await front.logout()).status_code == 400
            again = await bank.ready()
            await again.prelogin(user)
            assert (await again.login(user, PASSWORD)).status_code == 200

    asyncio.run(story())
