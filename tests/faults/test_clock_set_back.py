"""A clock that ran an hour ahead and was set back: what was used up by then is not good again."""

import asyncio

from tests.conftest import Bank, OpenBank
from tests.recovery_front_end import (
    NEW_PASSWORD,
    Recovering,
    done,
    entered,
    introspected,
    vendor_jwt,
    with_code,
)

CUSTOMER, WITH_SOFT_TOKEN = "15000010", "15000025"


async def ran_ahead(bank: Bank) -> None:
    """Time enough for a sweep at the wrong hour."""
    await bank.advance("PT1H")
    await bank.house.sessions.sweep(bank.house.clock())
    answer = await bank.http.post("/sandbox/clock", json={"reset": True})
    assert answer.status_code == 200


def test_a_vendors_token_is_not_good_a_second_time(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await entered(bank, WITH_SOFT_TOKEN)
            token = await vendor_jwt(bank, WITH_SOFT_TOKEN)
            done(await front.vendor_token(WITH_SOFT_TOKEN, token, "2"))
            await ran_ahead(bank)
            fresh = await signed_in(bank)
            again = await fresh.vendor_token(WITH_SOFT_TOKEN, token, "2")
            assert again.status_code == 401, again.text

    asyncio.run(story())


async def signed_in(bank: Bank) -> Recovering:
    plain = bank.front_end()
    return await Recovering(bank.http, plain.client_id, plain.client_secret).ready()


def test_an_ended_session_and_a_spent_code_stay_so(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            gone = await entered(bank, CUSTOMER)
            done(await gone.logout())
            front, code = await with_code(bank, CUSTOMER)
            done(await front.new_access(code, NEW_PASSWORD))
            await ran_ahead(bank)
            assert await introspected(gone) == {"active": False}
            assert (await front.new_access(code, "puente77rojo")).status_code in {401, 422}
            done(await (await entered(bank, CUSTOMER, NEW_PASSWORD)).logout())

    asyncio.run(story())
