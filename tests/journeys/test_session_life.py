"""A session climbs, changes its handle at a login, outlives a lost answer, and ends to the second."""

import asyncio

import pytest
from tests.conftest import Bank, OpenBank
from tests.front_end import FrontEnd

from aldaba.sandbox.bank import PASSWORD, TEMPORARY_PIN

USER = "15000024"


async def arrived(bank: Bank, user: str = USER, profile: str = "bound-1") -> FrontEnd:
    front = await bank.ready(profile)
    assert (await front.prelogin(user)).status_code == 200
    return front


async def alive(front: FrontEnd) -> bool:
    """Whether its sid is good; asking keeps it awake."""
    answer = await front.call("credentials_status", {"customerId": USER}, keep_sid=False)
    assert answer.status_code in {200, 401}, answer.text
    if answer.status_code == 401:
        assert answer.json()["location"] == "sid"
    return answer.status_code == 200


async def introspected(bank: Bank, front: FrontEnd) -> bool:
    """Whether the session is an authenticated one; looking doesn't keep it awake."""
    answer = await bank.http.post(
        "/api/v1/sessions/introspect",
        data={"token": front.sid},
        headers={"Authorization": f"Bearer {front.token}"},
    )
    assert answer.status_code == 200, answer.text
    return bool(answer.json()["active"])


@pytest.mark.parametrize(
    ("waited", "expected"), [("PT4M59S", True), ("PT5M", False)], ids=["awake", "asleep"]
)
def test_a_session_ends_after_five_idle_minutes_to_the_second(
    open_bank: OpenBank, waited: str, *, expected: bool
) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            anonymous = await bank.ready()
            authenticated = await arrived(bank)
            assert (await authenticated.login(USER, PASSWORD)).status_code == 200
            await bank.advance(waited)
            assert await introspected(bank, authenticated) == expected
            for front in (anonymous, authenticated):
                assert await alive(front) == expected
            again = await arrived(bank)
            assert (await again.login(USER, PASSWORD)).status_code == (401 if expected else 200)

    asyncio.run(story())


