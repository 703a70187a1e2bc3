"""A code remembers who took its message: the audit tells it of the sending and of what became of the code."""

import asyncio

import pytest
from tests.conftest import Bank, OpenBank
from tests.recovery_front_end import ANY_TOKEN, done, proved, told, with_code

from aldaba.service.audit import AuditQuery, CodeSent, CodeTried, EventType

PHONE = "5556093218"


async def codes(bank: Bank) -> tuple[list[CodeSent], list[CodeTried]]:
    """Both kinds of event, oldest first."""

    async def found(type_: EventType) -> list[object]:
        query = AuditQuery(type=type_)
        entries = await bank.house.store.read(lambda transaction: transaction.audit.search(query, 20))
        return [entry.event.payload for entry in reversed(entries)]

    sent, tried = await found(EventType.CODE_SENT), await found(EventType.CODE_TRIED)
    return (
        [one for one in sent if isinstance(one, CodeSent)],
        [one for one in tried if isinstance(one, CodeTried)],
    )


@pytest.fixture(params=["", "valkey"])
def database(request: pytest.FixtureRequest) -> dict[str, str]:
    """Sessions in the rows, and beside them."""
    if not request.param:
        return {}
    server = request.getfixturevalue("valkey")
    server.flush()
    return {"redis.url": server.url}


def test_a_recoverys_code(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front, code = await with_code(bank, "15000031")
            assert (await front.new_access("00000000")).status_code != 200
            done(await front.new_access(code))
            sent, tried = await codes(bank)
            assert sent == [CodeSent("recovery", "sms", "sent", "sandbox")]
            assert tried == [
                CodeTried("recovery", "sms", "wrong", "sandbox"),
                CodeTried("recovery", "sms", "right", "sandbox"),
            ]

    asyncio.run(story())


def test_a_certifications_code(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            assert (await front.generate_rao(PHONE)).status_code in {200, 204}
            await front.validate_rao("00000000", PHONE)
            sent, tried = await codes(bank)
            assert sent == [CodeSent("phone certification", "sms", "sent", "sandbox")]
            assert tried == [CodeTried("phone certification", "sms", "wrong", "sandbox")]

    asyncio.run(story())


def test_what_nobody_took_names_nobody(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await proved(bank, "15000031")
            await bank.fault("delivery", "down")
            assert told(await front.send()).startswith("5")
            await bank.fault("delivery", "ok")
            done(await front.send(ANY_TOKEN))
            sent, _ = await codes(bank)
            assert sent == [
                CodeSent("recovery", "sms", "failed", None),
                CodeSent("recovery", "token", "token", None),
            ]

    asyncio.run(story())
