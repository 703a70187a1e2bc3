"""A full disk in mid-batch: nothing of it is answered as done, and room is all it takes to go on."""

import asyncio

import httpx
from tests.conftest import Bank, OpenBank
from tests.front_end import FrontEnd
from tests.races.counted_house import counted
from tests.store.houses import raw

from aldaba.domain.session import Factor
from aldaba.store.sql.transaction import SqlTransaction

PASSWORD = "mobile20x"
CUSTOMERS = [f"150000{n}" for n in (10, 24, 25, 26, 27, 28, 29, 30, 31)]


async def room(bank: Bank, more_pages: int | None) -> None:
    """Let the database grow by so many pages, as SQLite itself enforces; None takes the limit away."""

    def act(transaction: SqlTransaction) -> None:
        connection = raw(transaction)
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        most = 2**30 if more_pages is None else pages + more_pages
        connection.execute(f"PRAGMA max_page_count = {most}")

    await bank.house.store.run(act)


async def identified(bank: Bank, customer: str) -> FrontEnd:
    front = await bank.ready()
    assert (await front.prelogin(customer)).status_code == 200
    return front


async def recorded(bank: Bank) -> set[str]:
    """The request ids of every login refused or let in that the audit holds."""

    def query(transaction: SqlTransaction) -> set[str]:
        sql = "SELECT request_id FROM audit_events WHERE type IN ('login:refused', 'login:succeeded')"
        return {row[0] for row in raw(transaction).execute(sql)}

    return await bank.house.store.read(query)


def wrong_logins(fronts: list[FrontEnd], n: int) -> list[tuple[str, "asyncio.Task[httpx.Response]"]]:
    tasks = []
    for front, customer in zip(fronts, CUSTOMERS, strict=True):
        headers = front.headers()
        login = front.login(customer, f"malo{n:03}clave", headers=headers)
        tasks.append((headers["uuid"], asyncio.create_task(login)))
    return tasks


def test_on_a_full_disk_a_login_answered_is_a_login_done_and_the_rest_is_the_documented_500(
    open_bank: OpenBank,
) -> None:
    async def story() -> None:
        # A row of the limit's own size: the counts may go on to any length here.
        many = {"policy.lockout.failures": "100", "policy.lockout.ceiling": "100"}
        async with open_bank(**many) as opened, counted(opened) as house:
            fronts = [await identified(house.bank, customer) for customer in CUSTOMERS]
            before = await recorded(house.bank)
            await room(house.bank, 3)
            done, failed = await fill(fronts)
            assert failed
            held = await recorded(house.bank) - before
            assert done <= held
            # One whose verdict was kept, but not what its answer needed after that, is told the 500 as well.
            assert held - done <= failed
            counted_now = sum(house.guard(customer, Factor.PASSWORD).failures for customer in CUSTOMERS)
            assert counted_now == len(held)
            assert all(house.guard(customer, Factor.PASSWORD).lock is None for customer in CUSTOMERS)
            # Still full: other operations say the same, and nothing of them is done either.
            answer = await fronts[0].call("retrieve_public_key")
            assert answer.status_code in {200, 500}
            await room(house.bank, None)
            await asyncio.sleep(0)
            for front, customer in zip(fronts, CUSTOMERS, strict=True):
                entered = await front.login(customer, PASSWORD)
                assert entered.status_code == 200, entered.text
                assert (await front.logout()).status_code == 204
            # Its sealer is at work beside this; a round of our own leaves nothing unlinked.
            await house.house.audit.seal()
            assert (await house.house.audit.verify(None, lambda _: None)).intact

    asyncio.run(story())


async def fill(fronts: list[FrontEnd]) -> tuple[set[str], set[str]]:
    """Wrong logins of everybody at once until the disk is full: which were answered, which were not."""
    done, failed = set[str](), set[str]()
    for n in range(8):
        for uuid, task in wrong_logins(fronts, n):
            answer = await task
            if answer.status_code == 500:
                assert answer.json()["code"] == "serverUnavailable"
                failed.add(uuid)
            else:
                assert answer.json()["code"] == "6666"
                done.add(uuid)
        if len(failed) > 12:
            break
    return done, failed
