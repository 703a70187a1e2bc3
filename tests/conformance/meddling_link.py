"""A server that breaks the contract on purpose: the real one, its answers altered on the way."""

import json
from collections.abc import Callable
from typing import Any

import httpx
from tests.examples.served_bank import Served

from aldaba.cli.sandbox_applications import credentials_of
from aldaba.conformance.front import Application
from aldaba.conformance.link import Link, Pace
from aldaba.conformance.plan import checks
from aldaba.conformance.running import run
from aldaba.conformance.target import Target, staged
from aldaba.conformance.verdicts import Outcome, Result
from aldaba.contract import load

Meddle = Callable[[httpx.Request, httpx.Response, httpx.BaseTransport], httpx.Response]
CONTRACT = load()


class Meddling(httpx.BaseTransport):
    """Passes requests of one operation on, and its answers through somebody's hands."""

    def __init__(self, operation: str, meddle: Meddle) -> None:
        self._real = httpx.HTTPTransport()
        self._path = CONTRACT.operation(operation).path
        self._meddle = meddle

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._real.handle_request(request)
        answer.read()
        if request.url.path != self._path:
            return answer
        answer.request = request
        return self._meddle(request, answer, self._real)

    def close(self) -> None:
        self._real.close()


def judged(bank: Served, operation: str, profile: str, meddle: Meddle) -> list[Result]:
    """What the kit says of an operation of such a server."""
    kept = credentials_of(bank.data / "sandbox-application.json")
    applications = {
        "main": Application(kept.client_id, kept.client_secret),
        "documented": Application(kept.documented.client_id, kept.documented.client_secret),
    }
    with httpx.Client(base_url=bank.url, transport=Meddling(operation, meddle)) as http:
        link = Link(http, Pace(0, 60))
        target = Target(applications, None, None, sandbox=True, channel="MOVIL")
        stage = staged(link, CONTRACT, target)
        try:
            return run(stage, checks(CONTRACT, frozenset({operation})), [profile], lambda _: None)
        finally:
            stage.leave()


def failed(results: list[Result]) -> set[str]:
    return {f"{one.family}: {one.name}" for one in results if one.outcome is Outcome.FAIL}


def reworded(answer: httpx.Response, change: Callable[[dict[str, Any]], object]) -> httpx.Response:
    """The answer with its body changed."""
    body = answer.json()
    change(body)
    return rewritten(answer, json.dumps(body).encode())


def rewritten(
    answer: httpx.Response, content: bytes, status: int | None = None, drop: tuple[str, ...] = ()
) -> httpx.Response:
    gone = {"content-length", *drop}
    headers = [(name, value) for name, value in answer.headers.items() if name not in gone]
    return httpx.Response(
        status or answer.status_code, headers=headers, content=content, request=answer.request
    )


def resent(request: httpx.Request, real: httpx.BaseTransport, **headers: str) -> httpx.Response:
    """The answer to the same request with other headers."""
    changed = httpx.Headers(request.headers)
    changed.update(headers)
    again = httpx.Request(request.method, request.url, headers=changed, content=request.content)
    answer = real.handle_request(again)
    answer.read()
    answer.request = request
    return answer
