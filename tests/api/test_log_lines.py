"""What is logged at which level: requests, starts, and backends that fail."""

import asyncio
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.conftest import OpenBank
from tests.crash.served import free_port
from tests.front_end import PATHS

from aldaba import observability
from aldaba.sandbox.bank import PASSWORD

CUSTOMER = "15000010"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    yield io.StringIO()
    observability.set_up()


def story(open_bank: OpenBank, stream: io.StringIO, level: str) -> list[dict[str, Any]]:
    """A login beside a risk engine that is down, as the log tells it."""
    observability.set_up(stream, level)
    engine = {"risk.engine": "http", "risk.base_url": f"http://127.0.0.1:{free_port()}"}

    async def played() -> None:
        async with open_bank(**engine) as bank:
            front = await bank.ready()
            await front.prelogin(CUSTOMER)
            assert (await front.login(CUSTOMER, PASSWORD)).status_code == 200
            bank.house.log.crash("login", ValueError(PASSWORD))

    asyncio.run(played())
    assert PASSWORD not in stream.getvalue()
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_request_is_a_line_and_a_backend_that_fails_another(
    open_bank: OpenBank, stream: io.StringIO
) -> None:
    lines = story(open_bank, stream, "info")
    (login,) = [line for line in lines if line.get("operation") == "login" and line["event"] == "request"]
    assert set(login) == {
        "event", "level", "timestamp", "operation", "application", "uuid", "status", "seconds",
    }  # fmt: skip
    (failed,) = [line for line in lines if line["event"] == "backend failed"]
    assert (failed["backend"], failed["why"], failed["request"]) == ("risk", "down", login["uuid"])
    assert failed["level"] == "warning"


def test_every_request_is_one_line_and_says_nothing_that_was_typed(
    open_bank: OpenBank, stream: io.StringIO
) -> None:
    observability.set_up(stream, "info")
    typed = "5512345678"
    login, uuid = PATHS["login"], "018f3d2e-7b1a-7c3d-9e4f-5a6b7c8d9e0f"
    asked = [
        ("GET", f"/{typed}?card={typed}", "unknown path", 404),
        ("GET", login, login, 405),
        ("OPTIONS", f"{login}?card={typed}", login, 204),
        ("GET", "/.well-known/jwks.json", "jwks", 200),
        ("GET", "/.well-known/oauth-authorization-server", "metadata", 200),
        ("GET", "/.well-known/aldaba-e2e-root.json", "e2e_root", 200),
        ("GET", "/health/live", "live", 200),
        ("HEAD", "/health/ready", "ready", 200),
        ("GET", "/docs/e2e", "/docs/e2e", 200),
        ("GET", f"/docs/operations/{typed}", "/docs/operations/{operation}", 404),
        ("GET", f"/sandbox/messages?to={typed}", "/sandbox/messages", 200),
        ("GET", f"/sandbox/diagnosis/{uuid}", "/sandbox/diagnosis/{uuid}", 404),
        ("DELETE", "/sandbox/errors", "/sandbox/errors", 405),
        ("POST", PATHS["logout"], "logout", 401),
        ("POST", "/api/v1/oauth/token", "token", 400),
    ]

    async def played() -> None:
        async with open_bank() as bank:
            stream.seek(0)
            stream.truncate()
            for method, path, _, status in asked:
                headers = {"Origin": "https://app.bank.example"} if method == "OPTIONS" else {"sid": typed}
                answer = await bank.http.request(method, path, headers=headers | {"uuid": uuid})
                assert answer.status_code == status, (method, path)

    asyncio.run(played())
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    assert [(line["operation"], line["status"]) for line in requests] == [told[2:] for told in asked]
    assert all(line["seconds"] > 0 for line in requests)
    assert typed not in stream.getvalue()


@pytest.mark.parametrize(
    ("level", "events"), [("warning", {"backend failed", "crash"}), ("error", {"crash"})]
)
def test_a_higher_level_leaves_out_what_is_below(
    open_bank: OpenBank, stream: io.StringIO, level: str, events: set[str]
) -> None:
    assert {line["event"] for line in story(open_bank, stream, level)} == events
