"""Gauges of what stands and waits in the house, read when somebody asks for the metrics."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge

from aldaba.domain.refusals import HouseUnavailable
from aldaba.service.ports import Clock
from aldaba.service.watching import Figures

FIGURES_SECONDS = 2.0
"""So long the metrics wait for the store; a store that hangs must not take its own alarm away."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the gauges read. ``waiting`` are hashes and acts that have not begun.

    ``sessions_counted``: False where sessions are kept on a server that does not count them.
    """

    clock: Clock
    figures: Callable[[datetime], Awaitable[Figures]]
    hashes_waiting: Callable[[], int]
    acts_waiting: Callable[[], int]
    data: Path
    certificate_expires: datetime | None = None
    sessions_counted: bool = True


class HouseGauges:
    """Brings the gauges up to date; where the store is away they keep quiet and ``aldaba_store_up`` is 0."""

    def __init__(self, registry: CollectorRegistry, sources: Sources) -> None:
        self._sources = sources

        def gauge(name: str, said: str, *labels: str) -> Gauge:
            return Gauge(name, said, labels, registry=registry)

        gauge("aldaba_hash_waiting", "Hashes that wait for a thread.").set_function(sources.hashes_waiting)
        gauge("aldaba_store_waiting", "Acts that wait for the writer.").set_function(sources.acts_waiting)
        self._store_up = gauge("aldaba_store_up", "1 when the store answers.")
        self._clock = gauge("aldaba_clock_seconds", "The house's clock, as seconds since 1970.")
        self._sessions = (
            gauge("aldaba_sessions_live", "Sessions not expired.") if sources.sessions_counted else None
        )
        self._unsealed = gauge("aldaba_audit_unsealed_rows", "Audit rows not in the chain yet.")
        self._sealing_lag = gauge("aldaba_audit_sealing_lag_seconds", "Age of the oldest of them.")
        self._notices = gauge("aldaba_notices_waiting", "Notices not sent yet.")
        self._notice_lag = gauge("aldaba_notices_lag_seconds", "How long the oldest of them is due.")
        self._key_age = gauge("aldaba_key_age_seconds", "Age of the current key pair.", "purpose")
        self._free = gauge("aldaba_data_free_bytes", "Free bytes on the disk of `data`.")
        if sources.certificate_expires is not None:
            gauge("aldaba_tls_certificate_expires_seconds", "When it ends, seconds since 1970.").set(
                sources.certificate_expires.timestamp()
            )

    async def refresh(self) -> None:
        now = self._sources.clock()
        self._clock.set(now.timestamp())
        self._free.set(shutil.disk_usage(self._sources.data).free)
        try:
            async with asyncio.timeout(FIGURES_SECONDS):
                figures = await self._sources.figures(now)
        except (HouseUnavailable, TimeoutError):
            self._store_up.set(0)
            return
        self._store_up.set(1)
        self._show(figures, now)

    def _show(self, figures: Figures, now: datetime) -> None:
        if self._sessions is not None:
            self._sessions.set(figures.sessions_live)
        self._unsealed.set(figures.audit_unsealed)
        self._sealing_lag.set(_age(figures.oldest_unsealed, now))
        self._notices.set(figures.notices_waiting)
        self._notice_lag.set(_age(figures.oldest_notice, now))
        for purpose, made in figures.key_pairs.items():
            self._key_age.labels(purpose).set(_age(made, now))


def _age(moment: datetime | None, now: datetime) -> float:
    return 0.0 if moment is None else max(0.0, (now - moment).total_seconds())
