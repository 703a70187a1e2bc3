"""Whoever watches the house: its log, its metrics, and the parts that tell them what they do."""

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from cryptography import x509
from starlette.routing import Route
from starlette.types import ASGIApp

from aldaba.backends.hashing import ThreadedHasher
from aldaba.observability.exposition import metrics_route
from aldaba.observability.figures import HouseGauges, Sources
from aldaba.observability.metrics import Metrics
from aldaba.observability.readings import counts
from aldaba.observability.traffic import InFlight
from aldaba.observability.watched_log import WatchedLog
from aldaba.service.notices import Report
from aldaba.service.operator_figures import Counted
from aldaba.service.ports import Clock
from aldaba.service.watching import Watch
from aldaba.settings import Settings
from aldaba.store.sql.figures import figures
from aldaba.store.sql.store import SqlStore

if TYPE_CHECKING:
    from aldaba.observability.tracing import Tracing

OTLP_ADDRESSES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


@dataclass(slots=True)
class Watched:
    """What a house tells of itself."""

    metrics: Metrics
    watch: Watch
    log: WatchedLog
    tracing: "Tracing | None" = None
    gauges: HouseGauges | None = field(default=None)

    def undecipherable(self, request_id: str, step: str) -> None:
        """A ``Diagnose`` that counts; which request it was stays untold."""
        del request_id
        self.metrics.undecipherable(step)

    def noticed(self, report: Report) -> None:
        self.log.notice("notice", kind=report.kind, outcome=report.outcome, attempt=report.attempt)
        self.metrics.noticed(report.kind, report.outcome.value)

    def counts(self) -> Mapping[str, Sequence[Counted]]:
        """What was counted since this process started."""
        return counts(self.metrics.registry)

    def look_at(self, settings: Settings, store: SqlStore, hasher: ThreadedHasher, clock: Clock) -> None:
        """Say where the gauges read."""
        sources = Sources(
            clock=clock,
            figures=lambda now: store.read(lambda query: figures(query, now)),
            hashes_waiting=lambda: hasher.waiting,
            acts_waiting=lambda: store.waiting,
            data=settings.data,
            certificate_expires=certificate_end(settings),
            sessions_counted=settings.redis.url is None,
        )
        self.gauges = HouseGauges(self.metrics.registry, sources)

    def routes(self) -> list[Route]:
        """For the operators' listener."""
        return [] if self.gauges is None else [metrics_route(self.metrics.registry, self.gauges)]

    def round_the_door(self, door: ASGIApp) -> ASGIApp:
        """The door, with its traffic watched."""
        watched = door if self.tracing is None else self.tracing.round_the_door(door)
        return InFlight(watched, self.metrics.in_flight)

    async def close(self) -> None:
        """Send the traces that wait."""
        if self.tracing is not None:
            await asyncio.to_thread(self.tracing.close)


def watching() -> Watched:
    """Metrics and log of a fresh house, and traces where the environment asks for them."""
    release = version("aldaba")
    metrics = Metrics(release)
    if not traces_wanted(os.environ):
        return Watched(metrics, metrics, WatchedLog(metrics))
    try:
        from aldaba.observability.tracing import Tracing  # noqa: PLC0415 - its package is an extra
    except ImportError:
        log = WatchedLog(metrics)
        log.notice("no traces", why="OTEL_… asks for them, but the package is without its extra `otel`")
        return Watched(metrics, metrics, log)
    tracing = Tracing(metrics, release, time.time_ns)
    return Watched(metrics, tracing, WatchedLog(metrics, tracing.told), tracing)


def traces_wanted(environ: Mapping[str, str]) -> bool:
    """Whether the usual variables name a collector, and none switches traces off."""
    off = (
        environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
        or environ.get("OTEL_TRACES_EXPORTER") == "none"
    )
    return not off and any(environ.get(name) for name in OTLP_ADDRESSES)


def certificate_end(settings: Settings) -> datetime | None:
    """When the first certificate of ``server.tls_cert`` ends; None without one, or where it is no PEM."""
    if settings.server.tls_cert is None:
        return None
    try:
        chain = x509.load_pem_x509_certificates(settings.server.tls_cert.read_bytes())
    except (OSError, ValueError):
        return None
    return chain[0].not_valid_after_utc
