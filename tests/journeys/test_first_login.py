"""The first thing anybody does here: a customer logs in, works, and logs out."""

import asyncio

import pytest
from tests.conftest import OpenBank


@pytest.mark.parametrize("profile", ["bound-1", "portal"])
def test_a_customer_logs_in_and_out_in_either_profile(open_bank: OpenBank, profile: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready(profile)
            prelogin = await front.prelogin("15000010")
            assert prelogin.json()["nextLoginActionCode"] == 1
            before = front.sid
            login = await front.login("15000010", "mobile20x")
            assert login.status_code == 200, login.text
            assert login.json()["credentialStatus"] == "NONE"
            assert front.sid != before
            assert (await front.logout()).status_code == 204
            assert (await front.logout()).status_code == 400

    asyncio.run(story())
