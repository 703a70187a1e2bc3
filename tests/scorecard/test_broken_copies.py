"""The scorecard is worth something: a copy of the server with a promise broken turns the matching row red."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.scorecard.card import ROOT
from tests.scorecard.page import GROUPS
from tests.scorecard.sittings import Notebook


@dataclass(frozen=True, slots=True)
class Broken:
    """One line of one file changed, and the row that must see it."""

    group: str
    file: str
    line: str
    instead: str
    row: str


LIMITS = "tests/scorecard/test_every_secret_has_a_limit.py"
HISTORIES = "tests/histories/test_histories.py"
COPIES = {
    "limit off by one": Broken(
        "Guessing",
        "domain/lockout.py",
        "if guard.failures + len(guard.pending) >= rules.failures:",
        "if guard.failures + len(guard.pending) > rules.failures:",
        "tests/races/test_parallel_guesses.py",
    ),
    "one-time code tried once too often": Broken(
        "Guessing",
        "domain/otp.py",
        "return None if code.tries >= rules.tries else",
        "return None if code.tries > rules.tries else",
        f"{LIMITS} -k code",
    ),
    "durable write skipped": Broken(
        "Durability",
        "store/sql",
        'raw.execute("COMMIT")',
        'self.commits % 20 and raw.execute("COMMIT")',
        "tests/crash/test_kill.py -k mixed",
    ),
    "secret logged": Broken(
        "Secrets",
        "service/login.py",
        "        may_look = attempt.granted and risk.verdict is not Verdict.DENY",
        "        print(command.credential.reveal()); may_look = attempt.granted",
        "tests/leaks/test_planted_secrets.py",
    ),
    "constant-time compare removed": Broken(
        "Secrets",
        "crypto/digests.py",
        "return hmac.compare_digest(a, b)",
        "return a == b",
        "tests/scorecard/test_constant_time.py",
    ),
    "replay mark dropped": Broken(
        "Once",
        "store/sql",
        '_CLAIM_REQUEST = upsert(request_marks, where=request_marks.c.expires_at <= bindparam("now"))',
        '_CLAIM_REQUEST = upsert(request_marks, where=request_marks.c.expires_at > bindparam("now"))',
        "tests/races/test_used_once.py -k one_look",
    ),
    "second session let in": Broken(
        "Steps and sessions",
        "domain/login.py",
        "    if rival is None or profile.live_session is None or rule is SecondLogin.REPLACE:",
        "    if rival is None or profile.live_session is not None or rule is SecondLogin.REPLACE:",
        "tests/races/test_parallel_guesses.py -k twenty_right",
    ),
    "nobody's password not verified": Broken(
        "Uniform answers",
        "backends/hashing.py",
        "lambda: verify_password(phc or self._dummy, secret.reveal())",
        "lambda: phc is not None and verify_password(phc, secret.reveal())",
        "tests/scorecard/test_uniform_times.py -k whoever",
    ),
    "payload opened with another hash": Broken(
        "Hostile input",
        "crypto/rsa_transport.py",
        "return padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)",
        "return padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA256(), None)",
        "tests/crypto/test_wycheproof.py -k oaep_2048",
    ),
    "gone at the first signal": Broken(
        "Load and time",
        "cli/listening.py",
        "        if self.door.leaving or not self.seconds:",
        "        if True:",
        "tests/crash/test_ending.py -k under_load",
    ),
    "a clock that ran ahead believed at once": Broken(
        "Durability",
        "store/sql/shortlived.py",
        "late = milliseconds(now - SET_BACK)",
        "late = milliseconds(now)",
        "tests/scorecard/test_clock_jumps.py",
    ),
    "exception quoted": Broken(
        "Secrets",
        "observability/logs.py",
        "operation=operation, trouble=type(trouble).__name__, where",
        "operation=operation, trouble=repr(trouble), where",
        "tests/leaks/test_crash_output.py -k quotes",
    ),
    "rows of PostgreSQL not locked": Broken(
        "Guessing",
        "store/sql/statements.py",
        "        locking = expression.with_for_update(of=locks, skip_locked=skip_locked)",
        "        locking = expression",
        "tests/races/test_guesses_over_nodes.py -k at_once",
    ),
    "session outlives its logout": Broken(
        "Steps and sessions",
        "service/login.py",
        "            transaction.sessions.end(handle)",
        "            pass",
        HISTORIES,
    ),
    "second login beside the first": Broken(
        "Steps and sessions",
        "domain/login.py",
        "    return profile.live_session.handle != session.successor",
        "    return False",
        HISTORIES,
    ),
    "challenge never asked for": Broken(
        "Steps and sessions",
        "service/credentials.py",
        "        if not strongly_authenticated(call.the_session, call.now):",
        "        if False:",
        "tests/scorecard/test_step_skipping.py",
    ),
}


def broken_copy(broken: Broken, folder: Path) -> Path:
    """The package with that one line changed; a path to import it from."""
    copy = folder / "src"
    shutil.copytree(ROOT / "src", copy, ignore=shutil.ignore_patterns("__pycache__"))
    place = copy / "aldaba" / broken.file
    files = [place] if place.is_file() else sorted(place.rglob("*.py"))
    texts = {file: file.read_text("utf-8") for file in files}
    (file,) = (file for file, text in texts.items() if text.count(broken.line) == 1)
    file.write_text(texts[file].replace(broken.line, broken.instead), "utf-8")
    return copy


@pytest.mark.parametrize("name", COPIES)
def test_a_broken_copy_turns_its_row_red(tmp_path: Path, name: str) -> None:
    broken = COPIES[name]
    copy, report = broken_copy(broken, tmp_path), tmp_path / "card.md"
    row, *chosen = broken.row.split(" -k ")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", row]
    command += [*(word for one in chosen for word in ("-k", one)), "--scorecard", str(report), "--short"]
    environment = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    environment = {name: value for name, value in environment.items() if not name.startswith("PYTEST_XDIST")}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 1, done.stdout[-3000:] + done.stderr[-1000:]
    red = [one for one in Notebook(report.with_suffix(".jsonl")).read().values() if not one.passed]
    assert red
    assert {row.group for one in red for row in one.rows if not row.kept} <= {broken.group}
    told = report.read_text("utf-8")
    assert "**NO**" in told or "Broken beside what was measured" in told


def test_every_kind_of_promise_has_a_copy_that_breaks_it() -> None:
    assert {copy.group for copy in COPIES.values()} == set(GROUPS)
