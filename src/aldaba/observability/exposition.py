"""``GET /metrics``: what Prometheus reads, on the operators' address alone."""

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aldaba.observability.figures import HouseGauges

PATH = "/metrics"


def metrics_route(registry: CollectorRegistry, gauges: HouseGauges) -> Route:
    """The route for the operators' listener; in Prometheus' text form, or OpenMetrics where it is asked."""

    async def answer(http: Request) -> Response:
        await gauges.refresh()
        encode, media_type = choose_encoder(http.headers.get("accept", ""))
        return Response(encode(registry), headers={"Content-Type": media_type, "Cache-Control": "no-store"})

    return Route(PATH, answer, methods=["GET"])
