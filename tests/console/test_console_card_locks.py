"""A locked card NIP in the console: seen by its last digits in the reader's language, told when lifted."""

import asyncio
from dataclasses import replace

import pytest
from tests.console.consoled import Consoled, text_of
from tests.service.importing import NUMBER, record

from aldaba.domain.lockout import Guard, Lock, LockCause, LockKind
from aldaba.domain.operators import Act, Role
from aldaba.domain.recovery import every_card


@pytest.mark.parametrize(
    ("language", "named", "all_named"),
    [("es", "tarjeta …9992", "todas las tarjetas"), ("en", "card …9992", "every card")],
)
def test_it_is_seen_by_the_cards_last_digits_and_told_when_lifted(
    language: str, named: str, all_named: str
) -> None:
    async def story() -> None:
        bank = Consoled()
        await bank.house.take(record())
        await bank.house.administration.unlock(NUMBER, "to have a profile", "cli:ana")
        profile = await bank.house.profile()
        assert profile is not None
        name = (await bank.house.known()).cards[0].digest.hex()
        lock = Lock(LockKind.INDEFINITE, bank.house.now, LockCause.FAILURES)
        guards = dict.fromkeys((name, every_card(profile.ccs_id)), Guard(3, lock=lock))
        # Nothing says since when the ceiling stands.
        await bank.house.save(replace(profile, cards=guards, failures=100))
        browser = await bank.browser(Role.HELP_DESK)
        browser.client.headers["Accept-Language"] = language
        seen = await browser.get(f"/admin/customers/{NUMBER}")
        assert named in text_of(seen)
        assert all_named in text_of(seen)
        done = await browser.act(Act.CUSTOMER_UNLOCK, {"customer_id": NUMBER, "reason": "identified"})
        assert named in text_of(done)
        assert all_named in text_of(done)
        assert 'class="obstacle"' in seen.text
        assert 'class="obstacle"' not in (await browser.get(f"/admin/customers/{NUMBER}")).text

    asyncio.run(story())
