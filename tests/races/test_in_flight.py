"""What happens to a login that is already under way when something changes beneath it."""

import asyncio
import json

from tests.conftest import OpenBank
from tests.front_end import FrontEnd
from tests.races.counted_house import Counted, counted, never

from aldaba.crypto.passwords import HashParameters, hash_password
from aldaba.domain.session import Factor

PIN, PASSWORD, TEMPORARY = "30203021", "mobile20x", "71502846"


async def held_back(house: Counted, front: FrontEnd, *login: str) -> "asyncio.Task[int]":
    """A login that has reserved its attempt and now stands before the secret."""
    house.hasher.gate.clear()
    seen = len(house.hasher.looked)

    async def trying() -> int:
        return (await front.login(*login)).status_code

    task = asyncio.create_task(trying())
    for _ in range(500):
        if len(house.hasher.looked) > seen:
            return task
        await asyncio.sleep(0.01)
    raise AssertionError("the login never came to the hasher")


async def ready(house: Counted, customer: str) -> FrontEnd:
    front = await house.bank.ready()
    assert (await front.prelogin(customer)).status_code == 200
    return front


def test_a_login_that_was_looking_while_the_credentials_were_reset_does_not_get_in(
    open_bank: OpenBank,
) -> None:
    async def story() -> None:
        async with open_bank() as opened, counted(opened) as house:
            front = await ready(house, "15000030")
            looking = await held_back(house, front, "15000030", PASSWORD)
            await house.house.administration.temporary_pin("15000030", "forgotten", "test")
            house.hasher.gate.set()
            assert await looking == 401
            profile = house.profile("15000030")
            assert profile is not None
            assert profile.live_session is None
            assert (profile.password.guard.failures, profile.password.guard.pending) == (0, ())

    asyncio.run(story())


async def imported(house: Counted, **access: str) -> None:
    line = {"customerId": "15000030", "name": "ARTURO HERNANDEZ", "customerType": 1551, "access": access}
    report = await house.house.customer_import.import_lines([json.dumps(line).encode()], actor="test")
    assert report.refused == ()


def test_a_fresh_hash_of_an_old_password_never_takes_the_place_of_a_new_one(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as opened, counted(opened) as house:
            # Hashed with other parameters than the house's: a right login makes a fresh hash of it.
            foreign = hash_password(PASSWORD, HashParameters(memory_kib=16, passes=2))
            await imported(house, passwordHash=foreign)
            front = await ready(house, "15000030")
            looking = await held_back(house, front, "15000030", PASSWORD)
            await imported(house, password="nuevo71clave")
            house.hasher.gate.set()
            assert await looking == 401
            again = await ready(house, "15000030")
            assert (await again.login("15000030", PASSWORD)).json()["code"] == "6666"
            assert (await again.login("15000030", "nuevo71clave")).status_code == 200

    asyncio.run(story())


def test_a_temporary_pin_opens_one_session_however_many_stand_before_it(open_bank: OpenBank) -> None:
    async def story() -> None:
        settings = {"policy.session.second_login": "replace"}
        async with open_bank(**settings) as opened, counted(opened) as house:
            fronts = [await ready(house, "15000011") for _ in range(4)]
            tasks = [await held_back(house, front, "15000011", TEMPORARY, "pin") for front in fronts]
            house.hasher.gate.set()
            assert sorted(await asyncio.gather(*tasks)) == [200, 401, 401, 401]
            guard = house.guard("15000011", Factor.PIN)
            assert (guard.failures, guard.pending, guard.lock) == (0, (), None)

    asyncio.run(story())


def test_a_customer_removed_meanwhile_does_not_come_back_with_the_login(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as opened, counted(opened) as house:
            front = await ready(house, "15000030")
            for secret in (PASSWORD, "wrong51guess"):
                looking = await held_back(house, front, "15000030", secret)
                await house.house.administration.remove("15000030", "test", "test")
                house.hasher.gate.set()
                assert await looking == 401
                profile = house.profile("15000030")
                assert profile is None or profile.decoy
                assert (await opened.http.post("/sandbox/reset")).status_code == 204
                front = await ready(house, "15000030")

    asyncio.run(story())


def test_a_request_given_up_while_its_attempt_is_being_reserved_charges_nothing(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as opened, counted(opened) as house:
            front = await ready(house, "15000030")
            house.pace.late = lambda: 0.2
            trying = asyncio.create_task(front.login("15000030", PASSWORD))
            for _ in range(500):
                if house.guard("15000030", Factor.PASSWORD).pending:
                    break
                await asyncio.sleep(0.01)
            house.pace.late = never
            trying.cancel()
            await asyncio.gather(trying, return_exceptions=True)
            await asyncio.sleep(0.3)
            guard = house.guard("15000030", Factor.PASSWORD)
            assert (guard.failures, guard.pending) == (0, ())

    asyncio.run(story())


def test_a_server_random_spent_by_the_login_stays_spent_in_the_new_session(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as opened, counted(opened) as house:
            front = await house.bank.ready("portal")
            assert (await front.prelogin("15000029")).status_code == 200
            assert front.keys is not None
            used = front.keys.randoms[-1]
            assert (await front.login("15000029", PASSWORD)).status_code == 200
            front.keys.randoms.append(used)
            answer = await front.set_credentials("NONE", password="otra83clave")
            assert answer.status_code == 400, answer.text
            assert answer.json()["location"] == "newEncryptedAccessCredential"
            fresh = await front.set_credentials("NONE", password="otra83clave")
            assert fresh.status_code == 204, fresh.text

    asyncio.run(story())
