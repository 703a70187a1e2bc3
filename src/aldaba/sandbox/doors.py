"""Every address under ``/sandbox``: JSON for programs, pages for people, and what the pages look like."""

from starlette.routing import BaseRoute

from aldaba.pages.assets import asset_routes
from aldaba.sandbox.guard import Guard
from aldaba.sandbox.opening import Sandbox
from aldaba.sandbox.pages import SandboxPages
from aldaba.sandbox.routes import SandboxRoutes


def sandbox_routes(sandbox: Sandbox, allow_from: tuple[str, ...]) -> list[BaseRoute]:
    guard = Guard(allow_from)
    return [
        *asset_routes("aldaba.sandbox", "/sandbox/assets"),
        *SandboxRoutes(sandbox).routes(guard),
        *SandboxPages(sandbox).routes(guard),
    ]
