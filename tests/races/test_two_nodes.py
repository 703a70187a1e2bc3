"""Two nodes of one house are one bank: whatever node a request comes to, and however many at once."""

import asyncio
from collections import Counter
from datetime import timedelta

import httpx
import pytest
from tests.conftest import Bank, OpenBank
from tests.front_end import FrontEnd
from tests.nodes import follow

from aldaba.sandbox.bank import phone_number
from aldaba.service.records import ccs_id_of

CUSTOMER, PIN, PASSWORD = "15000030", "30203021", "mobile20x"
FIVE = [f"150000{n}" for n in (24, 25, 26, 27, 28)]
WITHIN_SECONDS = 1.0


@pytest.fixture(params=("postgres", "postgres+valkey"))
def ground(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def nodes() -> int:
    return 2


async def identified(bank: Bank, customer: str = CUSTOMER) -> FrontEnd:
    front = await bank.ready()
    assert (await front.prelogin(customer)).status_code == 200
    return front


def codes(answers: list[httpx.Response]) -> Counter[str]:
    return Counter(
        answer.json()["code"] if answer.status_code >= 400 else str(answer.status_code) for answer in answers
    )


def test_a_story_is_told_by_both_in_turn(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await identified(bank)
            assert (await front.login(CUSTOMER, PASSWORD)).status_code == 200
            assert (await (await identified(bank)).login(CUSTOMER, PASSWORD)).json()["code"] == "8008"
            assert (await front.challenge()).status_code == 200
            assert (await front.logout()).status_code == 204
            again = await identified(bank)
            assert (await again.login(CUSTOMER, PASSWORD)).status_code == 200

    asyncio.run(story())


def test_wrong_pins_at_once_to_both_get_no_more_looks_than_to_one(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            fronts = [await identified(bank) for _ in range(4)]
            guesses = [fronts[n % 4].login(CUSTOMER, f"4{n:07}", "pin") for n in range(60)]
            found = codes(await asyncio.gather(*guesses))
            assert (found["6666"], found["6666"] + found["8006"]) == (4, 60)
            assert (await fronts[0].login(CUSTOMER, PIN, "pin")).json()["code"] == "8006"
            ccs_id = ccs_id_of(bank.houses[0].vault.keyring(), CUSTOMER, "")
            profile = await bank.houses[1].store.read(lambda query: query.profiles.find(ccs_id))
            assert profile is not None
            assert profile.pin.guard.lock is not None
            assert (profile.pin.guard.failures, profile.pin.guard.pending) == (5, ())

    asyncio.run(story())


def test_right_passwords_at_once_to_both_open_one_session(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            fronts = [await identified(bank) for _ in range(12)]
            found = codes(await asyncio.gather(*(front.login(CUSTOMER, PASSWORD) for front in fronts)))
            assert found["200"] == 1
            assert set(found) <= {"200", "8008", "8006"}

    asyncio.run(story())


def test_a_request_id_is_good_once_whichever_node_it_comes_to(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            headers = front.headers()
            asked = [front.call("retrieve_public_key", headers=headers) for _ in range(8)]
            found = Counter(answer.status_code for answer in await asyncio.gather(*asked))
            assert found == {200: 1, 400: 7}

    asyncio.run(story())


def test_what_one_node_changes_the_other_sees_within_a_second(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            one, other = bank.houses
            assert one.sandbox is not None
            await one.sandbox.advance(timedelta(days=1))
            assert await one.sandbox.switch("cards", "slow")
            await bank.houses[0].supply.rotate_if_due()
            await bank.houses[0].administration.registration.disable(front.client_id, "an operator")
            await asyncio.sleep(WITHIN_SECONDS)
            assert abs((one.clock() - other.clock()).total_seconds()) < 60
            assert other.sandbox is not None
            assert other.sandbox.faults.mode("cards") == "slow"
            keys = [await house.supply.current() for house in bank.houses]
            assert keys[0].key_id == keys[1].key_id
            answers = [await front.call("retrieve_public_key") for _ in range(2)]
            assert {answer.status_code for answer in answers} == {401}

    asyncio.run(story())


def test_a_fault_is_on_at_both_nodes_and_after_a_restart_until_it_is_off(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            await bank.fault("directory", "down")
            assert [(await front.prelogin(CUSTOMER)).status_code for _ in bank.houses] == [500, 500]
        async with open_bank() as bank:
            await follow(bank.houses)
            front = await bank.ready()
            await bank.fault("keys", "down")
            await bank.fault("keys", "ok")
            assert [(await front.prelogin(CUSTOMER)).status_code for _ in bank.houses] == [500, 500]
            assert (await bank.http.post("/sandbox/reset")).status_code == 204
            assert [(await front.prelogin(CUSTOMER)).status_code for _ in bank.houses] == [200, 200]

    asyncio.run(story())


def test_a_notice_is_told_once(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            for customer in FIVE:
                front = await identified(bank, customer)
                for attempt in range(5):
                    await front.login(customer, f"malo{attempt}clave")
            store = bank.houses[0].store
            while await store.read(lambda query: query.notices.due(bank.houses[0].clock(), 1)):
                await asyncio.gather(*(house.notices.work_once(house.clock()) for house in bank.houses))
            # What a node's own background work has taken may still be on its way.
            await asyncio.sleep(0.2)
            told = [await bank.front_end().messages(f"+52{phone_number(customer)}") for customer in FIVE]
            assert [len(messages) for messages in told] == [1] * 5

    asyncio.run(story())


def test_the_audit_of_both_is_one_chain(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            fronts = [await identified(bank) for _ in range(6)]
            await asyncio.gather(*(front.login(CUSTOMER, f"malo{n}clave") for n, front in enumerate(fronts)))
            await asyncio.gather(*(house.audit.seal() for house in bank.houses))
            await bank.houses[0].audit.seal()
            report = await bank.houses[1].audit.verify()
            assert report.intact, report.damages
            assert report.linked > 6

    asyncio.run(story())
