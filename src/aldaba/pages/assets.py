"""Style sheets and scripts, the house's own and vendored ones, from the package and nowhere else."""

from collections.abc import Awaitable, Callable
from hashlib import sha256
from importlib import resources
from importlib.resources.abc import Traversable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aldaba.pages.answers import security

TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
KEPT = "public, max-age=3600"

Handler = Callable[[Request], Awaitable[Response]]


def asset_routes(package: str, prefix: str) -> list[Route]:
    """A route for every style sheet, script and drawing under the package's ``static`` folder."""
    static = resources.files(package).joinpath("static")
    return [Route(f"{prefix}/{path}", _asset(path, file), methods=["GET"]) for path, file in _files(static)]


def _files(folder: Traversable, under: str = "") -> list[tuple[str, Traversable]]:
    found = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        path = f"{under}{entry.name}"
        if entry.is_dir():
            found += _files(entry, f"{path}/")
        elif path.endswith(tuple(TYPES)):
            found.append((path, entry))
    return found


def _asset(path: str, file: Traversable) -> Handler:
    """Read when first asked for: some are large, and few are asked for by most readers."""
    media = TYPES[path[path.rindex(".") :]]
    held: list[tuple[bytes, dict[str, str]]] = []

    async def serve(http: Request) -> Response:
        if not held:
            content = file.read_bytes()
            tag = f'"{sha256(content).hexdigest()[:32]}"'
            held.append((content, {**security(), "Cache-Control": KEPT, "ETag": tag}))
        content, headers = held[0]
        if http.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(content, headers=headers, media_type=media)

    return serve
