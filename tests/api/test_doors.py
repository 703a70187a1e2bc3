"""What stands around the operations: unknown paths and methods, CORS, health, and who may use the sandbox."""

import asyncio
import re
import time
from dataclasses import replace

import httpx
import pytest
from tests.api.wire import CONTRACT, PUBLIC_URL, TIMESTAMP, WITH_ROOM, letters, post
from tests.conftest import Bank, OpenBank
from tests.front_end import PATHS

from aldaba.service.registration import Grant

PAGE = "https://app.bank.example"
FOREIGN = "https://evil.example"
DOCUMENTS = ("/.well-known/jwks.json", "/.well-known/oauth-authorization-server")
SANDBOX = {
    "/sandbox/customers": "GET",
    "/sandbox/messages": "GET",
    "/sandbox/errors": "GET",
    "/sandbox/diagnosis/018f3d2e-7b1a-7c3d-9e4f-5a6b7c8d9e0f": "GET",
    "/sandbox/access-token": "POST",
    "/sandbox/clock": "POST",
    "/sandbox/faults": "POST",
    "/sandbox/reset": "POST",
}


def test_an_unknown_path_is_the_contracts_404_in_both_languages(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            uuid = "018f3d2e-7b1a-7c3d-9e4f-5a6b7c8d9e0f"
            for path in ("/", "/api", "/api/v1/x-global/security/login/", "/API/v1/x-global/security/login"):
                for language, details in (
                    ("en", "The requested resource was not found"),
                    ("es", "No se encontró el recurso solicitado"),
                ):
                    answer = await bank.http.get(path, headers={"Accept-Language": language, "uuid": uuid})
                    if path == "/" and answer.status_code != 404:
                        continue
                    assert answer.status_code == 404
                    body = answer.json()
                    assert (body["code"], body["details"]) == ("resourceNotFound", details)
                    assert body["uuid"] == uuid
                    assert TIMESTAMP.fullmatch(body["timestamp"])

    asyncio.run(story())


@pytest.mark.parametrize(
    "uuid", ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"]
)
def test_the_nil_and_the_max_uuid_are_ids_like_any(open_bank: OpenBank, uuid: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            for sent, status in ((uuid.upper(), 200), (uuid, 400)):
                answer = await front.call("retrieve_public_key", headers=front.headers(uuid=sent))
                assert answer.status_code == status, answer.text
            assert (answer.json()["location"], answer.json()["uuid"]) == ("uuid", uuid)

    asyncio.run(story())


@pytest.mark.parametrize("operation", WITH_ROOM)
def test_a_wrong_method_is_told_the_right_one(open_bank: OpenBank, operation: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            right = CONTRACT.operation(operation).method
            for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"} - {right}:
                answer = await bank.http.request(method, PATHS[operation])
                assert answer.status_code == 405, method
                assert answer.headers["Allow"] == right
                if method != "HEAD":
                    assert answer.json()["code"] == "methodNotAllowed"

    asyncio.run(story())


async def sharing(bank: Bank) -> None:
    """Let pages of one origin read what the sandbox application is answered."""
    registration = bank.house.administration.registration
    front = bank.front_end()
    (known,) = [one for one in await registration.list() if one.client_id == front.client_id]
    grant = Grant(rights=known.rights, cors_origins=frozenset({PAGE}))
    await registration.regrant(front.client_id, grant, "a test")


async def preflight(bank: Bank, path: str, origin: str) -> httpx.Response:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    return await bank.http.options(path, headers=asked)


@pytest.mark.parametrize("operation", ["login", "retrieve_public_key"])
def test_a_page_of_a_granted_origin_may_ask_and_read(open_bank: OpenBank, operation: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await sharing(bank)
            path = PATHS[operation]
            answer = await preflight(bank, path, PAGE)
            assert answer.status_code == 204
            assert answer.headers["Access-Control-Allow-Origin"] == PAGE
            assert answer.headers["Access-Control-Allow-Methods"] == CONTRACT.operation(operation).method
            allowed = set(re.split(r",\s*", answer.headers["Access-Control-Allow-Headers"].lower()))
            sent = {h.name.lower() for h in CONTRACT.operation(operation).headers}
            assert sent <= allowed | {"accept"}
            assert "x-ibm-client-id" in allowed, "the other name of client_id"
            assert "Access-Control-Allow-Credentials" not in answer.headers
            foreign = await preflight(bank, path, FOREIGN)
            assert "Access-Control-Allow-Origin" not in foreign.headers
            assert foreign.headers["Vary"] == "Origin"

            _, write = await letters(bank, operation)
            for origin, reads in ((PAGE, True), (FOREIGN, False)):
                for status in (200, 403):
                    letter = (await write()).with_headers(Origin=origin)
                    if status == 403:
                        letter = letter.with_headers(countryCode="US")
                    if status == 200 and operation == "login" and not reads:
                        continue
                    read = await post(bank, letter)
                    assert read.status_code == status
                    assert (read.headers.get("Access-Control-Allow-Origin") == PAGE) == reads
                    exposed = read.headers.get("Access-Control-Expose-Headers", "")
                    assert (exposed == "sid, eventId") == reads
                    assert read.headers["Vary"] == "Origin"

    asyncio.run(story())


def test_without_granted_origins_no_page_may_read(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            answer = await preflight(bank, PATHS["login"], PAGE)
            assert "Access-Control-Allow-Origin" not in answer.headers
            _, write = await letters(bank, "credentials_status")
            read = await post(bank, (await write()).with_headers(Origin=PAGE))
            assert read.status_code == 200
            assert "Access-Control-Allow-Origin" not in read.headers

    asyncio.run(story())


def test_documents_may_be_read_by_any_page(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            for path in (*DOCUMENTS, "/.well-known/aldaba-e2e-root.json"):
                answer = await bank.http.get(path, headers={"Origin": FOREIGN})
                assert answer.status_code == 200
                assert answer.headers["Access-Control-Allow-Origin"] == "*"

    asyncio.run(story())


@pytest.mark.parametrize("path", ["/health%2Flive", "/health/%6Cive", "/%2Ewell-known/jwks.json"])
def test_an_escaped_path_is_unknown(open_bank: OpenBank, path: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            assert (await bank.http.get(path)).status_code == 404

    asyncio.run(story())


def test_health_tells_alive_from_ready(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            ready = await bank.http.get("/health/ready")
            assert (ready.status_code, ready.json()["status"]) == (200, "ok")
            assert {"database", "keys"} <= set(ready.json()["checks"])
            assert set(ready.json()["checks"].values()) == {"ok"}
            await bank.fault("database", "down")
            assert (await bank.http.get("/health/live")).json() == {"status": "ok"}
            down = await bank.http.get("/health/ready")
            assert (down.status_code, down.json()["status"]) == (503, "unavailable")
            assert down.json()["checks"]["database"] == "unavailable"
            await bank.fault("database", "ok")
            assert (await bank.http.get("/health/ready")).status_code == 200

    asyncio.run(story())


def test_a_slow_store_is_answered_within_ten_seconds(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            _, write = await letters(bank, "prelogin_v1")
            letter = await write()
            await bank.fault("database", "slow")
            began = time.monotonic()
            answer = await post(bank, letter)
            assert time.monotonic() - began < 10
            assert (answer.status_code, answer.json()["code"]) == (500, "serverUnavailable")

    asyncio.run(story())


@pytest.mark.parametrize("path", SANDBOX)
def test_the_sandbox_answers_only_the_machine_it_runs_on(open_bank: OpenBank, path: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            for headers in (
                {"Host": "bank.example"},
                {"Host": "bank.example:8080"},
                {"Host": "127.0.0.1.evil.example"},
                {"Host": "192.0.2.7:8080"},
                {"Origin": FOREIGN},
                {"Origin": "null"},
                {"Origin": "http://127.0.0.1:9999"},
                {"X-Forwarded-For": "127.0.0.1"},
                {"Forwarded": "for=127.0.0.1"},
                {"X-Real-IP": "127.0.0.1"},
                {"X-Forwarded-Host": "127.0.0.1"},
                {"X-Forwarded-Proto": "http"},
                {"X-Forwarded-Port": "8080"},
                {"Forwarded": "for=127.0.0.1"},
                {"X-Real-IP": "127.0.0.1"},
                {"Via": "1.1 proxy"},
            ):
                answer = await bank.http.request(SANDBOX[path], path, headers=headers)
                assert answer.status_code == 403, headers
            for peer in ("192.0.2.7", "10.0.0.1", "2001:db8::1"):
                assert (await from_peer(bank, peer, SANDBOX[path], path)).status_code == 403
            for host in ("localhost:8080", "127.0.0.1", "[::1]:8080"):
                answer = await bank.http.request(SANDBOX[path], path, headers={"Host": host})
                assert answer.status_code != 403, host
            same = {"Host": "localhost:8080", "Origin": "http://localhost:8080"}
            assert (await bank.http.request(SANDBOX[path], path, headers=same)).status_code != 403
            assert (await from_peer(bank, "::1", SANDBOX[path], path)).status_code != 403

    asyncio.run(story())


async def from_peer(bank: Bank, peer: str, method: str, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=bank.house.door, client=(peer, 4711))
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as http:
        return await http.request(method, path)


def test_a_declared_network_may_use_the_sandbox(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank(**{"sandbox.allow_from": "10.0.0.0/8"}) as bank:
            assert (await from_peer(bank, "10.1.2.3", "GET", "/sandbox/errors")).status_code == 200
            assert (await from_peer(bank, "11.1.2.3", "GET", "/sandbox/errors")).status_code == 403

    asyncio.run(story())


def test_sandbox_switches_refuse_what_they_do_not_know(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            for path, body in (
                ("/sandbox/clock", {}),
                ("/sandbox/clock", {"advance": "5 minutes"}),
                ("/sandbox/clock", {"advance": "P"}),
                ("/sandbox/clock", {"advance": "-PT5M"}),
                ("/sandbox/clock", {"reset": "yes"}),
                ("/sandbox/faults", {}),
                ("/sandbox/faults", {"backend": "directory", "mode": "asleep"}),
                ("/sandbox/faults", {"backend": "weather", "mode": "down"}),
            ):
                answer = await bank.http.post(path, json=body)
                assert answer.status_code == 400, body
                assert answer.json()["error"]
            assert (await bank.http.post("/sandbox/clock", content=b"x" * 5000)).status_code == 400
            assert (await bank.http.get("/sandbox/clock")).status_code == 405

    asyncio.run(story())


def test_the_sandbox_says_that_it_is_one_and_switches_answer_while_a_fault_is_on(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            await bank.fault("database", "down")
            for path, method in SANDBOX.items():
                answer = await bank.http.request(
                    method, path, json={"reset": True} if method == "POST" else None
                )
                assert answer.status_code in {200, 204, 400, 404}, path
                assert answer.headers["Aldaba-Sandbox"] == "true"
            # The reset was among them: everything works again.
            _, write = await letters(bank, "login")
            answer = await post(bank, await write())
            assert answer.status_code == 200
            assert answer.headers["Aldaba-Sandbox"] == "true"

    asyncio.run(story())


def test_a_reset_puts_customers_back_and_leaves_sessions_of_nobody(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            front = await bank.ready()
            await front.prelogin("15000030")
            for _ in range(5):
                await front.login("15000030", "andador99x")
            assert (await bank.http.post("/sandbox/reset")).status_code == 204
            again = await bank.ready()
            await again.prelogin("15000030")
            assert (await again.login("15000030", "mobile20x")).status_code == 200
            other = replace(again, sid=None)
            await other.exchange()
            await other.prelogin("15000030")
            assert (await other.login("15000030", "mobile20x")).json()["code"] == "8008"

    asyncio.run(story())


def test_every_answer_is_guarded_against_browsers(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank(**{"server.public_url": "https://bank.example"}) as bank:
            paths = ["/docs", "/health/live", "/nowhere", "/openapi.json", "/sandbox/clock", PATHS["login"]]
            answers = [await bank.http.get(path) for path in [*paths, *DOCUMENTS]]
            answers.append(await bank.http.post(PATHS["login"]))
            for answer in answers:
                told = answer.headers
                assert told["x-content-type-options"] == "nosniff"
                assert "frame-ancestors 'none'" in told["content-security-policy"]
                assert "base-uri 'none'" in told["content-security-policy"]
                assert told["strict-transport-security"] == "max-age=31536000; includeSubDomains"

    asyncio.run(story())


def test_plain_http_promises_no_https(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            assert "strict-transport-security" not in (await bank.http.get("/health/live")).headers

    asyncio.run(story())
