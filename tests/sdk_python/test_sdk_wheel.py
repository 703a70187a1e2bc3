"""The SDK is a distribution of its own, and builds without a network."""

import subprocess
import sys
import zipfile
from email import message_from_string
from pathlib import Path

import pytest
from tests.sdk_python.conftest import SDK


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=SDK, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


def read(wheel: Path, name_end: str) -> str:
    with zipfile.ZipFile(wheel) as opened:
        (name,) = [name for name in opened.namelist() if name.endswith(name_end)]
        return opened.read(name).decode()


def test_it_holds_the_package_with_its_types_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        tops = {name.partition("/")[0] for name in opened.namelist()}
        names = set(opened.namelist())
    assert tops == {"aldaba_client", "aldaba_client-0.1.0.dist-info"}
    assert {
        "aldaba_client/py.typed",
        "aldaba_client/_generated.py",
        "aldaba_client/pytest_plugin.py",
    } <= names


def test_it_asks_for_two_libraries_only(wheel: Path) -> None:
    asked = message_from_string(read(wheel, "METADATA")).get_all("Requires-Dist", [])
    assert sorted(line.partition(">")[0] for line in asked if "extra ==" not in line) == [
        "cryptography",
        "httpx",
    ]
    assert {line.partition(">")[0] for line in asked if "extra == 'testing'" in line} == {"aldaba", "pytest"}


def test_it_names_its_plugin_to_pytest(wheel: Path) -> None:
    assert "aldaba_client.pytest_plugin" in read(wheel, "entry_points.txt")


def test_it_works_from_the_wheel_alone(wheel: Path) -> None:
    """Without the server's package: the client must not lean on it."""
    code = (
        "import sys; sys.modules['aldaba'] = None\n"
        "import aldaba_client, aldaba_client.pytest_plugin; print(aldaba_client.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={"PYTHONPATH": str(wheel)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert str(wheel) in done.stdout
