"""The balancer: gives each request to the next node that is ready, and never gives one twice."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import httpx
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

LOOK_SECONDS = 0.5
CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 15.0
"""A node gives up on a request by itself after nine."""

Headers = list[tuple[bytes, bytes]]
_OF_ONE_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer"
    b" transfer-encoding upgrade".split()
)
"""RFC 9110 section 7.6.1: what concerns one connection is not passed on."""


@dataclass(slots=True)
class Upstream:
    """A node as the balancer knows it."""

    name: str
    address: str
    ready: bool = False


class Balancer:
    """An ASGI application before these nodes; ``say`` is told when one comes or goes."""

    def __init__(self, nodes: Sequence[Upstream], say: Callable[[str], None]) -> None:
        self._nodes = list(nodes)
        self._say = say
        # A connection that is used again may have been closed meanwhile, and nobody could tell whether what
        # was written to it was read. On one of its own, a request has gone nowhere until that is open.
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_keepalive_connections=0),
            trust_env=False,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def watch(self) -> None:
        """Ask every node again and again whether it is ready."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Ask every node once whether it is ready."""
        await asyncio.gather(*(self._look_at(node) for node in self._nodes))

    async def close(self) -> None:
        await self._http.aclose()

    async def _look_at(self, node: Upstream) -> None:
        try:
            answer = await self._http.get(f"{node.address}/health/ready", timeout=CONNECT_SECONDS)
        except httpx.TransportError:
            self._found(node, ready=False)
        else:
            self._found(node, ready=answer.status_code == 200)

    def _found(self, node: Upstream, *, ready: bool) -> None:
        if ready != node.ready:
            node.ready = ready
            self._say(
                f"{node.name} is ready" if ready else f"{node.name} is not ready: nothing is sent to it"
            )

    def _in_turn(self) -> list[Upstream]:
        """Those that are ready, the next one first; all of them where none is, for they know best why."""
        self._nodes.append(self._nodes.pop(0))
        return [node for node in self._nodes if node.ready] or list(self._nodes)

    async def _answer(self, request: Request) -> Response:
        for node in self._in_turn():
            try:
                return await self._passed_on(request, node)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                # Only here is it certain that the node has read nothing: the next one may be asked.
                self._found(node, ready=False)
            except httpx.TransportError as failed:
                told = (
                    f"{node.name} did not answer ({type(failed).__name__}); it may have done what was asked"
                )
                return JSONResponse({"error": told}, 502)
            except ClientDisconnect:
                return Response(status_code=400)  # nobody reads it
        return JSONResponse({"error": "no node can be reached"}, 503)

    async def _passed_on(self, request: Request, node: Upstream) -> Response:
        has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
        asked = httpx.Request(
            request.method,
            node.address,
            headers=_passing(request.headers.raw),
            content=request.stream() if has_body else None,
            extensions={"target": _target(request.scope), "timeout": self._http.timeout.as_dict()},
        )
        answer = await self._http.send(asked, stream=True)
        try:
            # All of it, still encoded: half an answer is none, and is told as such.
            body = b"".join([part async for part in answer.aiter_raw()])
        finally:
            await answer.aclose()
        response = Response(body, answer.status_code)
        response.raw_headers = _passing(answer.headers.raw)
        return response


def _passing(headers: Headers) -> Headers:
    return [(name, value) for name, value in headers if name.lower() not in _OF_ONE_HOP]


def _target(scope: Scope) -> bytes:
    """Path and query as they were sent, byte for byte."""
    path: bytes = scope["raw_path"]
    query: bytes = scope["query_string"]
    return path + b"?" + query if query else path
