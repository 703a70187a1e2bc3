"""What is logged at which level: requests, starts, and backends that fail."""

import asyncio
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.conftest import OpenBank
from tests.crash.served import free_port

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


@pytest.mark.parametrize(
    ("level", "events"), [("warning", {"backend failed", "crash"}), ("error", {"crash"})]
)
def test_a_higher_level_leaves_out_what_is_below(
    open_bank: OpenBank, stream: io.StringIO, level: str, events: set[str]
) -> None:
    assert {line["event"] for line in story(open_bank, stream, level)} == events
