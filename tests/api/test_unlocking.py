"""Unlocking one's own access: every way in, who proves what, and the order of the refusals."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest
from tests.api.wire import Letter, by_day, post, registered, row, said_so
from tests.conftest import Bank, OpenBank
from tests.front_end import FrontEnd, Keys, uuid7

from aldaba.sandbox.bank import BOTH, PASSWORD

CUSTOMER = "customer.encryptedCustomerId"
REPRESENTATIVE = "customer.legalRepresentativeId"
LOCKED = "15000015"
BY_THE_WAY_IN = pytest.mark.parametrize("way", ["bearer", "session keys", "registered keys"])


def refused(answer: httpx.Response, status: int, code: str, location: str | None) -> None:
    said_so(answer, row("unlock_access", status, code), location=location)


async def front_end(bank: Bank, way: str) -> FrontEnd:
    """A front end whose requests to unlock carry a token, only session keys, or registered keys alone."""
    if way == "registered keys":
        front = bank.front_end()
        given = await bank.house.administration.registration.register_keys(front.client_id, "a test")
        ek, hk = (bytes.fromhex(key.reveal()) for key in (given.ek, given.hk))
        front.keys = Keys("bound-1", ek=ek, hk=hk)
        return front
    return await bank.ready()


def headers_of(front: FrontEnd, way: str, **changes: str | None) -> dict[str, str]:
    usual = {} if way == "bearer" else {"Authorization": None}
    return front.headers(**({"uuid": uuid7()} | usual | changes))


async def unlocked(front: FrontEnd, way: str, user: str = LOCKED, **more: Any) -> httpx.Response:
    token = more.pop("token", None) or await front.vendor_jwt(user)
    headers = more.pop("headers", None) or headers_of(front, way)
    return await front.unlock(user, token, headers=headers, **more)


async def action(bank: Bank, user: str) -> int:
    told: int = (await (await bank.ready()).prelogin(user)).json()["nextLoginActionCode"]
    return told


@BY_THE_WAY_IN
def test_a_locked_customer_comes_in_every_way(open_bank: OpenBank, way: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await front_end(bank, way)
            for user in ("15000015", "15000016"):
                assert await action(bank, user) == 4
                answer = await unlocked(front, way, user)
                assert answer.status_code == 204, answer.text
                assert answer.content == b""
                assert answer.headers.get("sid") == front.sid
                assert await action(bank, user) == 1
                again = await bank.ready()
                await again.prelogin(user)
                login = await again.login(user, PASSWORD)
                assert login.json()["credentialStatus"] == "CHPWD"
                refused(await unlocked(front, way, user), 422, "businessValidationFailed", CUSTOMER)
            preventive = await unlocked(front, way, "15000017")
            refused(preventive, 422, "businessValidationFailed", CUSTOMER)
            assert await action(bank, "15000017") == 4

    asyncio.run(story())


@BY_THE_WAY_IN
def test_a_wrong_mac_does_not_spend_the_uuid_where_only_the_mac_proves(open_bank: OpenBank, way: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await front_end(bank, way)
            headers = headers_of(front, way)
            forged = replace(front, keys=Keys("bound-1"))
            wrong = await unlocked(forged, way, headers=headers)
            refused(wrong, 400, "cannotDecryptData", CUSTOMER)
            right = await unlocked(front, way, headers=headers)
            if way == "bearer":
                refused(right, 400, "invalidRequest", "uuid")
                return
            assert right.status_code == 204, right.text
            refused(await unlocked(front, way, headers=headers), 400, "invalidRequest", "uuid")
            loud = headers | {"uuid": headers["uuid"].upper()}
            refused(await unlocked(front, way, headers=loud), 400, "invalidRequest", "uuid")

    asyncio.run(story())


@BY_THE_WAY_IN
def test_a_refusal_after_the_proof_spends_the_uuid_and_not_the_token(open_bank: OpenBank, way: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await front_end(bank, way)
            token, headers = await front.vendor_jwt(LOCKED, "3"), headers_of(front, way)
            answer = await unlocked(front, way, token=token, headers=headers, grant="3")
            refused(answer, 404, "resourceNotFound", "grantType")
            again = await unlocked(front, way, token=token, headers=headers, grant="3")
            refused(again, 400, "invalidRequest", "uuid")
            once = await front.vendor_jwt(LOCKED)
            await bank.fault("directory", "down")
            answer = await unlocked(front, way, token=once)
            refused(answer, 500, "serverUnavailable", None)
            await bank.fault("directory", "ok")
            assert (await unlocked(front, way, token=once)).status_code == 204

    asyncio.run(story())


def test_without_a_session_the_uuid_is_of_version_7_and_fresh(open_bank: OpenBank) -> None:
    way = "registered keys"

    async def story() -> None:
        async with open_bank() as bank:
            front = await front_end(bank, way)
            old = uuid7()
            for uuid in ("0d9a3c53-5fc7-4bb9-9b7f-1f3b4a1c2d3e", "0190c6f5-4d5e-7abc-9def-0123456789ab"):
                answer = await unlocked(front, way, headers=headers_of(front, way, uuid=uuid))
                refused(answer, 400, "cannotDecryptData", CUSTOMER)
            await bank.advance("PT5M1S")
            answer = await unlocked(front, way, headers=headers_of(front, way, uuid=old))
            refused(answer, 400, "cannotDecryptData", CUSTOMER)

    asyncio.run(story())


def test_without_any_keys_nothing_opens(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            keyed = await bank.ready()
            bare = bank.front_end()
            bare.keys = keyed.keys
            for way in ("bearer", "registered keys"):
                bare.token = keyed.token
                refused(await unlocked(bare, way), 400, "cannotDecryptData", CUSTOMER)

    asyncio.run(story())


def test_a_token_that_is_sent_must_be_good_though_none_need_be(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            another = await bank.ready(documented=True)
            for token in ("Bearer a.b.c", "Basic eDp5", f"Bearer {another.token}", ""):
                headers = headers_of(front, "bearer", Authorization=token)
                refused(
                    await unlocked(front, "bearer", headers=headers), 401, "unAuthorized", "Authorization"
                )
            headers = headers_of(front, "bearer", client_id="nobody", Authorization=None)
            refused(await unlocked(front, "bearer", headers=headers), 401, "unAuthorized", "client_id")
            headers = headers_of(front, "bearer", client_id=None, Authorization=None)
            refused(await unlocked(front, "bearer", headers=headers), 401, "unAuthorized", "client_id")
            headers = headers_of(front, "bearer", client_id=None, Authorization=None)
            headers["X-IBM-Client-Id"] = front.client_id
            assert (await unlocked(front, "bearer", headers=headers)).status_code == 204

    asyncio.run(story())


def test_another_applications_session_proves_nothing(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front, another = await bank.ready(), await bank.ready(documented=True)
            for sid in (another.sid, "A" * 43):
                headers = headers_of(front, "session keys", sid=sid)
                answer = await unlocked(front, "session keys", headers=headers)
                refused(answer, 401, "unAuthorized", "sid")
            answer = await unlocked(front, "session keys", headers=headers_of(front, "session keys"))
            assert answer.status_code == 204

    asyncio.run(story())


def test_refusals_come_in_the_documented_order(open_bank: OpenBank) -> None:
    """Signature and claims, functional id, customer, the vendor's customer, lock and representative."""

    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            jwt = front.vendor_jwt
            for user, token, grant, status, code, place in (
                ("99999999", await jwt(LOCKED, "3"), "3", 401, "unAuthorized", "jwtToken"),
                ("99999999", "a.b.c", "3", 401, "unAuthorized", "jwtToken"),
                (LOCKED, await jwt(LOCKED), "3", 401, "unAuthorized", "jwtToken"),
                (LOCKED, await jwt(LOCKED, "3"), None, 401, "unAuthorized", "jwtToken"),
                ("99999999", await jwt("99999999", "3"), "3", 404, "resourceNotFound", "grantType"),
                ("99999999", await jwt("99999999", "9"), "9", 404, "resourceNotFound", "grantType"),
                ("99999999", await jwt("99999999"), "2", 404, "resourceNotFound", CUSTOMER),
                ("15000024", await jwt("15000024"), None, 401, "unAuthorized", CUSTOMER),
                ("15000022", await jwt("15000022"), None, 401, "unAuthorized", CUSTOMER),
                ("15000025", await jwt("15000025"), None, 422, "businessValidationFailed", CUSTOMER),
                ("15000017", await jwt("15000017"), None, 422, "businessValidationFailed", CUSTOMER),
            ):
                answer = await unlocked(front, "bearer", user, token=token, grant=grant)
                refused(answer, status, code, place)

    asyncio.run(story())


