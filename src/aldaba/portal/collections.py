"""The contract as collections for API clients: Postman 2.1, and a folder of Bruno's plain files."""

import io
import zipfile
from collections.abc import Awaitable, Callable
from importlib import resources

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aldaba.contract import Contract
from aldaba.portal.bruno import bruno
from aldaba.portal.postman import postman
from aldaba.portal.trial_requests import trial_requests

Handler = Callable[[Request], Awaitable[Response]]

# A zip file carries times; one that never changes makes the same contract the same bytes.
_EPOCH = (2020, 1, 1, 0, 0, 0)


class Collections:
    """Both collections, written once from the contract for the server at that address."""

    def __init__(self, contract: Contract, public_url: str) -> None:
        sealing = resources.files("aldaba.portal").joinpath("sealing.js").read_text("utf-8")
        requests = trial_requests(contract)
        address = public_url.rstrip("/")
        self._postman = msgspec.json.encode(postman(requests, address, sealing))
        self._bruno = zipped(bruno(requests, address, sealing))

    def routes(self) -> list[Route]:
        json, archive = "application/json", "application/zip"
        return [
            Route(
                "/docs/collections/postman.json", _file(self._postman, json, "aldaba.postman_collection.json")
            ),
            Route("/docs/collections/bruno.zip", _file(self._bruno, archive, "aldaba-bruno.zip")),
        ]


def _file(content: bytes, kind: str, name: str) -> Handler:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}

    async def serve(_: Request) -> Response:
        return Response(content, headers=headers, media_type=kind)

    return serve


def zipped(files: dict[str, str]) -> bytes:
    """The files as a zip archive."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), text)
    return written.getvalue()
