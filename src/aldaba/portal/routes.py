"""What the portal serves: documents for gateways and generators, pages for people; nothing from elsewhere."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib.metadata import version
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aldaba.contract import Contract
from aldaba.pages.answers import page, security
from aldaba.pages.language import chosen
from aldaba.portal.collections import Collections
from aldaba.portal.documents import openapi, swagger
from aldaba.portal.pages import Pages, Recipe

LONGEST_QUERY = 100
EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
FIXED_STYLE = "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='"
REDOC_STYLES = f"'self' {EMPTY_STYLE} {FIXED_STYLE}"
"""The two style elements Redoc makes, by their hashes: an empty one, which it fills by the style sheet's own
methods, and one whose text never changes. Any other stays forbidden."""

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
            Route("/docs/try", self._try, methods=["GET"]),
            Route("/docs/try/{flow}", self._try, methods=["GET"]),
            Route("/docs/reference", self._reference, methods=["GET"]),
            Route("/docs/reference/{tool}", self._reference, methods=["GET"]),
            Route("/docs/operations/{operation}", self._operation, methods=["GET"]),
            Route("/docs/e2e", self._e2e, methods=["GET"]),
            Route("/docs/journeys", self._journeys, methods=["GET"]),
            Route("/docs/sdks", self._sdks, methods=["GET"]),
            Route("/docs/errors", self._errors, methods=["GET"]),
            Route("/docs/errors/{operation}/{status}/{code}", self._error, methods=["GET"]),
            Route("/docs/{rest:path}", self._unknown, methods=["GET"]),
        ]

    async def _start(self, http: Request) -> Response:
        wanted = chosen(http)
        return page(self._pages.start(wanted), wanted.language)

    async def _try(self, http: Request) -> Response:
        wanted = chosen(http)
        return await self._found(http, self._pages.try_it(wanted, http.path_params.get("flow", "")))

    async def _reference(self, http: Request) -> Response:
        tool = http.path_params.get("tool", "")
        found = self._pages.reference(chosen(http), tool)
        return await self._found(http, found, security(style_src=REDOC_STYLES) if tool == "redoc" else {})

    async def _operation(self, http: Request) -> Response:
        found = self._pages.operation(chosen(http), http.path_params["operation"])
        return await self._found(http, found)

    async def _e2e(self, http: Request) -> Response:
        return await self._found(http, self._pages.e2e(chosen(http)))

    async def _journeys(self, http: Request) -> Response:
        return await self._found(http, self._pages.journeys(chosen(http)))

    async def _sdks(self, http: Request) -> Response:
        return await self._found(http, self._pages.sdks(chosen(http)))

    async def _errors(self, http: Request) -> Response:
        asked = http.query_params
        query, status = asked.get("q", "")[:LONGEST_QUERY], asked.get("status", "")
        return await self._found(http, self._pages.errors(chosen(http), query, status))

    async def _found(
        self, http: Request, text: str | None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """The page, or the one for what is not there."""
        return await self._unknown(http) if text is None else page(text, chosen(http).language, 200, headers)

    async def _error(self, http: Request) -> Response:
        asked = http.path_params
        found = self._pages.error(asked["operation"], asked["status"], asked["code"], chosen(http))
        return await self._found(http, found)

    async def _unknown(self, http: Request) -> Response:
        wanted = chosen(http)
        return page(self._pages.unknown(wanted), wanted.language, 404)


def _document(document: object) -> Handler:
    content = msgspec.json.encode(document)

    async def serve(_: Request) -> Response:
        return Response(content, media_type="application/json")

    return serve
