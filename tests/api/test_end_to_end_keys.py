"""Keys of end-to-end encryption: signed public key, rotation, exchange, and keys without a session."""

import asyncio
import base64
import json
import os
import time
import uuid
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from joserfc import jws
from joserfc.jwk import ECKey
from tests.api.test_sealed_values import without_what_differs
from tests.api.wire import row, said_so
from tests.conftest import Bank, OpenBank
from tests.front_end import PATHS, FrontEnd, Keys, offer

USER = "15000010"
PATIENCE = 20.0
"""Seconds of real time that background work is given; it comes round every second."""


def number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


async def public_key(front: FrontEnd) -> dict[str, str]:
    answer = await front.call("retrieve_public_key")
    assert answer.status_code == 200, answer.text
    told: dict[str, str] = answer.json()
    return told


async def newcomer(bank: Bank) -> FrontEnd:
    """A front end without a session yet."""
    front = bank.front_end()
    await front.sign_in()
    return front


def test_the_public_key_is_signed_by_the_published_root(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            told = await public_key(await newcomer(bank))
            published = await bank.http.get("/.well-known/aldaba-e2e-root.json")
            assert published.headers["Access-Control-Allow-Origin"] == "*"
            root = published.json()
            assert "d" not in root
            assert (root["kty"], root["crv"], root["alg"]) == ("EC", "P-256", "ES256")
            signed = jws.deserialize_compact(told["signedKey"], ECKey.import_key(root), algorithms=["ES256"])
            claims = json.loads(signed.payload)
            assert claims["kid"] == told["keyId"]
            assert number(claims["n"]) == int(told["modulus"], 16)
            assert number(claims["e"]) == int(told["exponent"], 16) == 65537
            assert told["exponent"] == "010001"
            left = claims["exp"] - bank.house.clock().timestamp()
            assert 24 * 3600 < left <= 25 * 3600 + 5

    asyncio.run(story())


async def rotated(bank: Bank, before: str) -> str:
    """The key new sessions are shown once background work has brought in the next one."""
    until = time.monotonic() + PATIENCE
    front = await newcomer(bank)
    while time.monotonic() < until:
        front.sid = None
        told = await public_key(front)
        if told["keyId"] != before:
            return told["keyId"]
    raise AssertionError("the key was not rotated")


def test_a_session_keeps_its_key_while_the_background_rotates_it(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            first = await public_key(await newcomer(bank))
            await bank.advance("PT23H58M")
            here = await newcomer(bank)
            shown = await public_key(here)
            assert shown == first
            await bank.advance("PT2M1S")
            second = await rotated(bank, first["keyId"])
            assert await public_key(here) == first, "the same answer throughout one session"

            there = await newcomer(bank)
            assert (await public_key(there))["keyId"] == second
            keys = Keys("bound-1")
            foreign = await there.call("exchange_keys", offer(first, keys))
            said_so(foreign, row("exchange_keys", 404, "resourceNotFound"), location="keyId")

            here.keys = Keys("bound-1")
            assert (await here.call("exchange_keys", offer(shown, here.keys))).status_code == 200
            assert (await here.prelogin(USER)).status_code == 200

            await bank.advance("PT1H1S")
            await bank.house.supply.rotate_if_due()
            assert await bank.house.supply.find(first["keyId"]) is None
            kept = await bank.house.store.read(lambda query: query.key_pairs.all("e2e"))
            assert first["keyId"] not in {pair.key_id for pair in kept}
            late = await newcomer(bank)
            gone = await late.call("exchange_keys", offer(first, keys))
            said_so(gone, row("exchange_keys", 404, "resourceNotFound"), location="keyId")

    asyncio.run(story())


def test_without_a_key_id_the_key_the_session_was_shown_is_meant(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await newcomer(bank)
            public = await public_key(front)
            front.keys = Keys("bound-1")
            body = offer(public, front.keys)
            del body["keyId"]
            answer = await front.call("exchange_keys", body)
            assert set(answer.json()) == {"expiresIn"}
            assert 3500 < answer.json()["expiresIn"] <= 3600
            assert (await front.prelogin(USER)).status_code == 200
            sessionless = await newcomer(bank)
            sessionless.keys = Keys("portal")
            body = offer(public, sessionless.keys)
            del body["keyId"], body["algorithm"]
            body = {name: value.lower() for name, value in body.items()}
            answer = await sessionless.call("exchange_keys", body)
            assert answer.status_code == 200
            assert "sid" in answer.headers
            assert "eventId" in answer.headers
            assert (await sessionless.prelogin(USER)).status_code == 200

    asyncio.run(story())


def test_a_second_exchange_replaces_the_keys_until_somebody_is_named(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready("portal")
            old = front.keys
            assert (await front.exchange("bound-1")).status_code == 200
            new, front.keys = front.keys, old
            assert (await front.prelogin(USER)).json()["code"] == "cannotDecryptData"
            front.keys = new
            assert (await front.prelogin(USER)).status_code == 200
            front.keys = Keys("bound-1")
            refused = await front.call("exchange_keys", offer(await public_key(front), front.keys))
            said_so(refused, row("exchange_keys", 422, "businessValidationFailed"), location="sid")
            front.keys = new
            assert (await front.prelogin(USER)).status_code == 200

    asyncio.run(story())


async def failed_exchanges(bank: Bank, profile: str) -> dict[str, httpx.Response]:
    """The answers to every way of getting an exchange wrong."""
    front = await newcomer(bank)
    public = await public_key(front)
    right = offer(public, Keys(profile))
    changes: dict[str, dict[str, str]] = {
        "wrong digit of the encryption key": {"encKeyCheckDigit": "000000"},
        "wrong digit of the MAC key": {"hmacKeyCheckDigit": "000000"},
        "no HEX": {"encryptedPayload": "hello"},
        "odd HEX": {"encryptedPayload": right["encryptedPayload"][:-1]},
        "too long": {"encryptedPayload": right["encryptedPayload"] + "00"},
        "no number below the modulus": {"encryptedPayload": "FF" * 256},
        "garbage": {"encryptedPayload": os.urandom(255).hex().rjust(512, "0")},
        "the other padding": {
            "encryptedPayload": offer(public, Keys("portal" if profile == "bound-1" else "bound-1"))[
                "encryptedPayload"
            ]
        },
    }
    return {what: await front.call("exchange_keys", right | change) for what, change in changes.items()}


def test_wrong_check_digits_are_told_apart_only_where_padding_is_no_oracle(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            portal = await failed_exchanges(bank, "portal")
            bound = await failed_exchanges(bank, "bound-1")
            same = [without_what_differs(answer) for answer in portal.values()]
            assert all(body == same[0] for body in same), portal
            undecryptable = row("exchange_keys", 400, "cannotDecryptData")
            for answer in portal.values():
                said_so(answer, undecryptable, location="encryptedPayload")
            for what, answer in bound.items():
                if "digit" in what:
                    differ = row("exchange_keys", 400, "chkDigitNotMatch")
                    said_so(answer, differ, location="encKeyCheckDigit")
                else:
                    said_so(answer, undecryptable, location="encryptedPayload")

    asyncio.run(story())


def test_a_profile_that_is_off_is_refused_by_name(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank(**{"e2e.profiles": "bound-1"}) as bank:
            front = await newcomer(bank)
            body = offer(await public_key(front), Keys("portal"))
            refused = row("exchange_keys", 400, "invalidRequest")
            said_so(await front.call("exchange_keys", body), refused, location="algorithm")
            del body["algorithm"]
            said_so(await front.call("exchange_keys", body), refused, location="algorithm")
            answer = await front.exchange("bound-1")
            assert answer.status_code == 200
            assert "eventId" not in answer.headers

    asyncio.run(story())


def version_7(moment: datetime) -> str:
    """RFC 9562 version 7 of that moment."""
    whole = int(moment.timestamp() * 1000) << 80 | int.from_bytes(os.urandom(10), "big")
    whole = whole & ~(0xF << 76) | 7 << 76
    return str(uuid.UUID(int=whole & ~(0x3 << 62) | 0x2 << 62))


async def registered_keys(bank: Bank, front: FrontEnd) -> Keys:
    given = await bank.house.administration.registration.register_keys(front.client_id, "an operator")
    return Keys("bound-1", ek=bytes.fromhex(given.ek.reveal()), hk=bytes.fromhex(given.hk.reveal()))


async def sessionless(front: FrontEnd, request: str, operation: str = "prelogin_v1") -> dict[str, Any]:
    """The answer to an identification without a session, its login id opened; or its error code."""
    front.sid = None
    headers = front.headers(uuid=request)
    body = {"encryptedUserId": front.seal(headers, operation, "encryptedUserId", USER)}
    answer = await front.call(operation, body, headers=headers)
    told: dict[str, Any] = answer.json()
    if answer.status_code == 200:
        assert front.keys is not None
        aad = ("response", PATHS[operation].removeprefix("/api"), "", request.lower(), "encryptedLoginId")
        told["opened"] = front.keys.open(told["encryptedLoginId"], aad)
    return told


def test_registered_keys_serve_without_a_session_while_the_uuid_is_fresh(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await newcomer(bank)
            front.keys = Keys("bound-1")
            now = bank.house.clock
            assert (await sessionless(front, version_7(now())))["code"] == "cannotDecryptData"
            front.keys = await registered_keys(bank, front)
            await enough(bank, front)
            for skew, serves in ((-295, True), (295, True), (-305, False), (305, False), (0, True)):
                told = await sessionless(front, version_7(now() + timedelta(seconds=skew)))
                assert (told.get("opened") == USER) == serves, skew
                assert (told.get("code") == "cannotDecryptData") != serves, skew
            told = await sessionless(front, str(uuid.uuid4()))
            assert (told["code"], told["location"]) == ("cannotDecryptData", "encryptedUserId")
            request = version_7(now())
            assert (await sessionless(front, request.upper()))["opened"] == USER
            assert (await sessionless(front, request))["location"] == "uuid"

    asyncio.run(story())


async def enough(bank: Bank, front: FrontEnd) -> None:
    """Until the server has seen the new keys: an application's standing is read again within a second."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if "opened" in await sessionless(front, version_7(bank.house.clock())):
            return
    raise AssertionError("the registered keys never served")


def test_two_generations_of_registered_keys_overlap_and_each_is_answered_in_its_own(
    open_bank: OpenBank,
) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await newcomer(bank)
            generations = [await registered_keys(bank, front) for _ in range(3)]
            front.keys = generations[2]
            await enough(bank, front)
            for keys, serves in zip(generations, (False, True, True), strict=True):
                front.keys = keys
                told = await sessionless(front, version_7(bank.house.clock()))
                assert (told.get("opened") == USER) == serves

    asyncio.run(story())


@pytest.mark.parametrize(("waited", "serves"), [("P89D", True), ("P90D", False)])
def test_registered_keys_expire(open_bank: OpenBank, waited: str, *, serves: bool) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await newcomer(bank)
            front.keys = await registered_keys(bank, front)
            await enough(bank, front)
            await bank.advance(waited)
            await front.sign_in()
            told = await sessionless(front, version_7(bank.house.clock()))
            assert (told.get("opened") == USER) == serves

    asyncio.run(story())
