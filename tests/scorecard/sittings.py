"""What the scorecard's tests measured, kept as each one ends, so that several sittings make one page."""

import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[2]


class Row(msgspec.Struct, frozen=True):
    """One promise, what was to be reached and what was found."""

    group: str
    promise: str
    reach: str
    measured: str
    kept: bool
    seconds: float


class Sitting(msgspec.Struct, frozen=True):
    """One run: when it began (UTC), how it was called, of which code and on which machine it measured."""

    began: str
    command: str
    commit: str
    source: str
    """Git's name for the whole of ``src``; empty where it held changes that no commit has."""
    machine: str
    form: str


class Measured(msgspec.Struct, frozen=True):
    """What one test ended with; without rows it broke before it had measured anything."""

    test: str
    passed: bool
    seconds: float
    rows: tuple[Row, ...]
    sitting: Sitting


class Notebook:
    """The file beside the page: a line for each test that ended, of which the last one counts."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, Measured]:
        """What counts, by test. A line that an interruption cut in two is passed over."""
        found: dict[str, Measured] = {}
        lines = self._path.read_bytes().splitlines() if self._path.exists() else []
        for line in lines:
            try:
                measured = msgspec.json.decode(line, type=Measured)
            except msgspec.DecodeError:
                continue
            found.pop(measured.test, None)
            found[measured.test] = measured
        return found

    def add(self, measured: Measured) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            # A line of its own, also after one that was cut.
            file.write(b"\n" + msgspec.json.encode(measured) + b"\n")

    def keep(self, measured: Iterable[Measured]) -> None:
        """Only these, one line each."""
        beside = self._path.with_suffix(".new")
        beside.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in measured))
        beside.replace(self._path)


def standing(found: Mapping[str, Measured], collected: Iterable[str], *, whole_files: bool) -> list[Measured]:
    """What was measured by tests that still exist.

    ``collected`` are the tests this run has found; ``whole_files`` says that it looked at files as a whole.
    """
    there = set(collected)
    files = {test.partition("::")[0] for test in there} if whole_files else set()

    def exists(test: str) -> bool:
        file = test.partition("::")[0]
        return test in there or (file not in files and (ROOT / file).is_file())

    return [measured for test, measured in found.items() if exists(test)]


def done_already(measured: Measured | None, sitting: Sitting) -> bool:
    """Whether this sitting would measure the same thing again: same form, same code, and it passed."""
    if measured is None or not measured.passed or not sitting.source:
        return False
    return (measured.sitting.source, measured.sitting.form) == (sitting.source, sitting.form)


def commit() -> str:
    return _git("rev-parse", "--short", "HEAD") or "unknown"


def source() -> str:
    """Git's name for what stands in ``src``, empty where it cannot be told."""
    changed = _git("status", "--porcelain", "--", "src")
    return "" if changed is None or changed else _git("rev-parse", "--short", "HEAD:src") or ""


def _git(*words: str) -> str | None:
    try:
        asked = ["git", *words]
        done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
