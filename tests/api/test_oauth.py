"""The token endpoint by secret and by assertion, its errors and documents, and introspection of sessions."""

import asyncio
import base64
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey
from tests.api.wire import row, said_so, signed_in, temporary
from tests.conftest import Bank, OpenBank
from tests.front_end import FrontEnd

from aldaba.domain.application import Right
from aldaba.service.registration import Grant

TOKEN = "/api/v1/oauth/token"
ISSUER = "http://127.0.0.1:8080"
GRANT = {"grant_type": "client_credentials"}
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KEY = ECKey.import_key(ec.generate_private_key(ec.SECP256R1()))
PATIENCE = 20.0


async def asked(bank: Bank, data: dict[str, str] | bytes, **more: Any) -> httpx.Response:
    given: dict[str, Any] = {"content": data} if isinstance(data, bytes) else {"data": data}
    answer = await bank.http.post(TOKEN, **given, **more)
    assert answer.headers["cache-control"] == "no-store"
    return answer


def refused(answer: httpx.Response, error: str, status: int = 400) -> None:
    assert (answer.status_code, answer.json()) == (status, {"error": error})
    if status == 401:
        assert answer.headers["www-authenticate"] == 'Basic realm="aldaba"'


def pair(bank: Bank) -> tuple[str, str]:
    front = bank.front_end()
    return front.client_id, front.client_secret