def test_a_token_serves_once_and_is_no_good_late_or_early(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            used, stale = await front.vendor_jwt("15000015"), await front.vendor_jwt("15000016")
            assert (await unlocked(front, "bearer", token=used)).status_code == 204
            refused(await unlocked(front, "bearer", token=used), 401, "unAuthorized", "jwtToken")
            await bank.advance("PT2M31S")
            answer = await unlocked(front, "bearer", "15000016", token=stale)
            refused(answer, 401, "unAuthorized", "jwtToken")

    asyncio.run(story())


def company(number: str, *people: str) -> dict[str, Any]:
    access = BOTH | {"locked": "D"}
    return {
        "customerId": number,
        "name": "FERRETERIA DEL NORTE",
        "customerType": 1506,
        "electronicBanking": "active",
        "transmitCustomer": True,
        "legalRepresentatives": [{"id": one, "name": "ELENA TORRES", "access": access} for one in people],
    }


def test_a_company_is_unlocked_for_one_representative(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await bank.imported(company("16000001", "1"), company("16000002", "1", "2"), company("16000003"))
            front = await bank.ready()

            async def tried(user: str, whose: str, **more: str) -> httpx.Response:
                return await unlocked(front, "bearer", user, token=await front.vendor_jwt(whose), **more)

            broken = (422, "businessValidationFailed", REPRESENTATIVE)
            refused(await tried("16000003", "16000003"), *broken)
            refused(await tried("16000002", "16000002"), *broken)
            refused(await tried("16000002", "16000002-2"), *broken)
            refused(await tried("16000002", "16000002-3", representative="3"), *broken)
            refused(await tried("16000002", "16000002", representative="2"), *broken)
            mixed = await tried("16000002", "16000002-1", representative="2")
            refused(mixed, 401, "unAuthorized", "jwtToken")
            person = await tried("15000016", "15000016", representative="1")
            refused(person, *broken)
            both = await tried("16000002-1", "16000002-1", representative="2")
            refused(both, 400, "invalidRequest", REPRESENTATIVE)

            assert (await tried("16000002", "16000002-2", representative="02")).status_code == 204
            assert await action(bank, "16000002-1") == 4
            assert await action(bank, "16000002-2") == 1
            assert (await tried("16000002-1", "16000002-1")).status_code == 204
            assert (await tried("16000001", "16000001")).status_code == 204

    asyncio.run(story())


def test_a_profile_without_a_password_only_loses_its_lock(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            line = {"customerId": "16000004", "name": "ROSA MORA", "customerType": 1551}
            access = {"pin": "30203021", "locked": "S"}
            await bank.imported(
                line | {"electronicBanking": "active", "transmitCustomer": True, "access": access}
            )
            assert await action(bank, "16000004") == 4
            front = await bank.ready()
            assert (await unlocked(front, "bearer", "16000004")).status_code == 204
            assert await action(bank, "16000004") == 2
            login = await bank.ready()
            await login.prelogin("16000004")
            assert (await login.login("16000004", "30203021", "pin")).json()["credentialStatus"] == "ACPWD"

    asyncio.run(story())


def test_a_living_session_of_the_customer_ends(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            await front.prelogin("15000025")
            assert (await front.login("15000025", PASSWORD)).status_code == 200
            guesser = await bank.ready()
            await guesser.prelogin("15000025")
            for _ in range(5):
                await guesser.login("15000025", "andador99x")
            assert (await front.challenge()).status_code == 200
            assert (await unlocked(await bank.ready(), "bearer", "15000025")).status_code == 204
            gone = await front.challenge()
            said_so(gone, row("retrieve_challenge", 401, "unAuthorized"), location="sid")

    asyncio.run(story())


def test_one_client_id_may_try_so_often_a_minute_and_no_other_pays_for_it(open_bank: OpenBank) -> None:
    async def story() -> None:
        limit = {"policy.vendor.unlock_tries_per_application_and_minute": "3"}
        async with open_bank(**limit) as bank:
            await by_day(bank)
            front, another = await bank.ready(), await bank.ready(documented=True)
            second = bank.house.clock().second
            await bank.advance(f"PT{61 - second}S")
            forged = replace(front, keys=Keys("bound-1"))
            for _ in range(3):
                answer = await unlocked(forged, "session keys")
                refused(answer, 400, "cannotDecryptData", CUSTOMER)
            refused(await unlocked(front, "session keys"), 422, "businessValidationFailed", None)
            letter = Letter("unlock_access", headers_of(front, "session keys", uuid="x"), [])
            refused(await post(bank, letter), 422, "businessValidationFailed", None)
            # A bearer token names an application that proved itself: nobody else can use up its tries.
            assert (await unlocked(front, "bearer", "15000016")).status_code == 204
            for _ in range(2):
                refused(await unlocked(forged, "bearer"), 400, "cannotDecryptData", CUSTOMER)
            refused(await unlocked(front, "bearer"), 422, "businessValidationFailed", None)
            refused(
                await unlocked(another, "session keys", "15000016"), 422, "businessValidationFailed", CUSTOMER
            )
            await bank.advance("PT1M")
            assert (await unlocked(front, "session keys")).status_code == 204

    asyncio.run(story())


def test_what_an_application_was_not_granted_is_refused_without_a_token_too(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            narrow = await registered(bank, "narrow", operations=frozenset({"login"}))
            for changes, place in (
                ({"countryCode": "US"}, "countryCode"),
                ({"businessCode": "XYZ"}, "businessCode"),
                ({"client_id": narrow.client_id}, "operation"),
            ):
                headers = headers_of(front, "session keys", **changes)
                answer = await unlocked(front, "session keys", headers=headers)
                refused(answer, 403, "accessNotConfigured", place)
            headers = headers_of(front, "session keys", countryCode="US")
            await unlocked(front, "session keys", headers=headers)
            right = headers_of(front, "session keys", uuid=headers["uuid"])
            assert (await unlocked(front, "session keys", headers=right)).status_code == 204

    asyncio.run(story())
