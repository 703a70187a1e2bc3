"""The SDK's page runs as it stands there, beside a served bank."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import aldaba_client
import pytest
from aldaba_client import errors
from tests.docs.pages import Fence, fences
from tests.examples.served_bank import Served, served_bank
from tests.sdk_python.conftest import ROOT, SDK

PAGE = ROOT / "docs" / "sdk-python.md"
SCRIPTS = [fence for fence in fences(PAGE) if fence.info == "python"]
TESTS = [fence for fence in fences(PAGE) if fence.info == "python test"]


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_bank(tmp_path_factory.mktemp("sdk") / "var") as served:
        yield served


def said_names(page: Path) -> set[str]:
    """Every name in code type."""
    return {
        name
        for code in re.findall(r"`([^`\n]+)`", page.read_text("utf-8"))
        for name in re.findall(r"\w+", code)
    }


def run(bank: Served, code: str) -> str:
    environment = bank.environment | {"ALDABA_URL": bank.url, "PYTHONPATH": str(SDK / "src")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=environment,
        cwd=bank.data.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_quick_start_runs_as_it_stands(bank: Served) -> None:
    said = run(bank, SCRIPTS[0].code).splitlines()
    assert said[0].startswith("Hello A***** H******** R******. 1: ")
    assert said[1].startswith("401 6666: read http")
    assert said[2] == "Welcome ARTURO HERNANDEZ RAMIREZ, nothing to do: NONE"


def test_the_other_pieces_run_after_it(bank: Served) -> None:
    assert len(SCRIPTS) == 4
    assert run(bank, "\n".join(fence.code for fence in SCRIPTS)).splitlines()[-1] == "15000010"


@pytest.mark.parametrize("fence", TESTS, ids=str)
def test_the_testing_kit_serves_an_integrators_tests(fence: Fence, tmp_path: Path) -> None:
    (tmp_path / "test_ours.py").write_text(fence.code, "utf-8")
    plugin = ("-p", "aldaba_client.pytest_plugin", "-p", "no:cacheprovider", "-W", "error")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugin, "test_ours.py"],
        env=os.environ | {"PYTHONPATH": str(SDK / "src")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


def test_the_page_names_every_method_and_every_error() -> None:
    said = said_names(PAGE)
    methods = {name for name in vars(aldaba_client.Client) if not name.startswith("_")}
    assert not methods - said - {"close", "sid"}
    classes = {name for name, one in vars(errors).items() if isinstance(one, type) and name != "ErrorBody"}
    assert not classes - said
