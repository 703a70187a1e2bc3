"""JSON routes of the sandbox say what they expect; its every answer is marked, none of production is."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.conftest import OpenBank

from aldaba.cli.database import prepare
from aldaba.settings import load
from aldaba.wiring import open_house

BODIES: list[bytes] = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"x"',
    b"\xff\xfe",
    b'{"advance": 5}',
    b'{"advance": "P"}',
    b'{"reset": "true"}',
    b'{"backend": ["directory"], "mode": {}}',
    b'{"customerId": {}, "challenge": []}',
    b'{"customerId": null, "grantType": null}',
    b'{"customerId": "15000010", "challenge": ""}',
    b"[" * 4000,
    b'{"advance": "' + b"9" * 5000 + b'"}',
]


@pytest.mark.parametrize("route", ["clock", "faults", "token-response", "vendor-jwt"])
def test_bad_bodies_are_told_what_is_expected(open_bank: OpenBank, route: str) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            for body in BODIES:
                answer = await bank.http.post(f"/sandbox/{route}", content=body)
                assert answer.status_code in {400, 404}, (body, answer.text)
                assert answer.json()["error"]
            assert (await bank.http.post("/sandbox/reset", content=b"\xff" * 9000)).status_code == 204

    asyncio.run(story())


ASKED: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "/", {}),
    ("GET", "/nothing", {}),
    ("GET", "/docs", {}),
    ("GET", "/docs/nothing", {}),
    ("GET", "/openapi.json", {}),
    ("GET", "/assets/house.css", {}),
    ("GET", "/assets/nothing.css", {}),
    ("GET", "/.well-known/jwks.json", {}),
    ("GET", "/health/live", {}),
    ("HEAD", "/health/ready", {}),
    ("POST", "/api/v1/oauth/token", {}),
    ("GET", "/api/v1/oauth/token", {}),
    ("OPTIONS", "/api/v1/oauth/token", {"headers": {"Origin": "http://a.example"}}),
    ("POST", "/api/consumer-security/v1/login", {}),
    ("GET", "/sandbox", {}),
    ("GET", "/sandbox/", {}),
    ("GET", "/sandbox/customers", {}),
    ("GET", "/sandbox/customers", {"headers": {"Host": "evil.example"}}),
    ("GET", "/sandbox/diagnosis/x", {}),
    ("GET", "/sandbox/doctor?uuid=%00%3Cb%3E", {}),
    ("GET", "/sandbox/assets/sandbox.css", {}),
    ("POST", "/sandbox/clock", {"content": b"x"}),
    ("PUT", "/sandbox/clock", {}),
    ("GET", "/sandbox/nothing", {}),
]


def test_every_answer_of_a_sandbox_is_marked(open_bank: OpenBank) -> None:
    async def story() -> None:
        async with open_bank() as bank:
            for method, path, more in ASKED:
                answer = await bank.http.request(method, path, **more)
                assert answer.headers.get_list("Aldaba-Sandbox") == ["true"], (method, path)
                assert answer.status_code < 500, (method, path)
            await bank.fault("database", "down")
            away = await bank.http.get("/health/ready")
            assert (away.status_code, away.headers["Aldaba-Sandbox"]) == (503, "true")

    asyncio.run(story())


def test_production_answers_carry_no_mark_and_have_no_sandbox(tmp_path: Path) -> None:
    cheap = {"policy.hash.memory_kib": "8", "policy.hash.passes": "1", "policy.e2e.rsa_bits": "2048"}

    async def story() -> None:
        settings = load(None, {"ALDABA_DATA": str(tmp_path)}, overrides=cheap)
        prepare(settings)
        async with open_house(settings) as house:
            transport = httpx.ASGITransport(app=house.door)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as http:
                for method, path, more in ASKED:
                    answer = await http.request(method, path, **more)
                    assert "Aldaba-Sandbox" not in answer.headers
                    assert not path.startswith("/sandbox") or answer.status_code == 404, (method, path)

    asyncio.run(story())
