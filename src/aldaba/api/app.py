"""The ASGI application: routes out of the contract, 404, 405, CORS, health; other routes behind it."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Message, Receive, Scope, Send

from aldaba.api.access_log import Line
from aldaba.api.headers import claimed_application, language_of, uuid_or_none
from aldaba.api.oauth import OAuth
from aldaba.api.pipeline import House, Pipeline, Room, error_response
from aldaba.domain.refusals import HouseUnavailable

Endpoint = Callable[[Request], Awaitable[Response]]
Write = Callable[[dict[str, object]], None]
Check = Callable[[], Awaitable[object]]
"""Passes when a dependency works; raises when it does not."""

EXPOSED = "sid, eventId"
_NOWHERE = "unknown path"
PREFLIGHT_SECONDS = "600"
GUARDED = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
}
"""On every answer that has no stricter or wider rule of its own: data is nothing to a browser but data."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around the operations: other routes, health checks, headers on every answer."""

    routes: Sequence[BaseRoute]
    checks: Mapping[str, Check]
    headers: Mapping[str, str]


class Door:
    """Where requests come in: an exact match of the path, then of the method."""

    def __init__(
        self, house: House, rooms: Mapping[str, Room], oauth: OAuth, surroundings: Surroundings
    ) -> None:
        self._house = house
        self._surroundings = surroundings
        self._extra = [
            (name.lower().encode(), value.encode())
            for name, value in {**GUARDED, **surroundings.headers}.items()
        ]
        self._routes = _contract_routes(house, rooms) | {
            "/api/v1/oauth/token": {"POST": self._logged("token", oauth.token, house.log.write)},
            "/api/v1/sessions/introspect": {
                "POST": self._logged("introspect", oauth.introspect, house.log.write)
            },
            "/.well-known/oauth-authorization-server": {"GET": self._logged("metadata", oauth.metadata)},
            "/.well-known/jwks.json": {"GET": self._logged("jwks", oauth.jwks)},
            "/.well-known/aldaba-e2e-root.json": {"GET": self._logged("e2e_root", oauth.e2e_root)},
            "/health/live": dict.fromkeys(("GET", "HEAD"), self._logged("live", _live)),
            "/health/ready": dict.fromkeys(("GET", "HEAD"), self._logged("ready", self._ready)),
        }
        self.leaving = False
        """Set when the server is about to stop: it is not ready, and each answer closes its connection."""
        self._templates = {
            route.endpoint: route.path for route in reversed(surroundings.routes) if isinstance(route, Route)
        }
        self._rest = Starlette(
            routes=list(surroundings.routes), exception_handlers={404: self._unknown, 405: self._wrong_method}
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # An escaped path is no path of ours: a gateway's rule for the plain one would not have seen it.
        plain = scope["type"] == "http" and b"%" not in scope.get("raw_path", b"")
        methods = self._routes.get(scope["path"]) if plain else None
        if methods is None:
            await self._elsewhere(scope, receive, send)
            return
        http = Request(scope, receive)
        try:
            response = await self._answer(http, methods)
        except Exception as trouble:  # noqa: BLE001 - no door lets an exception out, whatever went wrong
            self._house.log.crash(scope["path"], trouble)
            response = self._unavailable(http)
        response.raw_headers.extend(self._headers)
        await response(scope, receive, send)

    def _logged(self, name: str, endpoint: Endpoint, write: Write | None = None) -> Endpoint:
        """What writes its line as the operations do, counted by ``write`` or else only mentioned."""
        telling = write or self._house.log.mention

        async def logged(http: Request) -> Response:
            began, status = time.perf_counter(), 500
            try:
                response = await endpoint(http)
                status = response.status_code
                return response
            finally:
                telling(Line(name, status=status, seconds=time.perf_counter() - began).fields())

        return logged

    async def _elsewhere(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A page, a sandbox route or nothing at all, told by its template: what was asked may be anything."""
        if scope["type"] != "http":
            await self._rest(scope, receive, send)
            return
        began, line = time.perf_counter(), Line(_NOWHERE, uuid=uuid_or_none(scope["headers"]))
        try:
            await self._rest(scope, receive, self._dressed(send, line))
        finally:
            line.operation = self._templates.get(scope.get("endpoint", self._unknown), _NOWHERE)
            line.seconds = time.perf_counter() - began
            self._house.log.mention(line.fields())

    async def _answer(self, http: Request, methods: Mapping[str, Endpoint]) -> Response:
        endpoint = methods.get(http.method)
        origin = http.headers.get("origin")
        if endpoint is None:
            # The path is one of ours, to the letter.
            return await self._logged(
                http.scope["path"], lambda http: self._no_method(http, origin, methods)
            )(http)
        response = await endpoint(http)
        if origin is not None:
            with suppress(HouseUnavailable):
                await self._share(http, origin, response)
        return response

    async def _no_method(
        self, http: Request, origin: str | None, methods: Mapping[str, Endpoint]
    ) -> Response:
        if http.method == "OPTIONS" and origin is not None:
            return await self._preflight(origin, methods)
        return self._not_allowed(http, methods)

    async def _preflight(self, origin: str, methods: Mapping[str, Endpoint]) -> Response:
        """The Fetch standard's question before a request; it names no application: any one's will do."""
        response = Response(status_code=204)
        shared = False
        with suppress(HouseUnavailable):
            shared = await self._house.applications.any_shares_with(origin)
        if shared:
            response.headers.update(
                {
                    "Access-Control-Allow-Origin": origin,
                    "Access-Control-Allow-Methods": ", ".join(methods),
                    "Access-Control-Allow-Headers": _ALLOWED_HEADERS,
                    "Access-Control-Max-Age": PREFLIGHT_SECONDS,
                }
            )
        response.headers["Vary"] = "Origin"
        return response

    async def _share(self, http: Request, origin: str, response: Response) -> None:
        """Let a page of the application's own origins read the answer."""
        response.headers["Vary"] = "Origin"
        client_id, _ = claimed_application(http.headers.raw)
        application = await self._house.applications.find(client_id) if client_id else None
        if application is not None and origin in application.cors_origins:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = EXPOSED

    def _not_allowed(self, http: Request, methods: Mapping[str, Endpoint]) -> Response:
        response = self._error(http, 405, "methodNotAllowed")
        response.headers["Allow"] = ", ".join(methods)
        return response

    def _unknown(self, http: Request, _: Exception) -> Response:
        return self._error(http, 404, None)

    def _wrong_method(self, http: Request, trouble: Exception) -> Response:
        """On a page or a sandbox route."""
        response = self._error(http, 405, "methodNotAllowed")
        if isinstance(trouble, HTTPException) and trouble.headers:
            response.headers.update(trouble.headers)
        return response

    def _error(self, http: Request, status: int, code: str | None) -> Response:
        """The contract's error object for requests that reached no operation."""
        raw = http.headers.raw
        error = self._house.refusals.answer(
            self._house.contract.common(404, "resourceNotFound"),
            operation_id=None,
            language=language_of(raw),
            uuid=uuid_or_none(raw),
            at=self._house.clock(),
        )
        if code is not None:
            error.body["code"] = code
        response = error_response(error, {})
        response.status_code = status
        return response

    def _unavailable(self, http: Request) -> Response:
        raw = http.headers.raw
        error = self._house.refusals.answer(
            self._house.contract.common(500, "serverUnavailable"),
            operation_id=None,
            language=language_of(raw),
            uuid=uuid_or_none(raw),
            at=self._house.clock(),
        )
        return error_response(error, {})

    async def _ready(self, _: Request) -> Response:
        """Each dependency by name."""
        state = {name: await _passes(check) for name, check in self._surroundings.checks.items()}
        ready = all(state.values()) and not self.leaving
        body = {
            "status": "ok" if ready else "unavailable",
            "checks": {name: "ok" if passed else "unavailable" for name, passed in state.items()},
        }
        return Response(msgspec.json.encode(body), 200 if ready else 503, media_type="application/json")

    @property
    def _headers(self) -> list[tuple[bytes, bytes]]:
        """Those of every answer."""
        return [*self._extra, (b"connection", b"close")] if self.leaving else self._extra

    def _dressed(self, send: Send, line: Line) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                line.status = message["status"]
                given = {name.lower() for name, _ in message["headers"]}
                missing = [header for header in self._headers if header[0] not in given]
                message["headers"] = [*message["headers"], *missing]
            await send(message)

        return sending


_ALLOWED_HEADERS = (
    "authorization, client_id, x-ibm-client-id, uuid, sid, channelid, countrycode, businesscode, "
    "content-type, accept-language"
)


def _contract_routes(house: House, rooms: Mapping[str, Room]) -> dict[str, dict[str, Endpoint]]:
    routes: dict[str, dict[str, Endpoint]] = {}
    for operation_id, room in rooms.items():
        operation = house.contract.operation(operation_id)
        routes.setdefault(operation.path, {})[operation.method] = Pipeline(house, operation, room)
    return routes


async def _live(_: Request) -> Response:
    return Response(b'{"status":"ok"}', media_type="application/json")


async def _passes(check: Check) -> bool:
    try:
        await check()
    except Exception:  # noqa: BLE001 - whatever is wrong with a dependency, it is not ready
        return False
    return True
