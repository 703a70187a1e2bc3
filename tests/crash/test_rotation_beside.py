"""A server serves on while the command line, another process, exchanges every key under it."""

import asyncio
from collections import Counter
from pathlib import Path

import httpx
from tests.crash.served import Served, served
from tests.front_end import FrontEnd

from aldaba.sandbox.bank import PASSWORD

NUMBERS = ("15000024", "15000030")
NAMES = ("storage", "otp", "audit", "pepper", "signing", "e2e", "e2e-root")


async def customer(server: Served, number: str, done: asyncio.Event, answers: Counter[int]) -> None:
    """Again and again a token, keys, prelogin, login and logout, by the public door."""
    client_id, secret = server.credentials()
    async with httpx.AsyncClient(base_url=server.url, timeout=20) as http:
        while not done.is_set():
            front = await FrontEnd(http, client_id, secret).ready()
            steps = (
                front.prelogin(number),
                front.login(number, PASSWORD),
                front.status(number),
                front.logout(),
            )
            for step in steps:
                answer = await step
                answers[answer.status_code] += 1
                assert answer.status_code in {200, 204}, answer.text


def exchanged(server: Served) -> None:
    """What an operator types, in its order."""
    earlier = {
        row["name"]: row["keyId"] for row in server.aldaba("keys", "list") if row["state"] == "current"
    }
    for name in NAMES:
        server.aldaba("keys", "rotate", name)
    server.aldaba("keys", "reseal")
    advanced = httpx.post(f"{server.url}/sandbox/clock", json={"advance": "PT20S"}, timeout=10)
    assert advanced.status_code == 200
    told = server.aldaba("keys", "reseal")
    assert set(told["values"]) == {told["current"]}
    server.aldaba("keys", "retire", earlier["storage"], "--name", "storage")
    assert server.aldaba("audit", "verify")["intact"]


def test_no_request_is_lost_while_an_operator_exchanges_every_key(tmp_path: Path) -> None:
    async def story(server: Served) -> Counter[int]:
        done, answers = asyncio.Event(), Counter[int]()
        customers = [asyncio.create_task(customer(server, number, done, answers)) for number in NUMBERS]
        try:
            await asyncio.to_thread(exchanged, server)
            before = sum(answers.values())
            while sum(answers.values()) < before + 24 and not any(one.done() for one in customers):  # noqa: ASYNC110 - nothing tells when it happens
                await asyncio.sleep(0.05)
        finally:
            done.set()
            await asyncio.gather(*customers)
        return answers

    with served(tmp_path) as server:
        answers = asyncio.run(story(server))
        assert sum(answers.values()) > 100
        assert set(answers) <= {200, 204}
        assert server.stop() == 0
        assert b"Traceback" not in server.output()
