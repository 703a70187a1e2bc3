"""The house as its rules see it: its files, its parsed modules, and what a name in them stands for."""

import ast
import subprocess
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "aldaba"
TESTS = ROOT / "tests"

_NOT_OURS = frozenset(
    {".git", ".venv", ".hypothesis", "var", "build", "dist", "htmlcov", "node_modules", "__pycache__"}
)

Rule = Callable[[ast.Module], Iterable[str]]
"""What a rule finds wrong in one module: a line number and a fact each."""


@cache
def tracked_files() -> tuple[Path, ...]:
    """What the repository keeps; where git is missing, what lies in its folders."""
    try:
        listed = subprocess.run(
            ["git", "-C", str(ROOT), "ls-files", "-z"],  # noqa: S607 - the git of whoever runs the tests
            capture_output=True,
            check=True,
            text=True,
        ).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        listed = []
    found = [ROOT / name for name in listed if name] or list(_walked(ROOT))
    return tuple(sorted(path for path in found if path.is_file()))


def _walked(folder: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.name in _NOT_OURS or entry.name.endswith(("_cache", ".egg-info")) or entry.is_symlink():
            continue
        if entry.is_dir():
            yield from _walked(entry)
        else:
            yield entry


@cache
def modules(folder: Path) -> tuple[tuple[str, ast.Module], ...]:
    """Every Python module under a folder, named relative to it, parsed."""
    paths = sorted(folder.rglob("*.py"))
    return tuple((path.relative_to(folder).as_posix(), ast.parse(path.read_text("utf-8"))) for path in paths)


def parsed(source: str) -> ast.Module:
    return ast.parse(source)


def broken(rule: Rule, folder: Path, *, but: Iterable[str] = ()) -> list[str]:
    """Where a rule is broken under a folder; ``but`` names files, or folders with a slash at the end."""
    exempt = tuple(but)
    return [
        f"{name}:{fault}"
        for name, module in modules(folder)
        if not any(name == entry or (entry.endswith("/") and name.startswith(entry)) for entry in exempt)
        for fault in rule(module)
    ]


def idle(folder: Path, but: Iterable[str]) -> list[str]:
    """Exemptions that name nothing (any more)."""
    return [entry for entry in but if not (folder / entry).exists()]


def told(faults: Iterable[str], advice: str) -> str:
    """The message of a broken rule: every place, and what to do instead."""
    return "\n".join([advice, *(f"  {fault}" for fault in faults)])


def imported(module: ast.Module) -> dict[str, str]:
    """What each imported name stands for, dotted: ``{"now": "datetime.datetime"}``."""
    names: dict[str, str] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.name if alias.asname else alias.name.partition(".")[0]
                names[alias.asname or name] = name
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def dotted(node: ast.expr, names: dict[str, str]) -> str | None:
    """``dt.datetime.now`` as ``datetime.datetime.now``; None for what is no chain from an imported name."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = dotted(node.value, names)
        return None if owner is None else f"{owner}.{node.attr}"
    return None
