"""How the house does, in numbers an operator looks at: logins, locks, codes, decryption, time to answer."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aldaba.domain.operators import Actor
from aldaba.service.audit import EventType
from aldaba.service.audit_tallies import CodeFlow, Tally, codes_by_provider, locks_by_cause
from aldaba.service.operator_commands import ShowFigures
from aldaba.service.operator_desk import Handlers
from aldaba.service.ports import Clock, Store

HOURS = 24
BUSIEST = 10
"""So many operations are shown."""


@dataclass(frozen=True, slots=True)
class Counted:
    """One counter of this process by its labels, or one bucket of a distribution (label ``le``)."""

    labels: Mapping[str, str]
    value: float


Counts = Callable[[], Mapping[str, Sequence[Counted]]]
"""Everything counted since this process started, by the metric's name as docs/metrics.md has it."""


@dataclass(frozen=True, slots=True)
class LoginHour:
    """``hour`` is when it began."""

    hour: datetime
    succeeded: int
    refused: int


@dataclass(frozen=True, slots=True)
class ProviderFlow:
    """Messages a provider accepted, and those it did not."""

    provider: str
    accepted: int
    not_accepted: int


@dataclass(frozen=True, slots=True)
class Latency:
    """Upper bounds in milliseconds, as fine as the buckets are; None above the last bucket."""

    operation: str
    requests: int
    half_below: float | None
    most_below: float | None
    """95 in 100 answers took less."""


@dataclass(frozen=True, slots=True)
class Figures:
    """``logins`` (oldest first), ``locks`` and ``codes`` are the last 24 hours in the audit, of every server.

    The rest is what this process counted since it started.
    """

    logins: tuple[LoginHour, ...]
    locks: tuple[Tally, ...]
    codes: tuple[CodeFlow, ...]
    providers: tuple[ProviderFlow, ...]
    decrypt_failures: tuple[Tally, ...]
    latency: tuple[Latency, ...]


class OperatorFigures:
    """``handlers`` are for the desk."""

    def __init__(self, store: Store, clock: Clock, counts: Counts) -> None:
        self._store = store
        self._clock = clock
        self._counts = counts

    @property
    def handlers(self) -> Handlers:
        return {ShowFigures: self.show}

    async def show(self, _: Actor, __: ShowFigures) -> Figures:
        this_hour = self._clock().replace(minute=0, second=0, microsecond=0)
        first = this_hour - timedelta(hours=HOURS - 1)
        end = this_hour + timedelta(hours=1)
        right, wrong, locks, codes = await self._store.read(
            lambda query: (
                query.audit.hourly(EventType.LOGIN_SUCCEEDED, first),
                query.audit.hourly(EventType.LOGIN_REFUSED, first),
                locks_by_cause(query, first, end),
                codes_by_provider(query, first, end),
            )
        )
        hours = [first + timedelta(hours=number) for number in range(HOURS)]
        counts = self._counts()
        return Figures(
            logins=tuple(LoginHour(hour, right.get(hour, 0), wrong.get(hour, 0)) for hour in hours),
            locks=locks,
            codes=codes,
            providers=_providers(counts.get("aldaba_delivery_attempts_total", ())),
            decrypt_failures=_tallies(counts.get("aldaba_decrypt_failures_total", ()), "step"),
            latency=_latency(counts.get("aldaba_request_seconds_bucket", ())),
        )


def _tallies(counted: Iterable[Counted], label: str) -> tuple[Tally, ...]:
    """Most often first."""
    found = [Tally(one.labels[label], int(one.value)) for one in counted if one.value]
    return tuple(sorted(found, key=lambda one: (-one.count, one.name)))


def _providers(counted: Iterable[Counted]) -> tuple[ProviderFlow, ...]:
    flows: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for one in counted:
        flows[one.labels["provider"]][one.labels["outcome"] != "accepted"] += int(one.value)
    return tuple(ProviderFlow(name, *flow) for name, flow in sorted(flows.items()))


def _latency(buckets: Iterable[Counted]) -> tuple[Latency, ...]:
    """The operations asked for most."""
    by_operation: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for one in buckets:
        by_operation[one.labels["operation"]].append((float(one.labels["le"]), one.value))
    found = [
        Latency(name, int(max(steps)[1]), _below(sorted(steps), 0.5), _below(sorted(steps), 0.95))
        for name, steps in by_operation.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.requests, one.operation))[:BUSIEST])


def _below(steps: list[tuple[float, float]], share: float) -> float | None:
    """The bound, in milliseconds, of the bucket this share of all falls in."""
    wanted = steps[-1][1] * share
    bound = next(bound for bound, count in steps if count >= wanted)
    return None if bound == float("inf") else bound * 1000
