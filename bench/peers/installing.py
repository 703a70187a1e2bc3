"""Brings the peers under ``build/peers``, by name from the package registries the machine is set up for."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.processes import ROOT

FOLDER = ROOT / "build" / "peers"
INSTALL_SECONDS = 600.0
SET_UP_SECONDS = 120.0


class Absent(Exception):
    """A peer that cannot be had on this machine; its text is the reason a table gives."""


def command(arguments: Sequence[str | Path], folder: Path, seconds: float, **environment: str) -> str:
    """What a peer's own command prints. Raises ``Absent`` where it fails or takes too long."""
    try:
        done = subprocess.run(  # noqa: S603 - a peer's installer or its set-up
            list(map(str, arguments)),
            cwd=folder,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )
    except (OSError, subprocess.TimeoutExpired) as failed:
        raise Absent(f"{Path(arguments[0]).name}: {failed}") from failed
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip() or "no word").splitlines()[-1]
        raise Absent(f"{Path(arguments[0]).name} ended with {done.returncode}: {last[:200]}")
    return done.stdout


def python_packages(name: str, *packages: str) -> Path:
    """An environment of its own with the current release of these; the folder of its programs."""
    folder = FOLDER / name
    programs = folder / "bin"
    if not _finished(folder).exists():
        shutil.rmtree(folder, ignore_errors=True)
        FOLDER.mkdir(parents=True, exist_ok=True)
        command([sys.executable, "-m", "venv", folder], FOLDER, INSTALL_SECONDS)
        pip = ("-m", "pip", "install", "-q", "--disable-pip-version-check")
        command([programs / "python", *pip, *packages], FOLDER, INSTALL_SECONDS)
        _finished(folder).touch()
    return programs


def node_packages(name: str, *packages: str) -> Path:
    """A folder with the current release of these under ``node_modules``, and no lock file."""
    folder = FOLDER / name
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise Absent("node and npm are not installed")
    if not _finished(folder).exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "package.json").write_text('{"private": true, "type": "module"}\n')
        quiet = ["--no-package-lock", "--no-audit", "--no-fund", "--loglevel", "error"]
        command([npm, "install", *quiet, *packages], folder, INSTALL_SECONDS)
        _finished(folder).touch()
    return folder


def _finished(folder: Path) -> Path:
    """Stands only where an installation came to its end."""
    return folder / "installed"
