"""What the portal serves: documents for gateways and generators, pages for people; no script, no guest."""

import re
from collections.abc import Awaitable, Callable, Sequence
from importlib import resources
from importlib.metadata import version
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aldaba.contract import Contract, Language
from aldaba.portal.collections import Collections
from aldaba.portal.documents import openapi, swagger
from aldaba.portal.pages import Pages, Recipe

SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
STYLE_SECONDS = 3600
_LONGEST = 256
_RANGE = re.compile(r"\s*(es|en|\*)(?:-[A-Za-z0-9-]+)?\s*(?:;\s*q\s*=\s*([0-9.]+))?\s*", re.IGNORECASE)

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
            Route("/docs/style.css", _style(), methods=["GET"]),
            Route("/docs/errors/{operation}/{status}/{code}", self._error, methods=["GET"]),
            Route("/docs/{rest:path}", self._unknown, methods=["GET"]),
        ]

    async def _start(self, http: Request) -> Response:
        language, chosen = _language(http)
        return _page(self._pages.start(language, chosen=chosen), language)

    async def _error(self, http: Request) -> Response:
        language, chosen = _language(http)
        asked = http.path_params
        found = self._pages.error(asked["operation"], asked["status"], asked["code"], language, chosen=chosen)
        if found is None:
            return await self._unknown(http)
        return _page(found, language)

    async def _unknown(self, http: Request) -> Response:
        language, chosen = _language(http)
        return _page(self._pages.unknown(language, chosen=chosen), language, 404)


def _document(document: object) -> Handler:
    content = msgspec.json.encode(document)

    async def serve(_: Request) -> Response:
        return Response(content, media_type="application/json")

    return serve


def _style() -> Handler:
    content = resources.files("aldaba.portal").joinpath("templates", "style.css").read_bytes()
    headers = {**SECURITY, "Cache-Control": f"public, max-age={STYLE_SECONDS}"}

    async def serve(_: Request) -> Response:
        return Response(content, headers=headers, media_type="text/css")

    return serve


def _page(text: str, language: Language, status: int = 200) -> Response:
    headers = {
        **SECURITY,
        "Content-Language": language,
        "Vary": "Accept-Language",
        "Cache-Control": "no-cache",
    }
    return Response(text, status, headers, media_type="text/html")


def _language(http: Request) -> tuple[Language, bool]:
    """The language to answer in, and whether the address chose it."""
    chosen = http.query_params.get("lang")
    if chosen == "en":
        return "en", True
    if chosen == "es":
        return "es", True
    return _accepted(http.headers.get("accept-language", "")), False


def _accepted(header: str) -> Language:
    """Spanish unless English is liked better (RFC 9110 section 12.5.4)."""
    liked = {"es": 0.0, "en": 0.0}
    for part in header[:_LONGEST].lower().split(","):
        found = _RANGE.fullmatch(part)
        if found is None:
            continue
        quality = _quality(found[2])
        for language in liked if found[1] == "*" else (found[1],):
            liked[language] = max(liked[language], quality)
    return "en" if liked["en"] > liked["es"] else "es"


def _quality(text: str | None) -> float:
    try:
        return 1.0 if text is None else float(text)
    except ValueError:
        return 0.0
