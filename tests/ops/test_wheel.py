"""The package as it is installed: built, put into a fresh environment, and served from there."""

import os
import subprocess
import sys
import sysconfig
import time
import venv
import zipfile
from pathlib import Path

import httpx
import pytest
from tests.crash.served import CHEAP, free_port
from tests.house.tree import ROOT, SOURCE

SECONDS = 60.0


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=SECONDS,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_everything_that_is_no_code_is_in_it(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    ours = {
        f"aldaba/{path.relative_to(SOURCE)}"
        for path in SOURCE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert ours <= held
    assert {Path(name).suffix for name in ours} >= {".yaml", ".html", ".css", ".txt"}


def test_it_serves_from_where_it_is_installed(wheel: Path, tmp_path: Path) -> None:
    python = _installed(wheel, tmp_path / "environment")
    port = free_port()
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("ALDABA", "PYTHON"))
    }
    environment |= CHEAP | {
        "ALDABA_DATA": str(tmp_path / "data"),
        "ALDABA_PORT": str(port),
        "ALDABA__ADMIN__PORT": "0",
    }
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            [python.with_name("aldaba"), "serve", "--sandbox"],
            cwd=tmp_path,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        page = _answered(f"{address}/docs", server, tmp_path / "log")
        assert "<html" in page
        assert httpx.get(f"{address}/openapi.json", timeout=10).json()["openapi"].startswith("3.1")
        assert httpx.get(f"{address}/docs/errors/login/401/6666", timeout=10).status_code == 200
        server.terminate()
        assert server.wait(20) == 0
    finally:
        if server.poll() is None:
            server.kill()


def _installed(wheel: Path, folder: Path) -> Path:
    """A fresh environment with the wheel; its dependencies are borrowed from this one, our source is not."""
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    (site,) = (folder / "lib").glob("python*/site-packages")
    # A path file's own path files are not read: this environment's link to the source stays behind.
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    script = python.with_name("aldaba")
    script.write_text(
        f"#!{python}\nimport sys\nimport aldaba\nfrom aldaba.cli.main import main\n"
        f"assert aldaba.__file__.startswith({str(site)!r}), aldaba.__file__\nsys.exit(main())\n"
    )
    script.chmod(0o755)
    return python


def _answered(address: str, server: subprocess.Popen[bytes], log: Path) -> str:
    ends = time.monotonic() + SECONDS
    while time.monotonic() < ends and server.poll() is None:
        try:
            answer = httpx.get(address, timeout=5, follow_redirects=True)
        except httpx.TransportError:
            time.sleep(0.05)
            continue
        assert answer.status_code == 200
        return answer.text
    raise AssertionError(log.read_text("utf-8"))
