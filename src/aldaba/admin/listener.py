"""The operators' listener: what is mounted on it answers to our own names alone, under strict headers."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import Message, Receive, Scope, Send

from aldaba.admin.answers import error

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
HEADERS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
"""Where an answer brings one of these itself, its own stands."""


class AdminListener:
    """An ASGI application over a list of routes: REST, metrics, console, each mounted by ``wiring``.

    ``names`` are the hosts operators type, beside loopback: another page's name that leads here (DNS
    rebinding) is turned away. No answer ever allows another origin to read it.
    """

    def __init__(self, routes: Sequence[BaseRoute], names: frozenset[str], *, secure: bool) -> None:
        self._names = LOOPBACK | names
        self._headers = list(HEADERS)
        if secure:
            self._headers.append((b"strict-transport-security", b"max-age=31536000"))
        self._rest = Starlette(routes=list(routes), exception_handlers={HTTPException: _told})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        http = Request(scope)
        dressed = self._dressed(send)
        if not self._ours(http.headers.get("host", "")):
            await error(421, "wrong_host", "not the name of this listener")(scope, receive, dressed)
            return
        await self._rest(scope, receive, dressed)

    def _ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname
        except ValueError:
            return False
        return name in self._names

    def _dressed(self, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name.lower() for name, _ in message["headers"]}
                more = [entry for entry in self._headers if entry[0] not in own]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        return sending


async def _told(_: Request, trouble: Exception) -> Response:
    status = trouble.status_code if isinstance(trouble, HTTPException) else 500
    code = {404: "not_found", 405: "method_not_allowed"}.get(status, "refused")
    return error(status, code, code.replace("_", " "))
