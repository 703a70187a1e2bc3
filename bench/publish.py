"""``python -m bench.publish``: writes what runs measured into docs/performance.md, between its markers.

Each ``build/bench-NAME.json`` that is there replaces what stands between ``<!-- bench NAME -->`` and
``<!-- end -->``; the rest of the page is people's. Nobody retypes a figure.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from bench.plot import PLOT, draw
from bench.processes import ROOT

PAGE = ROOT / "docs" / "performance.md"
BUILD = ROOT / "build"
JUDGED_AT = 32

Told = Mapping[str, Any]


def publish(page: str, name: str, told: Told) -> str:
    """The page with this run's figures in place; raises ``LookupError`` where it has no such markers."""
    marked = re.compile(rf"(<!-- bench {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not marked.search(page):
        raise LookupError(f"{PAGE.name} has no markers <!-- bench {name} --> … <!-- end -->")
    written = "\n".join(["", *SECTIONS[name](told), ""])
    return marked.sub(lambda found: found[1] + written + found[2], page)


def _full(told: Told) -> Iterator[str]:
    yield from _run(told)
    yield ""
    columns = ("a second", "p50 ms", "p99 ms", "CPU µs", "limit, a second", "ratio", "by CPU", "wanted")
    yield from _table((f"work, {JUDGED_AT} in flight", *columns), map(_judged, _at(told["works"], JUDGED_AT)))
    yield ""
    yield f"![The works at every number in flight; the same figures stand in the table below]({PLOT.name})"
    yield ""
    levels = [level for level in (1, 8, 32, 128) if _at(told["works"], level)]
    heads = (f"{level} in flight" for level in levels)
    yield "A second (p50 / p99 in ms), by the number of requests in flight:"
    yield ""
    yield from _table(("work", *heads), _by_level(told["works"], levels))
    yield ""
    yield from _table(("limit, measured in this run", ""), _pairs(told["limits"]))
    yield ""
    yield from _table(("figure", ""), _pairs({**_tail(told), **told["others"]}))
    if told.get("peers"):
        yield ""
        yield from _peers(told["peers"])


def _run(told: Told) -> Iterator[str]:
    machine, began = told["machine"], str(told["began"]).replace("T", " ").replace("+00:00", " UTC")
    load = f"{told['load_at_start']:.1f} before, {machine['load_at_end']:.1f} after"
    yield f"`{told['command']}`, {began}, {told['seconds']:,.0f} s; {machine['python']}, "
    yield f"{machine['cores']} cores; load average {load}."


def _judged(work: Told) -> list[str]:
    ratios = [_ratio(work[name]) for name in ("ratio", "cpu_ratio", "needed")]
    limit = "" if work["limit"] is None else _number(work["limit"])
    return [work["name"], *_served(work), limit, *ratios]


def _served(work: Told) -> list[str]:
    """Answers a second, both latencies, and the processor time of one."""
    rate, used = _number(work["rate"]), _number(work["server_us"])
    return [rate, f"{work['p50_ms']:.2f}", f"{work['p99_ms']:.2f}", used]


def _by_level(works: Sequence[Told], levels: Sequence[int]) -> Iterator[list[str]]:
    for name in dict.fromkeys(work["name"] for work in works):
        own = {work["in_flight"]: work for work in works if work["name"] == name}
        yield [name, *(_cell(own[level]) if level in own else "" for level in levels)]


def _cell(work: Told) -> str:
    return f"{_number(work['rate'])} ({work['p50_ms']:.2f} / {work['p99_ms']:.2f})"


def _at(works: Sequence[Told], in_flight: int) -> list[Told]:
    return [work for work in works if work["in_flight"] == in_flight]


def _tail(told: Told) -> dict[str, float]:
    """What is wanted of a login's tail: at twice as many in flight as there are cores."""
    in_flight = 2 * told["machine"]["cores"]
    name = f"p99 of a login at {in_flight} in flight ÷ one verify (wanted: 4 at most)"
    tails = (work["p99_verifies"] for work in _at(told["works"], in_flight))
    found = next((tail for tail in tails if tail is not None), None)
    return {} if found is None else {name: found}


def _peers(peers: Told) -> Iterator[str]:
    heads = ("work, at its best", "a second", "best peer", "a second", "ratio", "by CPU", "wanted")
    yield from _table(heads, map(_comparison, peers["comparisons"]))
    yield ""
    rows = [
        [f"{work['peer']} {peers['releases'][work['peer']]}: {work['work']}", str(work["in_flight"])]
        for work in peers["works"]
    ]
    rows = [[*row, *_served(work)] for row, work in zip(rows, peers["works"], strict=True)]
    rows += [[f"{name}: not measured, {reason}", *[""] * 5] for name, reason in peers["absent"].items()]
    yield from _table(("peer", "in flight", "a second", "p50 ms", "p99 ms", "CPU µs"), rows)


def _comparison(line: Told) -> list[str]:
    ours, theirs = _number(line["rate"]), _number(line["best_rate"])
    ratios = _ratio(line["ratio"]), _ratio(line["cpu_ratio"]), f"≥ {line['wanted']:g}"
    return [line["work"], ours, line["best"], theirs, *ratios]


def _nodes(told: Told) -> Iterator[str]:
    yield from _run(told)
    yield ""
    works = ([work["name"], *_served(work)] for work in told["works"])
    yield from _table((f"work, {JUDGED_AT} in flight", "a second", "p50 ms", "p99 ms", "CPU µs, all"), works)
    yield ""
    yield from _table(("figure", ""), _pairs(told["others"]))


def _others(told: Told) -> Iterator[str]:
    yield from _run(told)
    yield ""
    yield from _table(("figure", ""), _pairs(told["others"]))


def _table(heads: Sequence[str], rows: Iterable[list[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"| --- |{' --: |' * (len(heads) - 1)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _pairs(figures: Mapping[str, float]) -> list[list[str]]:
    return [[name, _number(value)] for name, value in figures.items()]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1_000 else f"{value:.3g}"


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


SECTIONS: Mapping[str, Callable[[Told], Iterator[str]]] = {
    "full": _full,
    "postgres": _others,
    "nodes": _nodes,
    "growth-sqlite": _others,
    "growth-postgres": _others,
}


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(SECTIONS)))
def main(names: tuple[str, ...]) -> None:
    """Write the figures of these runs, or of all that are found; with `full` the plot is drawn too."""
    for name in names or [name for name in SECTIONS if _file(name).exists()]:
        told = json.loads(_file(name).read_text())
        PAGE.write_text(publish(PAGE.read_text(), name, told))
        if name == "full":
            PLOT.write_text(draw(told["works"], f"aldaba under load, {told['began']}"))
        click.echo(f"{_file(name).name} → {PAGE.name}")


def _file(name: str) -> Path:
    return BUILD / f"bench-{name}.json"


if __name__ == "__main__":
    main()
