"""Requests generated from the published document: no fault of ours, no answer it does not describe."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from tests.crash.served import served
from tests.scorecard.card import ROOT, Card

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
LONGEST_SECONDS, EACH_SECONDS = 4 * 3600.0, 15.0


def test_generated_requests_get_described_answers(tmp_path: Path, card: Card) -> None:
    phases = card.either("examples,fuzzing,stateful", "examples,coverage,fuzzing,stateful")
    examples, wanted = card.either((12, 300), (2500, 50_000))
    with served(tmp_path) as server:
        client, secret = server.credentials()
        report, output = tmp_path / "report.json", tmp_path / "output.txt"
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}/openapi.json"),
            *("--phases", phases, "--max-examples", str(examples)),
            *("--checks", CHECKS, "--seed", "7", "--continue-on-failure", "--no-color"),
            *("--report-json-path", str(report), "--warnings", "off", "--no-shrink"),
        ]
        hooked = os.environ | {
            "SCHEMATHESIS_HOOKS": "tests.scorecard.schemathesis_hooks",
            "FUZZED_URL": server.url,
            "FUZZED_CLIENT": client,
            "FUZZED_SECRET": secret,
        }
        with output.open("wb") as file:
            running = subprocess.Popen(command, cwd=ROOT, env=hooked, stdout=file, stderr=subprocess.STDOUT)
        waited(running, card)
        assert report.exists(), output.read_text()[-2000:]
        assert b"Traceback" not in server.output()
    found = json.loads(report.read_text())
    cases = found["test_cases"]["generated"]
    failures = [f"{one['title']} ×{one['count']} at {one['operations']}" for one in found["failures"]]
    card.tell(
        "Hostile input",
        f"answers that the document does not describe, or faults of ours, to {cases} generated requests",
        reach=0,
        measured="; ".join([str(len(failures)), *failures, *map(str, found["errors"])]),
        kept=not failures and not found["errors"] and cases >= wanted,
    )


def waited(running: subprocess.Popen[bytes], card: Card) -> None:
    """Until it ends, for so long at most."""
    began = time.monotonic()
    while time.monotonic() - began < LONGEST_SECONDS:
        try:
            running.wait(timeout=EACH_SECONDS)
        except subprocess.TimeoutExpired:
            card.progress(time.monotonic() - began, LONGEST_SECONDS, "seconds of generated requests, at most")
        else:
            return
    running.kill()
    running.wait()
