"""Nobody without a session gets further than the door, and what comes in is judged before it is believed."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from tests.admin.operated import API, Operated, code_of
from tests.service.importing import NUMBER, record

from aldaba.admin.operations import IMPORT_BYTES, OPERATIONS
from aldaba.admin.reading import MAX_BYTES
from aldaba.domain.operators import Role

SIGNED_IN = [(operation.method, operation.path) for operation in OPERATIONS] + [
    ("GET", "/session"),
    ("DELETE", "/session"),
    ("POST", "/session/password"),
]
LOCK = f"{API}/customers/{NUMBER}/lock"


@pytest.mark.parametrize(("method", "path"), SIGNED_IN)
def test_no_route_answers_without_a_session(method: str, path: str) -> None:
    async def story() -> None:
        bank = Operated()
        for headers in (
            {},
            {"Authorization": "Bearer "},
            {"Authorization": f"Bearer {'A' * 43}"},
            {"Authorization": f"Bearer {'é' * 43}".encode()},
            {"Authorization": "Basic YW5hOmFuYQ=="},
        ):
            answer = await bank.client().request(method, f"{API}{path}", headers=headers)  # type: ignore[arg-type]  # raw header bytes
            assert (answer.status_code, code_of(answer)) == (401, "not_signed_in")
        assert not bank.store.events
        assert not bank.crashes

    asyncio.run(story())


def test_unknown_paths_and_methods_are_told_in_the_same_form() -> None:
    async def story() -> None:
        http = await Operated().as_role(Role.AUDITOR)
        for path in (f"{API}/nothing", "/", "/admin", "/metrics", f"{API}/operators/../../x"):
            assert code_of(await http.get(path)) == "not_found"
        wrong = await http.put(f"{API}/operators")
        assert (wrong.status_code, code_of(wrong)) == (405, "method_not_allowed")
        assert wrong.headers["allow"] == "GET, POST"

    asyncio.run(story())


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'"text"', "application/json", 400),
        (b"", "application/json", 400),
        (b"[" * 60_000, "application/json", 400),
        (b'{"kind":"I","reason":"\\ud800"}', "application/json", 400),
        (b'{"kind":"I","reason":"why","more":1}', "application/json", 400),
        (b'{"kind":"I","reason":"why","customer_id":"1"}', "application/json", 400),
        (b'{"kind":"X","reason":"why"}', "application/json", 400),
        (b'{"kind":"I","reason":7}', "application/json", 400),
        (b'{"kind":"I"}', "application/json", 400),
        (b'{"kind":"I","reason":" "}', "application/json", 400),
        (json.dumps({"kind": "I", "reason": "x" * 201}).encode(), "application/json", 400),
        (b'{"kind":"I","reason":"why"}', "text/plain", 415),
        (b'{"kind":"I","reason":"why"}', "application/x-www-form-urlencoded", 415),
        (b" " * (MAX_BYTES + 1), "application/json", 413),
    ],
)
def test_a_bad_body_changes_nothing(body: bytes, kind: str, status: int) -> None:
    async def story() -> None:
        bank = Operated()
        await bank.house.take(record())
        http = await bank.as_role(Role.FRAUD)
        before = len(bank.store.events)
        answer = await http.post(LOCK, content=body, headers={"Content-Type": kind})
        assert answer.status_code == status, answer.text
        assert code_of(answer)
        assert len(bank.store.events) == before
        assert not bank.crashes

    asyncio.run(story())


def test_a_body_that_lies_about_its_length_is_cut_off() -> None:
    async def story() -> None:
        bank = Operated()
        http = await bank.as_role(Role.SECURITY_OFFICER)

        async def endless() -> AsyncIterator[bytes]:
            for _ in range(IMPORT_BYTES // 1024 + 2):
                yield b" " * 1024

        answer = await http.post(
            f"{API}/tokens/import", content=endless(), headers={"Content-Type": "application/json"}
        )
        assert (answer.status_code, code_of(answer)) == (413, "too_large")

    asyncio.run(story())


@pytest.mark.parametrize(
    "query",
    ["before=x", "most=0", "most=201", "most=1&most=2", "unknown=1", f"before={2**70}", "before=-1",
     "since=2026-01-01T00:00:00", "since=yesterday"],
)  # fmt: skip
def test_a_bad_question_is_told(query: str) -> None:
    async def story() -> None:
        bank = Operated()
        http = await bank.as_role(Role.AUDITOR)
        answer = await http.get(f"{API}/audit?{query}")
        assert (answer.status_code, code_of(answer)) == (400, "invalid_request"), answer.text
        assert not bank.crashes

    asyncio.run(story())


def test_a_name_that_is_not_ours_leads_nowhere() -> None:
    async def story() -> None:
        bank = Operated()
        http = await bank.as_role(Role.AUDITOR)
        for host in (
            "evil.example",
            "evil.example:8081",
            "127.0.0.1.evil.example",
            "",
            "[",
            "localhost@evil.example",
        ):
            answer = await http.get(f"{API}/session", headers={"Host": host})
            assert (answer.status_code, code_of(answer)) == (421, "wrong_host"), host
        for host in ("localhost:8081", "127.0.0.1", "[::1]:8081", "bank.example"):
            assert (await http.get(f"{API}/session", headers={"Host": host})).status_code == 200, host

    asyncio.run(story())


def test_every_answer_is_plain_json_that_no_page_may_read_or_frame() -> None:
    async def story() -> None:
        bank = Operated()
        script = "<script>alert(1)</script>"
        await bank.house.take(record(name=script))
        http = await bank.as_role(Role.HELP_DESK)
        await http.post(LOCK, json={"kind": "I", "reason": f"'\"><img src=x onerror=alert(1)>{script}"})
        answers = [
            await http.get(f"{API}/customers/{NUMBER}"),
            await http.get(f"{API}/customers/{NUMBER}/timeline"),
            await http.get(f"{API}/{script}"),
            await http.options(LOCK, headers={"Origin": "https://evil.example"}),
            await bank.client().get(f"{API}/session"),
        ]
        assert script in answers[0].json()["customer"]["name"]
        for answer in answers:
            assert answer.headers["content-type"] == "application/json"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["x-frame-options"] == "DENY"
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert not [name for name in answer.headers if name.startswith("access-control")]

    asyncio.run(story())
