"""What the portal serves: documents for gateways and generators, pages for people; nothing from elsewhere."""

from collections.abc import Awaitable, Callable, Sequence
from importlib.metadata import version
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aldaba.contract import Contract
from aldaba.pages.answers import page
from aldaba.pages.language import chosen
from aldaba.portal.collections import Collections
from aldaba.portal.documents import openapi, swagger
from aldaba.portal.pages import Pages, Recipe

Handler = Callable[[Request], Awaitable[Response]]


class Portal:
    """Documents are written once from the contract; pages when asked for, in the reader's language."""

    def __init__(
        self,
        contract: Contract,
        public_url: str,
        *,
        recipes: Sequence[Recipe] | None = None,
        served: frozenset[str] | None = None,
    ) -> None:
        self._contract = contract
        self._public_url = public_url
        self._pages = Pages(contract, public_url, recipes, served)

    def routes(self) -> list[Route]:
        release, address = version("aldaba"), urlsplit(self._public_url)
        modern = openapi(self._contract, server_url=self._public_url, version=release)
        older = swagger(self._contract, host=address.netloc, version=release, scheme=address.scheme)
        return [
            Route("/openapi.json", _document(modern), methods=["GET"]),
            Route("/swagger.json", _document(older), methods=["GET"]),
            *Collections(self._contract, self._public_url).routes(),
            Route("/docs", self._start, methods=["GET"]),
            Route("/docs/errors/{operation}/{status}/{code}", self._error, methods=["GET"]),
            Route("/docs/{rest:path}", self._unknown, methods=["GET"]),
        ]

    async def _start(self, http: Request) -> Response:
        wanted = chosen(http)
        return page(self._pages.start(wanted), wanted.language)

    async def _error(self, http: Request) -> Response:
        wanted, asked = chosen(http), http.path_params
        found = self._pages.error(asked["operation"], asked["status"], asked["code"], wanted)
        return await self._unknown(http) if found is None else page(found, wanted.language)

    async def _unknown(self, http: Request) -> Response:
        wanted = chosen(http)
        return page(self._pages.unknown(wanted), wanted.language, 404)


def _document(document: object) -> Handler:
    content = msgspec.json.encode(document)

    async def serve(_: Request) -> Response:
        return Response(content, media_type="application/json")

    return serve
