"""Requests generated from the published document: no fault of ours, no answer it does not describe."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.crash.served import served
from tests.scorecard.card import ROOT, Card

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def test_generated_requests_get_described_answers(tmp_path: Path, card: Card) -> None:
    examples = card.either(12, 1500)
    phases = card.either("examples,fuzzing", "examples,coverage,fuzzing,stateful")
    with served(tmp_path) as server:
        client, secret = server.credentials()
        report = tmp_path / "report.json"
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
        done = subprocess.run(
            command, cwd=ROOT, env=hooked, capture_output=True, text=True, check=False, timeout=7200
        )
        (tmp_path / "output.txt").write_text(done.stdout)
        assert report.exists(), done.stderr[-2000:]
        assert b"Traceback" not in server.output()
    found = json.loads(report.read_text())
    cases = found["test_cases"]["generated"]
    failures = [f"{one['title']} ×{one['count']} at {one['operations']}" for one in found["failures"]]
    card.tell(
        "Hostile input",
        f"answers that the document does not describe, or faults of ours, to {cases} generated requests",
        reach=0,
        measured="; ".join([str(len(failures)), *failures, *map(str, found["errors"])]),
        kept=not failures and not found["errors"] and cases >= card.either(300, 50_000),
    )
