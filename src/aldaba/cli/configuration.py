"""Commands that show the configuration and the policy, each value with its origin."""

import click

from aldaba.cli.desk import Desk, at_the_desk
from aldaba.domain.lockout import Barrier, Lifter, may_lift

Entries = dict[str, dict[str, object]]


@click.group()
def config() -> None:
    """The effective configuration."""


@config.command(name="show")
@at_the_desk
def config_show(desk: Desk) -> None:
    """Print every setting and where it came from, secrets hidden."""
    entries = _entries(desk, "")
    desk.answer(entries, _table(entries))


@click.group()
def policy() -> None:
    """The bank's rules."""


@policy.command(name="show")
@at_the_desk
def policy_show(desk: Desk) -> None:
    """Print every number with its origin, and what lifts which lock."""
    entries = _entries(desk, "policy.")
    matrix = {
        lifter.value: {barrier.value: may_lift(lifter, barrier) for barrier in Barrier} for lifter in Lifter
    }
    desk.answer({"policy": entries, "unlock": matrix}, f"{_table(entries)}\n\n{_matrix()}")


def _entries(desk: Desk, prefix: str) -> Entries:
    shown = desk.settings().entries().items()
    return {
        name: {"value": value, "origin": origin} for name, (value, origin) in shown if name.startswith(prefix)
    }


def _table(entries: Entries) -> str:
    width = max(map(len, entries))
    texts = {name: _text(entry["value"]) for name, entry in entries.items()}
    values = max(map(len, texts.values()))
    return "\n".join(
        f"{name:<{width}}  {texts[name]:<{values}}  {entry['origin']}" for name, entry in entries.items()
    )


def _text(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _matrix() -> str:
    barriers = list(Barrier)
    head = ["lifted by \\ lock", *(barrier.value for barrier in barriers)]
    rows = [[lifter.value, *(_cell(lifter, barrier) for barrier in barriers)] for lifter in Lifter]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = (zip(row, widths, strict=True) for row in (head, *rows))
    return "\n".join("  ".join(f"{text:<{width}}" for text, width in line).rstrip() for line in lines)


def _cell(lifter: Lifter, barrier: Barrier) -> str:
    if not may_lift(lifter, barrier):
        return "-"
    return "next day" if lifter is Lifter.TIME else "yes"
