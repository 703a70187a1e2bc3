"""``python -m bench.plot``: a run's works as an SVG: answers a second and latency, on logarithmic scales.

It is read in light and in dark, and every number in flight has a shape of its own beside its colour.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import click

from bench.processes import ROOT

PLOT = ROOT / "docs" / "performance.svg"
FULL = ROOT / "build" / "bench-full.json"
ROW, NAMES, PANEL, GAP, TOP, FOOT = 26, 230, 330, 40, 64, 56
SHAPES = {
    1: "M-3 0A3 3 0 1 0 3 0A3 3 0 1 0 -3 0Z",
    8: "M-3 -3H3V3H-3Z",
    32: "M0 -4L4 3H-4Z",
    128: "M0 -4L4 0L0 4L-4 0Z",
}
"""By requests in flight: circle, square, triangle, diamond, around their middle."""
RISES = {1: -7.5, 8: -2.5, 32: 2.5, 128: 7.5}
"""Where each stands in its row, so that none hides another."""
STYLE = """
svg { font: 12px system-ui, sans-serif; --ink: #1b1f24; --faint: #d5d9de; --back: #ffffff;
      --f1: #0b6bcb; --f8: #1a7f37; --f32: #b35900; --f128: #a0308f; }
@media (prefers-color-scheme: dark) {
  svg { --ink: #e6e9ed; --faint: #3b424b; --back: #14181d;
        --f1: #6cb2ff; --f8: #5fd07c; --f32: #ffb057; --f128: #f08fe0; } }
.back { fill: var(--back) } text { fill: var(--ink) } .end { text-anchor: end } .mid { text-anchor: middle }
.grid { stroke: var(--faint) } .limit { stroke: var(--ink); stroke-width: 2 }
.f1 { fill: var(--f1) } .f8 { fill: var(--f8) } .f32 { fill: var(--f32) } .f128 { fill: var(--f128) }
"""

Works = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Panel:
    """One scale from the smallest power of ten to the largest."""

    title: str
    left: float
    low: int
    high: int

    @classmethod
    def around(cls, title: str, left: float, values: Sequence[float]) -> "Panel":
        low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        return cls(title, left, low, max(high, low + 1))

    def x(self, value: float) -> float:
        return self.left + PANEL * (math.log10(value) - self.low) / (self.high - self.low)

    def grid(self, bottom: float) -> Iterator[str]:
        yield f'<text x="{self.left}" y="{TOP - 34}">{escape(self.title)}</text>'
        for power in range(self.low, self.high + 1):
            x = self.x(10**power)
            yield f'<line class="grid" x1="{x:.1f}" y1="{TOP - 12}" x2="{x:.1f}" y2="{bottom}"/>'
            yield f'<text class="mid" x="{x:.1f}" y="{TOP - 16}">{10.0**power:,g}</text>'


def draw(works: Works, title: str) -> str:
    """The SVG of these works, as a run's JSON has them; limits are short upright lines."""
    shown = [work for work in works if work["in_flight"] in SHAPES]
    names = list(dict.fromkeys(str(work["name"]) for work in shown))
    bottom = TOP + ROW * len(names)
    rates = [work["rate"] for work in shown] + [work["limit"] for work in shown if work["limit"]]
    left = Panel.around("answers a second, and the limit of each", NAMES, rates)
    latencies = [work["p99_ms"] for work in shown]
    right = Panel.around("99 of 100 answered within, ms", NAMES + PANEL + GAP, latencies)
    width, height = NAMES + 2 * PANEL + 2 * GAP, bottom + FOOT
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<rect class="back" width="{width}" height="{height}"/>',
        *left.grid(bottom),
        *right.grid(bottom),
    ]
    for row, name in enumerate(names):
        y = TOP + ROW * (row + 0.5)
        lines.append(f'<text class="end" x="{NAMES - 14}" y="{y + 4:.1f}">{escape(name)}</text>')
        lines += _row([work for work in shown if work["name"] == name], y, left, right)
    return "\n".join([*lines, *_legend(bottom + 30), "</svg>", ""])


def _row(works: Works, y: float, left: Panel, right: Panel) -> Iterator[str]:
    for work in works:
        if work["limit"] and work["in_flight"] == 32:
            x = left.x(work["limit"])
            yield f'<line class="limit" x1="{x:.1f}" y1="{y - 9:.1f}" x2="{x:.1f}" y2="{y + 9:.1f}"/>'
    for work in works:
        for x in (left.x(work["rate"]), right.x(work["p99_ms"])):
            yield _mark(work["in_flight"], x, y + RISES[work["in_flight"]])


def _mark(in_flight: int, x: float, y: float) -> str:
    return f'<path class="f{in_flight}" d="{SHAPES[in_flight]}" transform="translate({x:.1f} {y:.1f})"/>'


def _legend(y: float) -> Iterator[str]:
    yield f'<text x="{NAMES}" y="{y + 4:.1f}">in flight:</text>'
    for turn, in_flight in enumerate(SHAPES):
        x = NAMES + 80 + 70 * turn
        yield _mark(in_flight, x, y)
        yield f'<text x="{x + 10}" y="{y + 4:.1f}">{in_flight}</text>'
    x = NAMES + 80 + 70 * len(SHAPES)
    yield f'<line class="limit" x1="{x}" y1="{y - 9:.1f}" x2="{x}" y2="{y + 9:.1f}"/>'
    yield f'<text x="{x + 10}" y="{y + 4:.1f}">limit at 32</text>'


@click.command()
@click.option("--from", "source", type=click.Path(path_type=Path, exists=True), default=FULL)
@click.option("--to", "target", type=click.Path(path_type=Path), default=PLOT)
def main(source: Path, target: Path) -> None:
    """Draw the works of a run."""
    told = json.loads(source.read_text())
    target.write_text(draw(told["works"], f"aldaba under load, {told['began']}"))


if __name__ == "__main__":
    main()
