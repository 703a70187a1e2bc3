"""Figures as drawings: columns by the hour, pairs of bars, each with the table that says the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aldaba.service.operator_figures import Figures

WIDTH = 340
COLUMNS_HEIGHT = 150
ROW = 46
LEFT = 34
_BASE = COLUMNS_HEIGHT - 20

Word = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Bar:
    """``kind`` is its colour: ``good``, ``bad``, ``plain`` or ``axis``."""

    x: float
    y: float
    width: float
    height: float
    kind: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A few letters in the drawing; ``anchor`` is where they end: start, middle or end."""

    x: float
    y: float
    text: str
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Chart:
    """``legend`` are pairs of colour and word; ``head`` and ``rows`` the table."""

    key: str
    title: str
    height: int
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]
    legend: tuple[tuple[str, str], ...]
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    width: int = WIDTH


def charts(figures: Figures, word: Word) -> tuple[Chart, ...]:
    """All that are shown, the empty ones too: that nothing happened is a figure."""
    good_bad = (("good", word("succeeded")), ("bad", word("rejected")))
    locks = [(word(f"cause {one.name}"), one.count) for one in figures.locks]
    providers = [(one.provider, one.accepted, one.not_accepted) for one in figures.providers]
    latency = [
        (f"{one.operation} ({one.requests})", one.half_below, one.most_below) for one in figures.latency
    ]
    return (
        _by_hour(figures, word, good_bad),
        _bars(
            "locks",
            word,
            locks,
            ("bad",),
            ("count",),
        ),
        _codes(figures, word),
        _bars("providers", word, providers, ("good", "bad"), ("delivered", "not_delivered")),
        _bars(
            "decrypt",
            word,
            [(one.name, one.count) for one in figures.decrypt_failures],
            ("bad",),
            ("count",),
        ),
        _bars("latency", word, latency, ("good", "plain"), ("median", "p95")),
    )


def _by_hour(figures: Figures, word: Word, legend: tuple[tuple[str, str], ...]) -> Chart:
    hours = figures.logins
    highest = max((one.succeeded + one.refused for one in hours), default=0)
    step, scale = (WIDTH - LEFT) / max(1, len(hours)), (_BASE - 14) / max(1, highest)
    bars = []
    for number, one in enumerate(hours):
        x, high, low = LEFT + number * step, one.succeeded * scale, one.refused * scale
        bars += [
            Bar(x + 1, _BASE - high, step - 2, high, "good"),
            Bar(x + 1, _BASE - high - low, step - 2, low, "bad"),
        ]
    marks = [
        Mark(LEFT + (number + 0.5) * step, COLUMNS_HEIGHT - 5, f"{one.hour:%H}", "middle")
        for number, one in enumerate(hours)
        if one.hour.hour % 6 == 0
    ]
    marks += [Mark(LEFT - 6, _BASE, "0", "end"), Mark(LEFT - 6, 22, str(highest), "end")]
    rows = tuple(
        (f"{one.hour:%Y-%m-%d %H:00}", str(one.succeeded), str(one.refused))
        for one in hours
        if one.succeeded or one.refused
    )
    head = (word("hour"), word("succeeded"), word("rejected"))
    shown = tuple(bar for bar in bars if bar.height > 0)
    if shown:
        shown += (Bar(LEFT, _BASE, WIDTH - LEFT, 1, "axis"),)
    return Chart("logins", word("chart_logins"), COLUMNS_HEIGHT, shown, tuple(marks), legend, head, rows)


def _codes(figures: Figures, word: Word) -> Chart:
    """By provider, whatever the purpose: a provider that loses messages shows in what comes back."""
    flows: dict[str, list[int]] = {}
    for one in figures.codes:
        flow = flows.setdefault(one.provider or word("no_provider"), [0, 0])
        flow[0] += one.sent
        flow[1] += one.validated
    shares = [f"{round(100 * back / sent)} %" if sent else "–" for sent, back in flows.values()]
    entries = [(name, sent, back) for name, (sent, back) in flows.items()]
    return _bars("codes", word, entries, ("plain", "good"), ("sent", "validated"), ("share", shares))


def _bars(
    key: str,
    word: Word,
    entries: Sequence[tuple[str, *tuple[float | None, ...]]],
    kinds: tuple[str, ...],
    columns: tuple[str, ...],
    beside: tuple[str, Sequence[str]] | None = None,
) -> Chart:
    """One row for each entry, a bar for each of its values; None is beyond measure and fills the row.

    ``beside``: one more column of the table, told beside each entry's name in the drawing.
    """
    also, told = (None, [""] * len(entries)) if beside is None else beside
    known = [value for _, *values in entries for value in values if value is not None]
    scale = (WIDTH - 60) / max([*known, 1])
    bars, marks = [], []
    thick = 24 / len(kinds)
    for number, (name, *values) in enumerate(entries):
        top = number * ROW
        marks.append(Mark(0, top + 13, f"{name} · {told[number]}" if also else name))
        for place, value in enumerate(values):
            y, long = top + 18 + place * thick, WIDTH - 60 if value is None else value * scale
            bars.append(Bar(0, y, max(long, 1), thick - 1, kinds[place]))
            marks.append(Mark(max(long, 1) + 5, y + thick - 2.5, _number(value)))
    legend = tuple(zip(kinds, map(word, columns), strict=True)) if len(kinds) > 1 else ()
    rows = tuple(
        (name, *map(_number, values), *([told[number]] if also else []))
        for number, (name, *values) in enumerate(entries)
    )
    return Chart(
        key,
        word(f"chart_{key}"),
        max(ROW, len(entries) * ROW),
        tuple(bars),
        tuple(marks),
        legend,
        (word("which"), *map(word, columns), *([word(also)] if also else [])),
        rows,
    )


def _number(value: float | None) -> str:
    return "> 10 000" if value is None else f"{value:g}"
