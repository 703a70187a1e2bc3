"""The routes of ``/admin/api``: each row of the table behind the gate, and the document of them all."""

from collections.abc import Awaitable, Callable
from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from aldaba.admin.answers import Crash, error, refusal, told
from aldaba.admin.entrance import Entrance
from aldaba.admin.gate import Gate
from aldaba.admin.openapi import document
from aldaba.admin.operations import OPERATIONS, ROOT, Operation
from aldaba.admin.reading import body_of, made, query_of
from aldaba.service.operator_desk import OperatorDesk

GRANT_HEADER = "four-eyes-grant"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
"""What a path answers itself, be it with 405."""


class AdministrationApi:
    """Everything operators reach by REST."""

    def __init__(self, gate: Gate, entrance: Entrance, desk: OperatorDesk, crash: Crash) -> None:
        self._gate = gate
        self._entrance = entrance
        self._desk = desk
        self._crash = crash

    def routes(self) -> list[BaseRoute]:
        ways = self._entrance.ways
        described = msgspec.json.encode(document(ways))
        doors: dict[str, dict[str, Callable[[Request], Awaitable[Response]]]] = {}
        for operation in OPERATIONS:
            doors.setdefault(operation.path, {})[operation.method] = partial(self._perform, operation)
        for way in ways:
            doors.setdefault(way.path, {})[way.method] = way.endpoint

        async def openapi(_: Request) -> Response:
            return Response(described, media_type="application/json")

        doors["/openapi.json"] = {"GET": openapi}
        routes = [
            Route(f"{ROOT}{path}", self._one_of(path, by), methods=METHODS) for path, by in doors.items()
        ]
        return [*routes, Route(f"{ROOT}/{{rest:path}}", self._one_of("", {}), methods=METHODS)]

    def _one_of(
        self, path: str, by_method: dict[str, Callable[[Request], Awaitable[Response]]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answered(http: Request) -> Response:
            if not by_method:
                return error(404, "not_found", "no such path")
            endpoint = by_method.get(http.method)
            if endpoint is None:
                response = error(405, "method_not_allowed", "no such method here")
                response.headers["Allow"] = ", ".join(sorted(by_method))
                return response
            try:
                return await endpoint(http)
            except Exception as trouble:  # noqa: BLE001 - no door lets an exception out, whatever went wrong
                if (no := refusal(trouble)) is not None:
                    return no
                self._crash(f"{ROOT}{path}", trouble)
                return error(500, "unavailable", "something went wrong on our side")

        return answered

    async def _perform(self, operation: Operation, http: Request) -> Response:
        entered = await self._gate.enter(http)
        if operation.method == "GET":
            command = made(operation.command, query_of(http), http.path_params, strict=False)
        else:
            body = await body_of(http, operation.most_bytes)
            command = made(operation.command, body, http.path_params)
        return told(await self._desk.perform(entered.actor, command, http.headers.get(GRANT_HEADER)))
