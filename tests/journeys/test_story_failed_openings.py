"""Account opening: a code that nobody brought leaves things as they were, and its count is its own."""

import asyncio

from tests.conftest import OpenBank
from tests.recovery_front_end import done, messages_to, proved, recovering, told

COUNTRY, NUMBER, OTHER = "+52", "5512340001", "5512340002"
CUSTOMER, PHONE = "15000010", "5556093218"


def test_a_code_that_was_not_sent_is_none(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await recovering(bank)
            await bank.fault("delivery", "down")
            assert (await front.order_code(NUMBER)).status_code == 500
            await bank.fault("delivery", "ok")
            assert (await front.certified_phone()).status_code == 404
            assert (await front.certify(NUMBER, "12345678")).status_code == 404
            done(await front.order_code(NUMBER))

    asyncio.run(story())


def test_a_phone_certified_before_stays_so(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await recovering(bank)
            done(await front.order_code(NUMBER))
            (message, *_) = await messages_to(bank, COUNTRY + NUMBER)
            done(await front.certify(NUMBER, message["otp"]))
            await bank.fault("delivery", "down")
            assert (await front.order_code(OTHER)).status_code == 500
            await bank.fault("delivery", "ok")
            done(await front.certified_phone())

    asyncio.run(story())


def test_an_outstanding_code_stays_good_and_its_tries_stay_used(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await recovering(bank)
            done(await front.order_code(NUMBER))
            (message, *_) = await messages_to(bank, COUNTRY + NUMBER)
            assert (await front.certify(NUMBER, "12345678")).status_code == 422
            await bank.fault("delivery", "down")
            assert (await front.order_code(OTHER)).status_code == 500
            await bank.fault("delivery", "ok")
            done(await front.certify(NUMBER, message["otp"]))

    asyncio.run(story())


def test_openings_use_up_their_own_limit_and_no_customers(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank(**{"policy.certification.sends_per_phone_and_day": "2"}) as bank:
            for _ in range(2):
                done(await (await recovering(bank)).order_code(PHONE))
            assert told(await (await recovering(bank)).order_code(PHONE)).startswith("422")
            done(await (await proved(bank, CUSTOMER)).send())

    asyncio.run(story())
