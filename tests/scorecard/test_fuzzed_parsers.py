"""Whatever parses the words of strangers, fuzzed with the code's own branches as guide."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.scorecard.card import ROOT, Card

TARGETS = ("envelope", "jwt", "pskc", "headers", "body")


@pytest.mark.parametrize("target", TARGETS)
def test_only_documented_refusals_come_out(tmp_path: Path, card: Card, target: str) -> None:
    runs = card.either(3_000, 1_000_000)
    (tmp_path / "run").mkdir()
    command = [sys.executable, "-m", "tests.scorecard.fuzzing", target, str(runs), "1", str(tmp_path / "run")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=3600)
    executed = re.search(r"Done (\d+) in", done.stderr)
    tried = int(executed[1]) if executed else 0
    card.tell(
        "Hostile input",
        f"surprises of the parser of {target} in {runs} fuzzed inputs",
        reach=0,
        measured=f"exit {done.returncode} after {tried} inputs",
        kept=done.returncode == 0 and tried >= runs,
    )
