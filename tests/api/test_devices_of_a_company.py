"""One representative of a company neither takes over nor revokes another's phone, nor uses up its places."""

import asyncio

from tests.conftest import Bank, OpenBank
from tests.one_time_app import Phone
from tests.recovery_front_end import Recovering, done, entered, shown, told

COMPANY = "15000022"
BROKEN, NOT_FOUND = "422", "404"


async def strong(bank: Bank, representative: str) -> Recovering:
    front = await entered(bank, f"{COMPANY}-{representative}", "mobile20x")
    question = await front.question()
    answer = await front.respond(question, await shown(bank, COMPANY, question))
    assert answer.status_code == 200, answer.text
    return front


async def enrol(front: Recovering, phone: str, **more: str) -> str:
    return told(await front.enrol_device(phone, Phone(phone).public_jwk(), **more))[:3]


def keys(bank: Bank) -> dict[str | None, tuple[str | None, bool]]:
    """Whose each of the company's phones is, and whether it may be used."""
    devices = bank.house.store.read_blocking(lambda query: query.devices.of(COMPANY))
    return {each.application_id: (each.representative, each.public_jwk is not None) for each in devices}


def test_a_phone_is_its_own_representatives_alone(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            one = await strong(bank, "1")
            assert await enrol(one, "phone-of-one", vascoDeviceId="vasco-of-one") == "204"
            done(await one.logout())
            two = await strong(bank, "2")
            assert await enrol(two, "phone-of-one") == BROKEN
            assert await enrol(two, "another", vascoDeviceId="vasco-of-one") == BROKEN
            assert told(await two.revoke_device("phone-of-one"))[:3] == NOT_FOUND
            assert keys(bank)["phone-of-one"] == ("1", True)
            done(await two.logout())
            one = await strong(bank, "1")
            done(await one.revoke_device("phone-of-one"))
            assert keys(bank)["phone-of-one"] == ("1", False)

    asyncio.run(story())


def test_each_representative_has_five_phones(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            for representative in ("1", "2"):
                front = await strong(bank, representative)
                named = [f"phone-{representative}-{n}" for n in range(6)]
                assert [await enrol(front, phone) for phone in named] == ["204"] * 5 + [BROKEN]
                done(await front.logout())

    asyncio.run(story())
