"""The example that integrators read first runs as it stands, twice, against a real server."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.examples.served_bank import ROOT, Served, served_bank

EXAMPLE = ROOT / "examples" / "first_login.py"
SAID = (
    "1. The application signs in",
    "signed by the root key this program pins",
    "the server knows the customer as 15000010",
    "hello A***** H******** R******; next: 1: ",
    "401 6666 bad_credentials; read ",
    "welcome ARTURO HERNANDEZ RAMIREZ; credentialStatus NONE",
    "credentialStatus NEW: ",
    "both are set",
    "8. The new password logs in",
    "Done.",
)


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_bank(tmp_path_factory.mktemp("example") / "data") as served:
        yield served


def play(bank: Served, *options: str, at_home: bool = True) -> subprocess.CompletedProcess[str]:
    environment = bank.environment if at_home else {}
    return subprocess.run(
        [sys.executable, str(EXAMPLE), *options],
        env=environment,
        cwd=ROOT if at_home else bank.data,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("time", ["first", "second"])
def test_the_story_is_told_to_its_end_each_time(bank: Served, time: str) -> None:
    played = play(bank)
    assert (played.returncode, played.stderr) == (0, ""), time
    missing = [line for line in SAID if line not in played.stdout]
    assert not missing, played.stdout


def test_an_application_of_ones_own_is_given_by_options(bank: Served) -> None:
    known = json.loads((bank.data / "sandbox-application.json").read_text("utf-8"))
    given = ("--client-id", known["client_id"], "--client-secret", known["client_secret"])
    played = play(bank, "--url", bank.url, *given, at_home=False)
    assert played.returncode == 0, played.stderr


def test_a_wrong_secret_ends_with_the_refusal(bank: Served) -> None:
    played = play(bank, "--client-secret", "wrong")
    assert played.returncode == 1
    assert "invalid_client" in played.stderr


def test_the_example_is_short_and_stands_alone() -> None:
    text = EXAMPLE.read_text("utf-8")
    assert len(text.splitlines()) <= 220
    assert "import aldaba" not in text
    assert "from aldaba" not in text
    assert "tests" not in text


def test_the_server_stops_as_asked(tmp_path: Path) -> None:
    with served_bank(tmp_path / "data") as bank:
        assert play(bank).returncode == 0
    assert "Traceback" not in (tmp_path / "data.log").read_text("utf-8")
