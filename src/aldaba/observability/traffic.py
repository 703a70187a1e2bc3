"""Counts the requests in flight, round the whole door."""

from prometheus_client import Gauge
from starlette.types import ASGIApp, Receive, Scope, Send


class InFlight:
    """An ASGI application that lets every request through and counts it while it is under way."""

    def __init__(self, app: ASGIApp, gauge: Gauge) -> None:
        self._app = app
        self._under_way = 0
        gauge.set_function(lambda: self._under_way)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._under_way += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._under_way -= 1