def test_a_secret_signs_in_by_basic_or_in_the_form(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            client_id, secret = pair(bank)
            by_basic = await asked(bank, GRANT, auth=(client_id, secret))
            in_form = await asked(bank, GRANT | {"client_id": client_id, "client_secret": secret})
            for answer in (by_basic, in_form):
                assert answer.status_code == 200, answer.text
                told = answer.json()
                assert set(told) == {"access_token", "token_type", "expires_in"}
                assert (told["token_type"], told["expires_in"]) == ("Bearer", 900)
                front = bank.front_end()
                front.token = told["access_token"]
                assert (await front.call("retrieve_public_key")).status_code == 200

    asyncio.run(story())


def test_an_access_token_is_what_rfc_9068_says_and_the_published_key_verifies_it(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            client_id, secret = pair(bank)
            told = (await asked(bank, GRANT, auth=(client_id, secret))).json()
            (key,) = (await bank.http.get("/.well-known/jwks.json")).json()["keys"]
            assert "d" not in key
            token = jws.deserialize_compact(told["access_token"], ECKey.import_key(key), algorithms=["ES256"])
            assert token.headers()["typ"] == "at+jwt"
            assert token.headers()["kid"] == key["kid"]
            claims = json.loads(token.payload)
            assert set(claims) == {"iss", "aud", "sub", "client_id", "iat", "exp", "jti"}
            assert claims["iss"] == claims["aud"] == ISSUER
            assert claims["sub"] == claims["client_id"] == client_id
            assert claims["exp"] - claims["iat"] == 900

    asyncio.run(story())


def test_the_metadata_names_what_is_there(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            told = (await bank.http.get("/.well-known/oauth-authorization-server")).json()
            assert told["issuer"] == ISSUER
            assert told["token_endpoint"] == ISSUER + TOKEN
            assert told["introspection_endpoint"] == f"{ISSUER}/api/v1/sessions/introspect"
            assert (await bank.http.get(told["jwks_uri"])).status_code == 200
            assert told["grant_types_supported"] == ["client_credentials"]
            assert set(told["token_endpoint_auth_methods_supported"]) == {
                *("client_secret_basic", "client_secret_post", "private_key_jwt")
            }

    asyncio.run(story())


def test_every_error_of_the_token_endpoint(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            client_id, secret = pair(bank)
            right = {"client_id": client_id, "client_secret": secret}
            form = {"content-type": "application/x-www-form-urlencoded"}

            refused(await asked(bank, GRANT, auth=(client_id, "wrong")), "invalid_client", 401)
            refused(await asked(bank, GRANT, auth=("nobody", secret)), "invalid_client", 401)
            refused(await asked(bank, GRANT), "invalid_client", 401)
            refused(await asked(bank, GRANT | right | {"client_secret": "wrong"}), "invalid_client", 401)
            for header in ("Basic !!!", "Basic " + base64.b64encode(b"no colon").decode(), "Basic //8="):
                answer = await asked(bank, GRANT, headers={"Authorization": header})
                refused(answer, "invalid_client", 401)

            refused(await asked(bank, right), "invalid_request")
            refused(await asked(bank, GRANT | right, auth=(client_id, secret)), "invalid_request")
            twice = b"grant_type=client_credentials&grant_type=client_credentials"
            refused(await asked(bank, twice, headers=form, auth=(client_id, secret)), "invalid_request")
            nonsense = await asked(bank, b"\xff\xfe", headers=form, auth=(client_id, secret))
            refused(nonsense, "invalid_request")
            large = await asked(bank, GRANT | {"x": "y" * 20_000}, auth=(client_id, secret))
            refused(large, "invalid_request")
            as_json = await asked(
                bank, json.dumps(GRANT | right).encode(), headers={"content-type": "application/json"}
            )
            refused(as_json, "invalid_request")

            for grant in ("password", "authorization_code", "client_credentials "):
                answer = await asked(bank, {"grant_type": grant}, auth=(client_id, secret))
                refused(answer, "unsupported_grant_type")

    asyncio.run(story())


def test_a_token_ends_with_the_clock(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = bank.front_end()
            await front.sign_in()
            await bank.advance("PT14M58S")
            assert (await front.call("retrieve_public_key", keep_sid=False)).status_code == 200
            await bank.advance("PT2S")
            ended = await front.call("retrieve_public_key", keep_sid=False)
            unauthorized = row("retrieve_public_key", 401, "unAuthorized")
            said_so(ended, unauthorized, location="Authorization")

    asyncio.run(story())


def test_a_token_that_was_changed_is_none(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = bank.front_end()
            await front.sign_in()
            assert front.token is not None
            head, claims, signature = front.token.split(".")
            unsigned = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt"}').decode().rstrip("=")
            other = signature[:-4] + ("AAAA" if signature[-4:] != "AAAA" else "BBBB")
            for token in (f"{head}.{claims}.", f"{unsigned}.{claims}.", f"{head}.{claims}.{other}", claims):
                front.token = token
                assert (await front.call("retrieve_public_key")).status_code == 401

    asyncio.run(story())


async def until_refused(ask: Callable[[], Any]) -> float:
    """Seconds of real time until the answer is a 401."""
    began = time.monotonic()
    while time.monotonic() < began + PATIENCE:
        if (await ask()).status_code == 401:
            return time.monotonic() - began
    raise AssertionError("it was never refused")


def test_a_disabled_application_is_refused_within_a_second_with_its_old_token_too(
    open_bank: OpenBank,
) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = bank.front_end()
            await front.sign_in()
            assert (await front.call("retrieve_public_key")).status_code == 200
            await bank.house.administration.registration.disable(front.client_id, "an operator")
            assert await until_refused(lambda: front.call("retrieve_public_key")) < 5
            answer = await asked(bank, GRANT, auth=pair(bank))
            refused(answer, "invalid_client", 401)

    asyncio.run(story())


def test_a_new_secret_ends_the_old_one(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            client_id, secret = pair(bank)
            made = await bank.house.administration.registration.rotate_secret(client_id, "an operator")
            assert await until_refused(lambda: asked(bank, GRANT, auth=(client_id, secret))) < 5
            fresh = await asked(bank, GRANT, auth=(client_id, made.secret.reveal()))
            assert fresh.status_code == 200

    asyncio.run(story())


def claims(bank: Bank, jti: str | None, **changes: Any) -> dict[str, Any]:
    now = int(bank.house.clock().timestamp())
    right = {"iss": "signer", "sub": "signer", "aud": ISSUER, "jti": jti, "iat": now, "exp": now + 60}
    return {name: value for name, value in (right | changes).items() if value is not None}


def signed(told: dict[str, Any], key: Any = KEY, alg: str = "ES256", **header: Any) -> str:
    if alg == "EdDSA":
        # By hand: joserfc warns of signing under this name (RFC 9864), which the server still takes.
        parts = [json.dumps({"alg": alg, **header}).encode(), json.dumps(told).encode()]
        covered = ".".join(unpadded(part) for part in parts)
        return f"{covered}.{unpadded(key.private_key.sign(covered.encode()))}"
    return jws.serialize_compact({"alg": alg, **header}, json.dumps(told), key, algorithms=[alg])


def unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


async def asserted(bank: Bank, assertion: str, **more: str) -> httpx.Response:
    data = GRANT | {"client_assertion_type": ASSERTION, "client_assertion": assertion} | more
    return await asked(bank, data)


async def signer(bank: Bank, key: Any = KEY) -> None:
    await bank.house.administration.registration.create(
        "signer", Grant(), "a test", key.as_dict(private=False)
    )


def test_an_assertion_signs_in_once_for_either_audience(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await signer(bank)
            for index, audience in enumerate((ISSUER, ISSUER + TOKEN, [ISSUER, "https://elsewhere.example"])):
                assertion = signed(claims(bank, f"jti-{index}", aud=audience))
                answer = await asserted(bank, assertion, client_id="signer")
                assert answer.status_code == 200, answer.text
                refused(await asserted(bank, assertion), "invalid_client", 401)
            front = FrontEnd(bank.http, "signer", "")
            front.token = answer.json()["access_token"]
            assert (await front.call("retrieve_public_key")).status_code == 200

    asyncio.run(story())


def test_of_fifty_copies_at_once_one_signs_in(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await signer(bank)
            assertion = signed(claims(bank, "once"))
            answers = await asyncio.gather(*(asserted(bank, assertion) for _ in range(50)))
            assert sorted(answer.status_code for answer in answers) == [200] + [401] * 49

    asyncio.run(story())


OTHER = ECKey.import_key(ec.generate_private_key(ec.SECP256R1()))
WRONG: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "sandbox-front-end"},
    "nobody's": {"iss": "nobody", "sub": "nobody"},
    "another subject": {"sub": "sandbox-front-end"},
    "another audience": {"aud": "https://elsewhere.example"},
    "no audience": {"aud": None},
    "no jti": {"jti": None},
    "an empty jti": {"jti": ""},
    "a jti without end": {"jti": "x" * 257},
    "no end": {"exp": None},
    "an end that is a text": {"exp": "soon"},
    "a true end": {"exp": True},
    "no issuer": {"iss": None},
}
SHIFTED = {
    "long over": {"iat": -400, "exp": -40},
    "too old": {"iat": -400, "exp": 60},
    "not yet begun": {"iat": 60, "exp": 120},
    "too far ahead": {"iat": 0, "exp": 3_700},
    "not before later": {"nbf": 60},
}


def test_an_assertion_with_anything_wrong_is_one_answer(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await signer(bank)
            now = int(bank.house.clock().timestamp())
            moved = {what: {name: now + by for name, by in shift.items()} for what, shift in SHIFTED.items()}
            for what, changes in (WRONG | moved).items():
                answer = await asserted(bank, signed(claims(bank, **({"jti": what} | changes))))
                assert answer.status_code == 401, what
                refused(answer, "invalid_client", 401)
            for assertion in (
                signed(claims(bank, "key"), OTHER),
                signed(claims(bank, "kid"), kid="another"),
                "a.b.c",
                "nonsense",
                f"{'x' * 9000}",
            ):
                refused(await asserted(bank, assertion), "invalid_client", 401)
            assertion = signed(claims(bank, "client"))
            refused(await asserted(bank, assertion, client_id="sandbox-front-end"), "invalid_client", 401)
            twice = await asserted(bank, assertion, client_secret="x")
            refused(twice, "invalid_request")
            untyped = await asked(bank, GRANT | {"client_assertion": assertion})
            refused(untyped, "invalid_request")
            assert (await asserted(bank, assertion)).status_code == 200

    asyncio.run(story())


@pytest.mark.parametrize("alg", ["ES384", "RS256", "PS256", "EdDSA"])
def test_an_assertion_may_be_signed_with_any_of_the_published_algorithms(
    open_bank: OpenBank, alg: str
) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            key = key_for(alg)
            await signer(bank, key)
            answer = await asserted(bank, signed(claims(bank, alg), key, alg))
            assert answer.status_code == 200, answer.text
            if alg == "RS256":
                by_secret = signed(claims(bank, "none"), KEY, "ES256")
                refused(await asserted(bank, by_secret), "invalid_client", 401)

    asyncio.run(story())


def key_for(alg: str) -> Any:
    if alg == "ES384":
        return ECKey.import_key(ec.generate_private_key(ec.SECP384R1()))
    if alg == "EdDSA":
        return OKPKey.import_key(ed25519.Ed25519PrivateKey.generate())
    return RSAKey.import_key(rsa.generate_private_key(65537, 2048))


async def introspected(bank: Bank, front: FrontEnd, sid: str | None) -> httpx.Response:
    return await bank.http.post(
        "/api/v1/sessions/introspect",
        data={"token": sid or ""},
        headers={"Authorization": f"Bearer {front.token}"},
    )


INACTIVE = {"active": False}


def test_introspection_tells_what_a_sid_is_worth(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            assert (await introspected(bank, front, front.sid)).json() == INACTIVE
            await front.prelogin("15000022-2")
            old = front.sid
            assert (await introspected(bank, front, old)).json() == INACTIVE
            assert (await front.login("15000022-2", "mobile20x")).status_code == 200
            told = (await introspected(bank, front, front.sid)).json()
            left = told.pop("exp") - bank.house.clock().timestamp()
            assert 290 < left <= 301
            assert told == {
                "active": True,
                "customerId": "15000022",
                "representative": "2",
                "channel": "MOVIL",
                "aal": 1,
            }
            assert (await introspected(bank, front, old)).json() == INACTIVE, "a tombstone is none"
            assert (await introspected(bank, front, "A" * 43)).json() == INACTIVE
            other = FrontEnd(bank.http, "other", await granted(bank, "other"))
            await other.sign_in()
            assert (await introspected(bank, other, front.sid)).json()["active"] is True
            await front.logout()
            assert (await introspected(bank, front, front.sid)).json() == INACTIVE

    asyncio.run(story())


async def granted(bank: Bank, client_id: str) -> str:
    """The secret of a new application that may introspect."""
    grant = Grant(rights=frozenset({Right.INTROSPECT}))
    made = await bank.house.administration.registration.create(client_id, grant, "a test")
    return made.secret.reveal()


def test_a_session_that_must_first_renew_or_step_up_is_not_active(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            await temporary(front)
            assert (await introspected(bank, front, front.sid)).json() == INACTIVE
            answer = await front.set_credentials("NEW", pin="74019263", password="tecla47brisa")
            assert answer.status_code == 204
            assert (await introspected(bank, front, front.sid)).json()["active"] is True
            await bank.fault("risk", "step-up")
            await signed_in(risky := await bank.ready(), "15000010")
            assert (await introspected(bank, risky, risky.sid)).json() == INACTIVE

    asyncio.run(story())


def test_introspection_is_a_right_and_needs_a_token(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            plain = await bank.ready(documented=True)
            lacking = await introspected(bank, plain, plain.sid)
            assert (lacking.status_code, lacking.json()) == (403, {"error": "insufficient_scope"})
            stranger = bank.front_end()
            stranger.token = "a.b.c"
            answer = await introspected(bank, stranger, "x")
            assert (answer.status_code, answer.json()) == (401, {"error": "invalid_token"})
            assert answer.headers["www-authenticate"].startswith("Bearer")
            front = await bank.ready()
            missing = await introspected(bank, front, None)
            assert (missing.status_code, missing.json()) == (400, {"error": "invalid_request"})

    asyncio.run(story())


def test_the_store_away_is_said_as_such(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            await bank.advance("PT1S")
            await bank.fault("database", "down")
            answer = await introspected(bank, front, front.sid)
            assert (answer.status_code, answer.json()) == (503, {"error": "temporarily_unavailable"})
            answer = await asked(bank, GRANT, auth=("nobody", "x"))
            assert (answer.status_code, answer.json()) == (503, {"error": "temporarily_unavailable"})

    asyncio.run(story())
