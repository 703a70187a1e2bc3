"""What may be used once is used once, however many bring it at the same moment."""

import asyncio
import json
import uuid
from collections import Counter

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jws
from joserfc.jwk import ECKey
from tests.conftest import Bank, OpenBank
from tests.front_end import FrontEnd
from tests.races.counted_house import counted
from tests.scorecard.card import Card

from aldaba.sandbox.bank import application_device_id
from aldaba.service.registration import Grant

CUSTOMER, PASSWORD, TIMES = "15000030", "mobile20x", 50


async def identified(bank: Bank, customer: str = CUSTOMER) -> FrontEnd:
    front = await bank.ready()
    assert (await front.prelogin(customer)).status_code == 200
    return front


def told(answers: list[httpx.Response]) -> Counter[tuple[int, str | None]]:
    return Counter(
        (answer.status_code, None if answer.status_code < 400 else answer.json().get("location"))
        for answer in answers
    )


async def biotoken(bank: Bank, headers: dict[str, str]) -> str:
    """A token signed on the customer's phone for the request with these headers."""
    customers = (await bank.http.get("/sandbox/customers")).json()
    key = next(one["deviceKeyJwk"] for one in customers if one["customerId"] == CUSTOMER)
    now = int(bank.house.clock().timestamp())
    claims = {"sub": CUSTOMER, "sid": headers["sid"], "jti": headers["uuid"], "iat": now, "exp": now + 60}
    header = {"alg": "ES256", "typ": "biotoken+jwt", "kid": application_device_id(CUSTOMER)}
    return jws.serialize_compact(header, json.dumps(claims), ECKey.import_key(key), algorithms=["ES256"])


def test_one_biometric_token_opens_one_session(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await identified(bank)
            headers = front.headers()
            token = await biotoken(bank, headers)
            device = application_device_id(CUSTOMER)
            logins = [
                front.login(CUSTOMER, token, "biometric", headers=headers, applicationDeviceId=device)
                for _ in range(TIMES)
            ]
            assert told(await asyncio.gather(*logins)) == {(200, None): 1, (400, "uuid"): TIMES - 1}

    asyncio.run(story())


def test_a_biometric_token_under_other_request_ids_opens_nothing(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await identified(bank)
            token = await biotoken(bank, front.headers())
            device = application_device_id(CUSTOMER)
            logins = [
                front.login(CUSTOMER, token, "biometric", applicationDeviceId=device) for _ in range(TIMES)
            ]
            assert {answer.json()["code"] for answer in await asyncio.gather(*logins)} == {
                "authenticationFailed",
                "8006",
            }

    asyncio.run(story())


def test_one_uuid_is_one_request_in_whatever_spelling(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            number = str(uuid.uuid4())
            spelt = [number if n % 2 else number.upper() for n in range(TIMES)]
            calls = [front.call("retrieve_public_key", headers=front.headers(uuid=one)) for one in spelt]
            assert told(await asyncio.gather(*calls)) == {(200, None): 1, (400, "uuid"): TIMES - 1}
            # Another application's ids are its own.
            other = await bank.ready(documented=True)
            answer = await other.call("retrieve_public_key", headers=other.headers(uuid=number))
            assert answer.status_code == 200

    asyncio.run(story())


def test_one_uuid_is_one_look_at_a_wrong_password(open_bank: OpenBank, card: Card) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await identified(bank)
            headers = front.headers()
            answers = await asyncio.gather(
                *(front.login(CUSTOMER, "malo51clave", headers=headers) for _ in range(TIMES))
            )
            assert Counter(answer.status_code for answer in answers) == {401: 1, 400: TIMES - 1}
            card.exactly(
                "Once",
                "answers to 50 requests with one uuid",
                1,
                sum(answer.status_code == 401 for answer in answers),
            )

    asyncio.run(story())


def test_one_assertion_of_an_application_gives_one_access_token(open_bank: OpenBank, card: Card) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            private = ECKey.import_key(ec.generate_private_key(ec.SECP256R1()))
            public = {"kid": "k1", "alg": "ES256", **private.as_dict(private=False)}
            await bank.house.administration.registration.create("signing", Grant(), "test", public)
            now = int(bank.house.clock().timestamp())
            audience = f"{bank.house.settings.oauth.issuer}/api/v1/oauth/token"
            claims = {
                "iss": "signing",
                "sub": "signing",
                "aud": audience,
                "iat": now,
                "exp": now + 60,
                "jti": "j1",
            }
            header = {"alg": "ES256", "kid": "k1"}
            assertion = jws.serialize_compact(header, json.dumps(claims), private, algorithms=["ES256"])
            form = {
                "grant_type": "client_credentials",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": assertion,
            }
            calls = [bank.http.post("/api/v1/oauth/token", data=form) for _ in range(TIMES)]
            answers = await asyncio.gather(*calls)
            card.exactly(
                "Once",
                "access tokens for one assertion brought 50 times",
                1,
                sum(answer.status_code == 200 for answer in answers),
            )
            assert Counter(answer.status_code for answer in answers) == {200: 1, 401: TIMES - 1}

    asyncio.run(story())


def test_of_twenty_changes_at_once_none_is_lost_beneath_another(open_bank: OpenBank, card: Card) -> None:
    async def story() -> None:
        async with open_bank() as opened, counted(opened) as house:
            front = await identified(house.bank, "15000029")
            assert (await front.login("15000029", PASSWORD)).status_code == 200
            before = house.profile("15000029")
            wanted = [f"clave{n:02}nueva" for n in range(20)]
            changes = [front.set_credentials("NONE", password=password) for password in wanted]
            answers = await asyncio.gather(*changes)
            after = house.profile("15000029")
            assert before is not None
            assert after is not None
            done = sum(answer.status_code == 204 for answer in answers)
            card.exactly(
                "Once",
                "answered password changes of 20 at once that are not in the profile",
                0,
                done - (after.password.changes - before.password.changes),
            )
            assert {answer.status_code for answer in answers} == {204, 422}
            assert after.password.changes - before.password.changes == done
            assert after.revision - before.revision == done
            assert (await front.logout()).status_code == 204

    asyncio.run(story())


def test_a_server_random_serves_one_of_many_requests(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready("portal")
            assert front.keys is not None
            random = front.keys.randoms[-1]
            calls = []
            for _ in range(20):
                front.keys.randoms.append(random)
                headers = front.headers()
                sealed = front.seal(headers, "prelogin_v1", "encryptedUserId", CUSTOMER)
                calls.append(front.call("prelogin_v1", {"encryptedUserId": sealed}, headers=headers))
            assert Counter(answer.status_code for answer in await asyncio.gather(*calls)) == {200: 1, 400: 19}

    asyncio.run(story())


def test_of_many_logouts_one_ends_the_session(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await identified(bank)
            assert (await front.login(CUSTOMER, PASSWORD)).status_code == 200
            headers = [front.headers() for _ in range(20)]
            answers = await asyncio.gather(*(front.call("logout", headers=one) for one in headers))
            assert {answer.status_code for answer in answers} <= {204, 400}
            assert (await front.logout()).status_code == 400

    asyncio.run(story())
