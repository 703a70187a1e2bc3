"""The pages people read, and the fenced code in them.

A fence marked ``sh run`` is run by bash from the repository's folder beside a served sandbox bank,
``python run`` by Python; ``sh run aside`` in an empty folder with a house of its own, where all such fences
of one page run in order. A fence marked ``text output`` after one that runs is what it prints; ``…`` in it
stands for whatever differs from run to run. Pages are written for the usual folder (``var/``) and the usual
address (``http://127.0.0.1:8080``); the tests put theirs in that place.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.examples.served_bank import ROOT

PAGES = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").rglob("*.md")),
)
USUAL_ADDRESS = "http://127.0.0.1:8080"
USUAL_FOLDER = "var/"

_FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]\n]+\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Fence:
    page: Path
    line: int
    info: str
    code: str
    output: str | None = None

    @property
    def runs(self) -> bool:
        return self.info in {"sh run", "python run", "sh run aside"}

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def fences(page: Path) -> Iterator[Fence]:
    """Every fence of a page; one that runs together with the output said to follow it."""
    text = page.read_text("utf-8")
    found = list(_FENCE.finditer(text))
    for fence, follower in zip(found, [*found, None][1:], strict=True):
        printed = follower[2] if follower is not None and follower[1] == "text output" else None
        yield Fence(page, text.count("\n", 0, fence.start()) + 1, fence[1].strip(), fence[2], printed)


def links(page: Path) -> Iterator[str]:
    """Relative links outside fenced code."""
    prose = _FENCE.sub("", page.read_text("utf-8"))
    yield from (link for link in _LINK.findall(prose) if not re.match(r"[a-z]+:", link))


def anchors(page: Path) -> set[str]:
    """What a link may name after ``#``: the headings, as GitHub spells them."""
    prose = _FENCE.sub("", page.read_text("utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(prose)}


def prints(expected: str, printed: str) -> bool:
    """Whether it is what the page says; ``…`` stands for anything within a line."""
    pattern = r"[^\n]*".join(re.escape(part) for part in expected.strip().split("…"))
    return re.fullmatch(pattern, printed.strip()) is not None
