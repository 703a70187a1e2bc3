"""One request too many is turned away at once, before anything of it is counted."""

import asyncio
import os
from collections.abc import AsyncIterator

import httpx
from starlette.applications import Starlette
from starlette.routing import Route
from tests.conftest import Bank, OpenBank
from tests.front_end import FrontEnd

from aldaba.api.in_flight import InFlight
from aldaba.api.oauth import OAuth
from aldaba.crypto.digests import Secret
from aldaba.sandbox.bank import PASSWORD
from aldaba.service.applications import Applications, IssuedToken, NotThisApplication
from aldaba.service.introspection import Introspection
from aldaba.service.records import ccs_id_of

CUSTOMER = "15000010"


def split(answers: list[httpx.Response]) -> tuple[list[httpx.Response], list[httpx.Response]]:
    """Those that were served, and those that were turned away."""
    away = [answer for answer in answers if answer.status_code == 500]
    assert {answer.json()["code"] for answer in away} <= {"serverUnavailable"}
    return [answer for answer in answers if answer.status_code != 500], away


def failures(bank: Bank) -> int:
    ccs_id = ccs_id_of(bank.house.vault.keyring(), CUSTOMER, "")
    profile = bank.house.store.read_blocking(lambda query: query.profiles.find(ccs_id))
    assert profile is not None
    assert profile.password.guard.pending == ()
    return profile.failures


async def identified(bank: Bank) -> FrontEnd:
    front = await bank.ready()
    assert (await front.prelogin(CUSTOMER)).status_code == 200
    return front


def test_what_was_turned_away_may_be_sent_again_as_it_was(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank(**{"policy.throttle.in_flight": "3"}) as bank:
            front = bank.front_end()
            await front.sign_in()
            headers = [front.headers() for _ in range(10)]
            answers = await asyncio.gather(
                *(front.call("retrieve_public_key", headers=each, keep_sid=False) for each in headers)
            )
            served, away = split(answers)
            assert (len(served), len(away)) == (3, 7)
            for each, answer in zip(headers, answers, strict=True):
                again = await front.call("retrieve_public_key", headers=each, keep_sid=False)
                assert again.status_code == (200 if answer in away else 400)

    asyncio.run(story())


def test_a_guess_that_is_turned_away_is_no_attempt(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank(**{"policy.throttle.in_flight": "2"}) as bank:
            fronts = [await identified(bank) for _ in range(8)]
            served, away = split(
                await asyncio.gather(*(front.login(CUSTOMER, "wrong20x") for front in fronts))
            )
            assert (len(served), len(away)) == (2, 6)
            assert failures(bank) == 2
            assert (await fronts[0].login(CUSTOMER, PASSWORD)).status_code == 200

    asyncio.run(story())


def test_one_application_leaves_room_for_the_others(open_bank: OpenBank) -> None:
    async def story() -> None:
        limits = {"policy.throttle.in_flight": "4", "policy.throttle.in_flight_per_application": "3"}
        async with open_bank(**limits) as bank:
            greedy, other = bank.front_end(), bank.front_end(documented=True)
            for front in (greedy, other):
                await front.sign_in()
            calls = [greedy.call("retrieve_public_key", keep_sid=False) for _ in range(9)]
            answers = await asyncio.gather(*calls, other.call("retrieve_public_key"))
            served, _ = split(answers[:-1])
            assert len(served) == 3
            assert answers[-1].status_code == 200

    asyncio.run(story())


def test_whoever_is_not_known_yet_takes_a_quarter_of_the_room_at_most(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank(**{"policy.throttle.in_flight": "8"}) as bank:
            front = bank.front_end()
            await front.sign_in()
            form = {"grant_type": "client_credentials", "client_id": "nobody", "client_secret": "wrong"}
            strangers = [bank.http.post("/api/v1/oauth/token", data=form) for _ in range(10)]
            calls = [front.call("retrieve_public_key", keep_sid=False) for _ in range(6)]
            answers = await asyncio.gather(*strangers, *calls)
            told = [answer.json()["error"] for answer in answers[:10]]
            assert sorted(told) == ["invalid_client"] * 2 + ["temporarily_unavailable"] * 8
            assert {answer.status_code for answer in answers[10:]} == {200}
            await front.sign_in()

    asyncio.run(story())


def test_bodies_that_never_end_keep_nobody_out_of_the_token_endpoint(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank(**{"policy.throttle.in_flight": "8"}) as bank:
            front = await bank.ready()
            begun, never = asyncio.Semaphore(0), asyncio.Event()

            async def unfinished() -> AsyncIterator[bytes]:
                yield b"grant_type="
                begun.release()
                await never.wait()

            form = {"content-type": "application/x-www-form-urlencoded"}
            bearer = {"Authorization": f"Bearer {front.token}"}
            hanging = [
                asyncio.create_task(bank.http.post(path, content=unfinished(), headers=form | more))
                for path, more in [
                    *[("/api/v1/oauth/token", {})] * 3,
                    *[("/api/v1/sessions/introspect", bearer)] * 3,
                ]
            ]
            for _ in hanging:
                await asyncio.wait_for(begun.acquire(), 2)
            await front.sign_in()
            told = await bank.http.post("/api/v1/sessions/introspect", data={"token": "x"}, headers=bearer)
            assert told.json() == {"active": False}
            for each in hanging:
                each.cancel()
            await asyncio.gather(*hanging, return_exceptions=True)

    asyncio.run(story())


def test_a_sign_in_that_hangs_is_given_up_and_gives_its_place_back(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            room, parts = InFlight(bank.house.policy.throttle), bank.house.parts
            never = Never(parts.store, parts.supply, parts.policy, "http://house", parts.clock, os.urandom)
            oauth = OAuth(
                never,
                parts.supply,
                Introspection(parts.sessions, parts.policy, parts.clock),
                room,
                budget_seconds=0.05,
            )
            app = Starlette(routes=[Route("/token", oauth.token, methods=["POST"])])
            form = {"grant_type": "client_credentials", "client_id": "app", "client_secret": "secret"}
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://house") as http:
                for _ in range(bank.house.policy.throttle.in_flight):
                    answer = await http.post("/token", data=form)
                    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")

    asyncio.run(story())


class Never(Applications):
    """Recognises nobody, ever."""

    async def sign_in_by_secret(self, client_id: str, secret: Secret) -> IssuedToken:
        await asyncio.Event().wait()
        raise NotThisApplication(client_id, secret)


def test_whatever_ends_a_request_gives_its_place_back(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank(**{"policy.throttle.in_flight": "1"}) as bank:
            front = await identified(bank)
            for secret in ("wrong20x", ""):
                assert (await front.login(CUSTOMER, secret)).status_code in {400, 401}
            await bank.fault("directory", "down")
            assert (await front.login(CUSTOMER, PASSWORD)).status_code == 500
            await bank.fault("directory", "ok")
            assert (await front.login(CUSTOMER, PASSWORD)).status_code == 200

    asyncio.run(story())
