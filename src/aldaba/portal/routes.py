"""The documents gateways and generators read: ``/openapi.json`` and ``/swagger.json``."""

from collections.abc import Awaitable, Callable
from importlib.metadata import version
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aldaba.contract import Contract
from aldaba.portal.documents import openapi, swagger


class Portal:
    """Written once from the contract, served from memory."""

    def __init__(self, contract: Contract, public_url: str) -> None:
        self._contract = contract
        self._public_url = public_url

    def routes(self) -> list[Route]:
        release, address = version("aldaba"), urlsplit(self._public_url)
        modern = openapi(self._contract, server_url=self._public_url, version=release)
        older = swagger(self._contract, host=address.netloc, version=release, scheme=address.scheme)
        return [
            Route("/openapi.json", _served(modern), methods=["GET"]),
            Route("/swagger.json", _served(older), methods=["GET"]),
        ]


def _served(document: object) -> Callable[[Request], Awaitable[Response]]:
    content = msgspec.json.encode(document)

    async def serve(_: Request) -> Response:
        return Response(content, media_type="application/json")

    return serve
