"""Metrics of one process, in a registry of their own; docs/metrics.md says what each one means.

A label holds words of this house alone: never a customer, a request id or a phone.
"""

import platform
from collections.abc import Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from aldaba.observability.audit_counts import AuditCounts
from aldaba.service.audit import Event

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """Counts what it is told, as ``Watch`` says, and what the log and the delivery tell."""

    def __init__(self, version: str) -> None:
        self.registry = registry = CollectorRegistry()
        self.audit = AuditCounts(registry)

        def counter(name: str, said: str, *labels: str) -> Counter:
            return Counter(name, said, labels, registry=registry)

        def histogram(name: str, said: str, *labels: str, buckets: tuple[float, ...] = _SECONDS) -> Histogram:
            return Histogram(name, said, labels, buckets=buckets, registry=registry)

        self._requests = counter("aldaba_requests", "Requests answered.", "operation", "status", "code")
        self._request_seconds = histogram("aldaba_request_seconds", "Time to an answer.", "operation")
        self.in_flight = Gauge("aldaba_requests_in_flight", "Requests being served now.", registry=registry)
        self._crashes = counter("aldaba_crashes", "Unexpected failures; each is in the log.")
        self._undecipherable = counter("aldaba_decrypt_failures", "Fields that did not open.", "step")
        self._hash_wait = histogram("aldaba_hash_wait_seconds", "Wait for a hashing thread.")
        self._hash = histogram("aldaba_hash_seconds", "One Argon2id computation.")
        self._batch = histogram("aldaba_store_batch_acts", "Acts that shared a commit.", buckets=_BATCHES)
        self._commit = histogram("aldaba_store_commit_seconds", "One transaction, sync included.")
        self._commit_failures = counter("aldaba_store_commit_failures", "Transactions come to nothing.")
        self._calls = counter("aldaba_backend_calls", "Calls to the bank's systems.", "backend", "outcome")
        self._call_seconds = histogram("aldaba_backend_seconds", "Time of such a call.", "backend")
        self._deliveries = counter(
            "aldaba_delivery_attempts", "Messages handed to a provider.", "provider", "outcome"
        )
        self._notices = counter("aldaba_notices", "Notices to customers.", "kind", "outcome")
        Gauge("aldaba_build_info", "Always 1.", ["version", "python"], registry=registry).labels(
            version, platform.python_version()
        ).set(1)
        ProcessCollector(registry=registry)
        # Looking a child up by its labels costs more than counting: each is looked up once.
        self._known: dict[tuple[object, ...], tuple[Counter, Histogram]] = {}

    def answered(self, line: Mapping[str, object]) -> None:
        """A line of the request log."""
        operation = line["operation"]
        key = (operation, line["status"], line.get("code"))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = (
                self._requests.labels(operation, line["status"], line.get("code") or ""),
                self._request_seconds.labels(operation),
            )
        known[0].inc()
        seconds = line["seconds"]
        known[1].observe(seconds if isinstance(seconds, float) else 0.0)

    def crashed(self) -> None:
        self._crashes.inc()

    def undecipherable(self, step: str) -> None:
        """``step`` as the diagnosis names it: a place and, after a colon, what went wrong."""
        place, _, what = step.rpartition(": ")
        told = what if place != "key exchange" else step
        self._undecipherable.labels(told).inc()

    def delivered(self, provider: str, outcome: str) -> None:
        self._deliveries.labels(provider, outcome).inc()

    def noticed(self, kind: str, outcome: str) -> None:
        self._notices.labels(kind, outcome).inc()

    def acted(self, seconds: float) -> None:
        """Acts are seen by their commits."""

    def committed(self, acts: int, seconds: float, events: Sequence[Event]) -> None:
        self._batch.observe(acts)
        self._commit.observe(seconds)
        for event in events:
            self.audit.count(event)

    def commit_failed(self) -> None:
        self._commit_failures.inc()

    def hashed(self, waited: float, seconds: float) -> None:
        self._hash_wait.observe(waited)
        self._hash.observe(seconds)

    def called(self, backend: str, outcome: str, seconds: float) -> None:
        self._calls.labels(backend, outcome).inc()
        self._call_seconds.labels(backend).observe(seconds)

    def carried(self) -> Mapping[str, str]:
        return {}
