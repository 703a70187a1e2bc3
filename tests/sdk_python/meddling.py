"""A network that meddles: it stands between a client and the server and changes, loses or forges answers."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

Meddle = Callable[[httpx.Request, Callable[[], httpx.Response]], httpx.Response]
"""Given a request and what carries it to the server: the client's answer, or an ``httpx`` exception."""


@dataclass(slots=True)
class Network(httpx.BaseTransport):
    """Carries requests to the server, through ``meddle`` where there is one, and remembers them."""

    inner: httpx.BaseTransport
    meddle: Meddle | None = None
    seen: list[httpx.Request] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.seen.append(request)

        def carried() -> httpx.Response:
            return self.inner.handle_request(request)

        return carried() if self.meddle is None else self.meddle(request, carried)

    def sent(self, path_end: str) -> list[httpx.Request]:
        """The requests to a path that ends so."""
        return [request for request in self.seen if request.url.path.endswith(path_end)]


def on(path_end: str, *outcomes: Callable[[Callable[[], httpx.Response]], httpx.Response]) -> Meddle:
    """The first requests to that path meet these outcomes, one each; everything else passes."""
    left = list(outcomes)

    def meddle(request: httpx.Request, carried: Callable[[], httpx.Response]) -> httpx.Response:
        if request.url.path.endswith(path_end) and left:
            return left.pop(0)(carried)
        return carried()

    return meddle


def unreachable(_: Callable[[], httpx.Response]) -> httpx.Response:
    raise httpx.ConnectError("no route to Bearer secret-in-an-exception")


def lost(carried: Callable[[], httpx.Response]) -> httpx.Response:
    """The server acts, and its answer is lost."""
    carried()
    raise httpx.ReadTimeout("too late")


def answered(status: int, body: Any = None) -> Callable[[Callable[[], httpx.Response]], httpx.Response]:
    """Somebody in between answers."""
    return lambda _: httpx.Response(status, content=b"<html>" if body is None else json.dumps(body).encode())


def changed(**members: Any) -> Callable[[Callable[[], httpx.Response]], httpx.Response]:
    """The server's answer with other members; None takes one out."""

    def change(carried: Callable[[], httpx.Response]) -> httpx.Response:
        answer = carried()
        body = {name: value for name, value in (answer.json() | members).items() if value is not None}
        headers = {name: answer.headers[name] for name in ("sid", "eventId") if name in answer.headers}
        return httpx.Response(answer.status_code, json=body, headers=headers)

    return change
