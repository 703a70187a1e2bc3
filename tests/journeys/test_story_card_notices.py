"""A card's lock is told to its customer, and so is what setting a new access unlocked."""

import asyncio

from tests.conftest import OpenBank
from tests.journeys.test_story_notices import locked, notices
from tests.recovery_front_end import NEW_PASSWORD, done, identified, with_code


def test_a_card_that_wrong_nips_lock_is_told_once(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await identified(bank, "15000030")
            for _ in range(2):
                assert (await front.validate_card("9999")).status_code >= 400
            assert await notices(bank, "15000030", 0) == []
            for _ in range(2):
                assert (await front.validate_card("9999")).status_code >= 400
            (text,) = await notices(bank, "15000030", 1)
            assert "card" in text or "tarjeta" in text
            assert "9999" not in text

    asyncio.run(story())


def test_a_new_access_that_lifts_a_lock_tells_both(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await locked(bank, "15000030")
            assert len(await notices(bank, "15000030", 1)) == 1
            front, code = await with_code(bank, "15000030")
            done(await front.new_access(code, NEW_PASSWORD))
            # The lock's own, then the two of the new access.
            texts = " ".join(await notices(bank, "15000030", 3))
            assert "desbloqueado" in texts or "unlocked" in texts
            assert "cambiada" in texts or "changed" in texts

    asyncio.run(story())
