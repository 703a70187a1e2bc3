"""What a run found: each work with its limit and their ratio, as a table and as JSON."""

import json
import platform
import sys
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.load import Outcome
from bench.machine import cores, load_average, median


@dataclass(frozen=True, slots=True)
class Work:
    """One work at one number of requests in flight; times in milliseconds, CPU in microseconds an answer.

    ``limit`` is in the unit that ``unit`` names; ``ratio`` is 1 where the house reaches it, ``needed`` the
    ratio to be reached.
    """

    name: str
    in_flight: int
    rate: float
    p50_ms: float
    p99_ms: float
    server_us: float
    client_us: float
    limit: float | None = None
    unit: str = ""
    ratio: float | None = None
    cpu_ratio: float | None = None
    p99_verifies: float | None = None
    needed: float | None = None
    answers: int = 0


@dataclass(frozen=True, slots=True)
class PeerWork:
    """What a peer did; ``kind`` (login, code, session) says with which of our works it is compared."""

    peer: str
    kind: str
    work: str
    in_flight: int
    rate: float
    p50_ms: float
    p99_ms: float
    server_us: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """A work of ours at its best beside the best of the peers, answers a second.

    ``cpu_ratio`` compares processor time with processor time: how many of ours one of theirs costs.
    """

    work: str
    rate: float
    best: str
    best_rate: float
    ratio: float
    cpu_ratio: float
    wanted: float


@dataclass(slots=True)
class Peers:
    """What the peers of a run did; where one did nothing, its reason stands among ``absent``."""

    releases: dict[str, str] = field(default_factory=dict)
    works: list[PeerWork] = field(default_factory=list)
    comparisons: list[Comparison] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Figures:
    """Everything one run measured."""

    form: str
    command: str
    limits: dict[str, float] = field(default_factory=dict)
    works: list[Work] = field(default_factory=list)
    others: dict[str, float] = field(default_factory=dict)
    peers: Peers | None = None
    began: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    load_at_start: float = field(default_factory=load_average)
    seconds: float = 0.0

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        machine = {
            "cores": len(cores()),
            "python": f"{platform.python_implementation()} {platform.python_version()}",
            "system": platform.platform(),
            "load_at_end": load_average(),
        }
        path.write_text(json.dumps({"machine": machine, **asdict(self)}, indent=2) + "\n")

    def show(self, console: Console) -> None:
        if self.limits:
            console.print(self._limits())
        if self.works:
            console.print(self._works())
        console.print(self._others())
        if self.peers is not None:
            console.print(_peers(self.peers))
            console.print(_comparisons(self.peers))
        console.print(
            f"{self.form} form in {self.seconds:.0f} s on {len(cores())} cores; load average "
            f"{self.load_at_start:.1f} before, {load_average():.1f} after. "
            "CPU µs: the server's processor time an answer; the load generator's own beside it."
        )

    def _limits(self) -> Table:
        table = Table("limit, measured in this run", "", title="Limits", title_justify="left")
        for name, value in self.limits.items():
            table.add_row(name, _number(value))
        return table

    def _works(self) -> Table:
        table = Table(title="Works", title_justify="left")
        table.add_column("work")
        for name in ("in flight", "a second", "p50 ms", "p99 ms", "p99 ÷ verify"):
            table.add_column(name, justify="right")
        for name in ("CPU µs", "client µs", "limit", "ratio", "by CPU", "needed"):
            table.add_column(name, justify="right")
        for work in self.works:
            limit = "" if work.limit is None else f"{_number(work.limit)} {work.unit}"
            table.add_row(
                work.name,
                str(work.in_flight),
                _number(work.rate),
                f"{work.p50_ms:.2f}",
                f"{work.p99_ms:.2f}",
                _ratio(work.p99_verifies),
                _number(work.server_us),
                _number(work.client_us),
                limit,
                _ratio(work.ratio),
                _ratio(work.cpu_ratio),
                _ratio(work.needed),
            )
        return table

    def _others(self) -> Table:
        table = Table("figure", "", title="Start, memory, growth, import", title_justify="left")
        for name, value in self.others.items():
            table.add_row(name, _ratio(value) if value < 10 else _number(value))
        return table


def wide_console() -> Console:
    """The terminal as wide as it is; where there is none, wide enough for every column."""
    return Console(width=None if sys.stdout.isatty() else 170)


def _peers(peers: Peers) -> Table:
    table = Table("peer", "work", title="Peers", title_justify="left")
    for name in ("in flight", "a second", "p50 ms", "p99 ms", "CPU µs"):
        table.add_column(name, justify="right")
    for work in peers.works:
        times = (f"{work.p50_ms:.2f}", f"{work.p99_ms:.2f}", _number(work.server_us))
        name = f"{work.peer} {peers.releases[work.peer]}"
        table.add_row(name, work.work, str(work.in_flight), _number(work.rate), *times)
    for name, reason in peers.absent.items():
        table.add_row(name, reason)
    return table


def _comparisons(peers: Peers) -> Table:
    table = Table("work", title="Beside the best peer", title_justify="left")
    for name in ("a second", "best peer", "a second", "ratio", "by CPU", "wanted"):
        table.add_column(name)
    for line in peers.comparisons:
        ours, theirs = _number(line.rate), _number(line.best_rate)
        ratios = (_ratio(line.ratio), _ratio(line.cpu_ratio), _number(line.wanted))
        table.add_row(line.work, ours, line.best, theirs, *ratios)
    return table


def work_of(
    name: str, in_flight: int, stretches: list[Outcome], *, limit: tuple[float, str] | None = None
) -> Work:
    """The middle of some stretches of the same work."""
    return Work(
        name=name,
        in_flight=in_flight,
        rate=median([each.rate for each in stretches]),
        p50_ms=median([each.milliseconds(50) for each in stretches]),
        p99_ms=median([each.milliseconds(99) for each in stretches]),
        server_us=median([each.server_us for each in stretches]),
        client_us=median([each.client_us for each in stretches]),
        limit=None if limit is None else limit[0],
        unit="" if limit is None else limit[1],
        answers=sum(each.done for each in stretches),
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
