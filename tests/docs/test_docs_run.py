"""Code in the pages runs as it stands there, and links lead somewhere."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.docs.pages import (
    PAGES,
    USUAL_ADDRESS,
    USUAL_FOLDER,
    Fence,
    anchors,
    fences,
    links,
    prints,
)
from tests.examples.served_bank import CHEAP, ROOT, Served, served_bank

RUNNING = [fence for page in PAGES if page.is_file() for fence in fences(page) if fence.runs]
BESIDE = [fence for fence in RUNNING if fence.info != "sh run aside"]
ASIDE = [page for page in PAGES if any(fence.page == page and fence not in BESIDE for fence in RUNNING)]

STAND_IN = Path(__file__).with_name("curl_stand_in.py")


def with_curl(environment: dict[str, str], folder: Path) -> dict[str, str]:
    """The only thing a page shows that a machine with Python and make may lack has a stand-in there."""
    folder.mkdir(exist_ok=True)
    curl = folder / "curl"
    curl.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{STAND_IN}" "$@"\n', "utf-8")
    curl.chmod(0o755)
    return environment | {"PATH": f"{folder}{os.pathsep}{environment['PATH']}"}


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_bank(tmp_path_factory.mktemp("docs") / "data") as served:
        yield served


def run(fence: Fence, environment: dict[str, str], folder: Path) -> str:
    """What the fence prints; it must end well."""
    code = fence.code.replace(".venv/bin/", f"{Path(sys.executable).parent}/")
    shell = ["bash", "-euo", "pipefail", "-c"] if fence.info.startswith("sh") else [sys.executable, "-c"]
    done = subprocess.run(
        [*shell, code], env=environment, cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, f"{fence}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def check(fence: Fence, printed: str) -> None:
    if fence.output is not None:
        assert prints(fence.output, printed), f"{fence} says\n{fence.output}\nbut it prints\n{printed}"


@pytest.mark.parametrize("fence", BESIDE, ids=str)
def test_code_runs_beside_the_served_bank(bank: Served, fence: Fence, tmp_path: Path) -> None:
    environment = bank.environment
    if shutil.which("curl") is None:
        environment = with_curl(environment, tmp_path / "bin")
    run_beside(bank, fence, environment)


@pytest.mark.parametrize("fence", [fence for fence in BESIDE if "curl" in fence.code], ids=str)
def test_the_stand_in_for_curl_says_what_the_page_says(bank: Served, fence: Fence, tmp_path: Path) -> None:
    run_beside(bank, fence, with_curl(bank.environment, tmp_path / "bin"))


def run_beside(bank: Served, fence: Fence, environment: dict[str, str]) -> None:
    moved = Fence(
        fence.page,
        fence.line,
        fence.info,
        fence.code.replace(USUAL_ADDRESS, bank.url).replace(USUAL_FOLDER, f"{bank.data}/"),
        fence.output,
    )
    printed = run(moved, environment, ROOT)
    check(fence, printed.replace(bank.url, USUAL_ADDRESS).replace(str(bank.data), USUAL_FOLDER[:-1]))


@pytest.mark.parametrize("page", ASIDE, ids=lambda page: page.stem)
def test_code_runs_in_a_house_of_its_own(bank: Served, page: Path, tmp_path: Path) -> None:
    others = {"ALDABA_DATA", "ALDABA_PORT", *CHEAP}
    # Not cheap: the doctor on these pages would warn of it.
    environment = {name: value for name, value in bank.environment.items() if name not in others}
    for fence in RUNNING:
        if fence.page == page and fence not in BESIDE:
            check(fence, run(fence, environment, tmp_path))


def test_the_pages_that_must_run_do() -> None:
    assert {fence.page.name for fence in RUNNING} >= {"README.md", "operating.md", "e2e.md"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{page.name} links to {link}"
        assert target.is_relative_to(ROOT), f"{page.name} links out of the repository: {link}"
        assert not anchor or anchor in anchors(target), f"{page.name} links to {link}; no such heading"


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("a … c", "a b c\n", True),
        ("a … c", "a b\nc", False),
        ("a (b)", "a (b)", True),
        ("a.b", "axb", False),
        ("a\n…", "a\nb", True),
    ],
)
def test_an_ellipsis_stands_for_what_differs(expected: str, printed: str, *, same: bool) -> None:
    assert prints(expected, printed) is same


def test_fences_are_read_with_their_output(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A\n```sh run\necho a\n```\n\n```text output\na\n```\n```sh\nb\n```\n[x](y.md)\n", "utf-8"
    )
    found = list(fences(page))
    assert [(fence.info, fence.output) for fence in found] == [
        ("sh run", "a\n"),
        ("text output", None),
        ("sh", None),
    ]
    assert list(links(page)) == ["y.md"]
    assert anchors(page) == {"a"}