def test_a_session_kept_awake_ends_after_an_hour_to_the_second(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await arrived(bank)
            assert (await front.login(USER, PASSWORD)).status_code == 200
            for _ in range(14):
                await bank.advance("PT4M15S")
                await front.sign_in()
                assert await alive(front)
            await bank.advance("PT28S")
            await front.sign_in()
            assert await alive(front)
            await bank.advance("PT2S")
            assert not await alive(front)

    asyncio.run(story())


@pytest.mark.parametrize("profile", ["bound-1", "portal"])
def test_a_login_gives_a_new_handle_and_the_old_one_is_good_for_nothing_else(
    open_bank: OpenBank, profile: str
) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await arrived(bank, profile=profile)
            old = front.sid
            assert (await front.login(USER, PASSWORD)).status_code == 200
            new, front.sid = front.sid, old
            assert new != old
            assert not await alive(front)
            assert (await front.prelogin(USER)).status_code == 401
            assert (await front.logout()).status_code == 400
            assert not await introspected(bank, front)
            front.sid = new
            assert await alive(front)
            assert await introspected(bank, front)

    asyncio.run(story())


@pytest.mark.parametrize("profile", ["bound-1", "portal"])
def test_a_lost_answer_is_asked_for_again_on_the_old_handle(open_bank: OpenBank, profile: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await arrived(bank, profile=profile)
            old = front.sid
            assert (await front.login(USER, PASSWORD)).status_code == 200
            lost, front.sid = front.sid, old
            if profile == "portal":
                await forgets_what_the_lost_answer_brought(front)
            assert (await front.login(USER, "andador99x")).json()["code"] == "6666"
            assert (await front.login(USER, PASSWORD)).status_code == 200
            kept = front.sid
            assert kept not in {lost, old}
            front.sid = lost
            assert not await alive(front)
            front.sid = kept
            assert await introspected(bank, front)
            assert (await front.logout()).status_code == 204
            front.sid = old
            assert (await front.login(USER, PASSWORD)).status_code == 401

    asyncio.run(story())


async def forgets_what_the_lost_answer_brought(front: FrontEnd) -> None:
    """A server random, which comes again with the next answer, be it a refusal."""
    assert front.keys is not None
    front.keys.randoms[:] = ["F" * 32]
    refused = await front.login(USER, PASSWORD)
    assert refused.json()["code"] == "cannotDecryptData"
    assert "eventId" in refused.headers


@pytest.mark.parametrize(("waited", "status"), [("PT59S", 200), ("PT1M", 401)])
def test_the_old_handle_stands_for_a_minute(open_bank: OpenBank, waited: str, status: int) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await arrived(bank)
            old = front.sid
            assert (await front.login(USER, PASSWORD)).status_code == 200
            await bank.advance(waited)
            front.sid = old
            answer = await front.login(USER, PASSWORD)
            assert answer.status_code == status
            if status == 401:
                assert (answer.json()["code"], answer.json()["location"]) == ("unAuthorized", "sid")

    asyncio.run(story())


def test_a_second_lost_answer_does_not_lengthen_the_minute(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await arrived(bank)
            old = front.sid
            assert (await front.login(USER, PASSWORD)).status_code == 200
            await bank.advance("PT40S")
            front.sid = old
            assert (await front.login(USER, PASSWORD)).status_code == 200
            await bank.advance("PT40S")
            front.sid = old
            assert (await front.login(USER, PASSWORD)).status_code == 401

    asyncio.run(story())


def test_a_temporary_pin_serves_the_retry_of_its_own_login_and_no_other(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await arrived(bank, "15000011")
            old = front.sid
            assert (await front.login("15000011", TEMPORARY_PIN, "pin")).status_code == 200
            other = await arrived(bank, "15000011")
            assert (await other.login("15000011", TEMPORARY_PIN, "pin")).json()["code"] == "6666"
            front.sid = old
            retried = await front.login("15000011", TEMPORARY_PIN, "pin")
            assert retried.json()["credentialStatus"] == "NEW"
            answer = await front.set_credentials("NEW", pin="74019263", password="tecla47brisa")
            assert answer.status_code == 204
            front.sid = old
            assert (await front.login("15000011", TEMPORARY_PIN, "pin")).status_code == 401

    asyncio.run(story())


def test_a_server_random_spent_by_a_login_is_spent_on_both_handles(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await arrived(bank, profile="portal")
            old = front.sid
            assert front.keys is not None
            spent = front.keys.randoms[-1]
            assert (await front.login(USER, PASSWORD)).status_code == 200
            front.keys.randoms[:] = [spent]
            change = await front.set_credentials("NONE", password="tecla47brisa")
            assert (change.status_code, change.json()["code"]) == (400, "invalidRequest")
            front.sid = old
            front.keys.randoms[:] = [spent]
            assert (await front.login(USER, PASSWORD)).json()["code"] == "cannotDecryptData"

    asyncio.run(story())


def test_a_session_may_be_identified_again_until_it_is_authenticated(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await arrived(bank, "15000010")
            assert (await front.prelogin(USER)).status_code == 200
            wrong = await front.login("15000010", PASSWORD)
            assert (wrong.status_code, wrong.json()["location"]) == (400, "customerCredentials.userId")
            assert (await front.login(USER, PASSWORD)).status_code == 200
            assert (await front.prelogin(USER)).status_code == 422
            assert (await front.exchange()).status_code == 422

    asyncio.run(story())


def test_every_first_request_gets_a_session_of_its_own(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            handles = set()
            for _ in range(3):
                front = bank.front_end()
                await front.sign_in()
                assert (await front.call("retrieve_public_key")).status_code == 200
                handles.add(front.sid)
            assert len(handles) == 3
            assert all(handle is not None and len(handle) >= 43 for handle in handles)
            bare = bank.front_end()
            await bare.sign_in()
            refused = await bare.call("login", {"customerCredentials": {}})
            assert refused.status_code == 400
            assert "sid" not in refused.headers

    asyncio.run(story())


def test_an_application_opens_so_many_sessions_an_hour(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank(**{"policy.session.opened_per_application_and_hour": "3"}) as bank:
            front = bank.front_end()
            await front.sign_in()
            for expected in (200, 200, 200, 403):
                front.sid = None
                answer = await front.call("retrieve_public_key")
                assert answer.status_code == expected
            assert answer.json()["location"] == "sid"
            await bank.advance("PT1H")
            await front.sign_in()
            assert (await front.call("retrieve_public_key")).status_code == 200

    asyncio.run(story())
