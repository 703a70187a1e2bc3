"""What the counters of this process say now, as plain numbers."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from prometheus_client import CollectorRegistry

from aldaba.service.operator_figures import Counted

READ = ("aldaba_locks", "aldaba_codes_sent", "aldaba_codes_tried", "aldaba_delivery_attempts",
        "aldaba_decrypt_failures", "aldaba_request_seconds")  # fmt: skip
"""Only these: gauges would ask the store."""


def counts(registry: CollectorRegistry) -> Mapping[str, Sequence[Counted]]:
    """By the sample's name, as a scrape would show it."""
    found: dict[str, list[Counted]] = defaultdict(list)
    for metric in registry.collect():
        if metric.name in READ:
            for sample in metric.samples:
                found[sample.name].append(Counted(sample.labels, sample.value))
    return found
