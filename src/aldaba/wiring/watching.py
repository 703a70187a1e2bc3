"""Whoever watches the house: its log, its metrics, and the parts that tell them what they do."""

from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version

from cryptography import x509
from starlette.routing import Route
from starlette.types import ASGIApp

from aldaba.backends.hashing import ThreadedHasher
from aldaba.observability.exposition import metrics_route
from aldaba.observability.figures import HouseGauges, Sources
from aldaba.observability.metrics import Metrics
from aldaba.observability.traffic import InFlight
from aldaba.observability.watched_log import WatchedLog
from aldaba.service.notices import Report
from aldaba.service.ports import Clock
from aldaba.service.watching import Watch
from aldaba.settings import Settings
from aldaba.store.sql.engine import SqliteStore
from aldaba.store.sql.figures import figures


@dataclass(slots=True)
class Watched:
    """What a house tells of itself."""

    metrics: Metrics
    watch: Watch
    log: WatchedLog
    gauges: HouseGauges | None = field(default=None)

    def undecipherable(self, request_id: str, step: str) -> None:
        """A ``Diagnose`` that counts; which request it was stays untold."""
        del request_id
        self.metrics.undecipherable(step)

    def noticed(self, report: Report) -> None:
        self.log.notice("notice", kind=report.kind, outcome=report.outcome, attempt=report.attempt)
        self.metrics.noticed(report.kind, report.outcome.value)

    def look_at(self, settings: Settings, store: SqliteStore, hasher: ThreadedHasher, clock: Clock) -> None:
        """Say where the gauges read."""
        sources = Sources(
            clock=clock,
            figures=lambda now: store.read(lambda query: figures(query, now)),
            hashes_waiting=lambda: hasher.waiting,
            acts_waiting=lambda: store.waiting,
            data=settings.data,
            certificate_expires=certificate_end(settings),
        )
        self.gauges = HouseGauges(self.metrics.registry, sources)

    def routes(self) -> list[Route]:
        """For the operators' listener."""
        return [] if self.gauges is None else [metrics_route(self.metrics.registry, self.gauges)]

    def round_the_door(self, door: ASGIApp) -> ASGIApp:
        """The door, with its traffic watched."""
        return InFlight(door, self.metrics.in_flight)


def watching() -> Watched:
    """Metrics and log of a fresh house."""
    metrics = Metrics(version("aldaba"))
    return Watched(metrics, metrics, WatchedLog(metrics))


def certificate_end(settings: Settings) -> datetime | None:
    """When the first certificate of ``server.tls_cert`` ends; None without one, or where it is no PEM."""
    if settings.server.tls_cert is None:
        return None
    try:
        chain = x509.load_pem_x509_certificates(settings.server.tls_cert.read_bytes())
    except (OSError, ValueError):
        return None
    return chain[0].not_valid_after_utc
