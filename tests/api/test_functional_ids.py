"""Which functional ids serve, and for which audience: what the bank set is what its doors do."""

import asyncio

import pytest
from tests.conftest import OpenBank

LOCKED = "15000015"


@pytest.mark.parametrize("name", ["vendor.unlock_grants", "policy.vendor.unlock_grants"])
def test_the_functional_ids_that_unlock_are_those_set(open_bank: OpenBank, name: str) -> None:
    async def story() -> None:
        async with open_bank(**{name: "5,6"}) as bank:
            front = await bank.ready()
            for grant, status in (("2", 404), ("5", 204)):
                token = await front.vendor_jwt(LOCKED, grant)
                answer = await front.unlock(LOCKED, token, grant=grant)
                assert answer.status_code == status, answer.text

    asyncio.run(story())
