"""Every key is rotated, sealed anew and retired while customers work: not one request is lost."""

import asyncio
import threading
from collections import Counter

from tests.conftest import Bank, OpenBank
from tests.front_end import FrontEnd
from tests.recovery_front_end import done, identified, with_code

from aldaba.sandbox.bank import NIP, PASSWORD, card_number, phone_number
from aldaba.service.key_administration import ROTATED
from aldaba.service.key_ports import rotation_mark
from aldaba.service.ports import Transaction

NUMBERS = ("15000024", "15000030")


async def customers_work(bank: Bank, number: str, done: asyncio.Event, answers: Counter[int]) -> None:
    """One customer after another: prelogin, login, what the session may do, logout."""
    round_ = 0
    while not done.is_set():
        round_ += 1
        front: FrontEnd = await bank.ready("bound-1" if round_ % 2 else "portal")
        for answer in (
            await front.prelogin(card_number(number) if round_ % 3 else number),
            await front.login(number, PASSWORD),
            await front.status(number),
            await front.logout(),
        ):
            answers[answer.status_code] += 1
            assert answer.status_code in {200, 204}, answer.text


def beside(bank: Bank) -> bool:
    """Whether sessions stand outside the rows that are counted; a key then waits until they have run out."""
    return bank.house.settings.redis.url is not None


async def rotate_all(bank: Bank) -> str:
    """The earlier storage key's id, which is retired unless it has to wait."""
    keys, resealer = bank.house.keys, bank.house.resealer
    before = {name: {key.id for key in bank.house.vault.keyring().all(name)} for name in ("storage", "otp")}
    for name in ROTATED:
        await keys.rotate(name, "a test")
        await resealer.reseal()
    await bank.advance("PT16S")
    for _ in range(2):
        # A session opened a moment before its key went is sealed under it; the second round brings it along.
        await resealer.reseal()
    held = await resealer.holdings()
    current = bank.house.vault.keyring().current("storage").id
    assert {key for (name, key, _), count in held.items() if name == "storage" and count} == {current}
    earlier = before["storage"].pop()
    needed = await keys.retire(earlier, "a test", name="storage")
    assert ["may still need it" in reason for reason in needed] == [True] * beside(bank)
    return earlier


def test_no_request_is_lost_while_every_key_is_rotated(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            done, answers = asyncio.Event(), Counter[int]()
            work = [asyncio.create_task(customers_work(bank, number, done, answers)) for number in NUMBERS]
            try:
                earlier = await rotate_all(bank)
            finally:
                done.set()
                await asyncio.gather(*work)
            assert sum(answers.values()) > 40
            if beside(bank):
                await bank.advance("PT2H")
                assert await bank.house.keys.retire(earlier, "a test", name="storage") == ()
            assert (await bank.house.audit.verify()).intact

    asyncio.run(story())


def test_a_card_goes_on_proving_its_customer_while_the_pepper_is_rotated(open_bank: OpenBank) -> None:
    """Named under one pepper, tried under another, and locked under a third for as long as it was to be."""
    number = "15000031"

    async def story() -> None:
        async with open_bank() as bank:
            house, ring = bank.house, bank.house.vault.keyring
            earlier = ring().current("pepper").id
            front = await identified(bank, card_number(number))
            await house.keys.rotate("pepper", "a test")
            assert (await front.card("0000")).status_code != 204
            await identified(bank, card_number(number))
            await house.outside.earlier.work_once()
            done(await front.card(NIP))
            done(await front.phone(phone_number(number)))
            done(await front.send())
            wrong = await identified(bank, card_number(number))
            for _ in range(3):
                assert (await wrong.card("0000")).status_code != 204
            await house.keys.rotate("pepper", "a test")
            again = await identified(bank, card_number(number))
            await house.outside.earlier.work_once()
            assert (await again.card(NIP)).status_code != 204
            await bank.advance("PT20S")
            await house.redigester.redigest()
            needed = await house.keys.retire(earlier, "a test", name="pepper")
            assert any("values in cards need it" in reason for reason in needed) or beside(bank)

    asyncio.run(story())


def test_the_pepper_waits_for_an_import_that_holds_its_mark(open_bank: OpenBank) -> None:
    """Else it could write a card that another customer has by then, under a pepper it does not know."""

    async def story() -> None:
        async with open_bank() as bank:
            house, holds, goes_on = bank.house, threading.Event(), threading.Event()
            before = house.vault.keyring().current("pepper").id

            def importing(act: Transaction) -> None:
                act.house.get(rotation_mark("pepper"))
                holds.set()
                assert goes_on.wait(20)

            imported = asyncio.create_task(house.store.run(importing))
            await asyncio.to_thread(holds.wait, 20)
            rotated = asyncio.create_task(house.keys.rotate("pepper", "a test"))
            done, _ = await asyncio.wait({rotated}, timeout=0.5)
            assert not done
            assert house.vault.keyring().current("pepper").id == before
            goes_on.set()
            await imported
            fresh = await rotated
            assert house.vault.keyring().current("pepper").id == fresh

    asyncio.run(story())


def test_a_code_on_its_way_stays_right_when_its_key_is_rotated_and_keeps_the_key(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front, code = await with_code(bank, "15000031")
            ring = bank.house.vault.keyring
            earlier = ring().current("otp").id
            await bank.house.keys.rotate("otp", "a test")
            await bank.advance("PT20S")
            needed = await bank.house.keys.retire(earlier, "a test", name="otp")
            if beside(bank):
                assert "may still need it" in needed[0]
            else:
                assert needed == ("1 values in sessions need it; they end by themselves",)
            done(await front.new_access(code))
            _other, newer = await with_code(bank, "15000024")
            assert newer
            await bank.advance("PT2H")
            await bank.house.sessions.sweep(bank.house.clock())
            assert await bank.house.keys.retire(earlier, "a test", name="otp") == ()
            assert [key.id for key in ring().all("otp")] != [earlier]

    asyncio.run(story())
