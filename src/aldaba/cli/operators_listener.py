"""The second listener, for those who run the server: metrics, never on the public address."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from aldaba.cli.desk import Failed
from aldaba.settings import Settings


class _Beside(uvicorn.Server):
    """Leaves the signals to the public listener; whoever started it ends it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def operators_listener(settings: Settings, routes: Sequence[BaseRoute]) -> AsyncIterator[str]:
    """Serve the routes on ``admin.host`` and ``admin.port``; yields the address. Raises ``Failed``."""
    bound = _bound(settings.admin.host, settings.admin.port)
    config = uvicorn.Config(
        Starlette(routes=list(routes)),
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=32,
        timeout_graceful_shutdown=1,
    )
    server = _Beside(config)
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    host, port = bound.getsockname()[:2]
    try:
        yield f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    finally:
        server.should_exit = True
        await serving


def _bound(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as trouble:
        raise Failed(
            f"admin.port: cannot listen on {host}:{port} ({trouble.strerror}). Set admin.port to a free one."
        ) from None
    return bound
