"""`aldaba conform` against a real server: every row of the contract is seen, in both profiles."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest
from tests.examples.served_bank import ROOT, Served

from aldaba.cli.main import main
from aldaba.conformance.plan import checks
from aldaba.contract import load

CONTRACT = load()
ALL_ROWS = [row for operation in CONTRACT.operations.values() for row in operation.errors]


def conform(bank: Served, *words: str) -> tuple[int, Any, str]:
    command = [sys.executable, "-m", "aldaba", "conform", bank.url, "--rate", "0", "--json", *words]
    done = subprocess.run(
        command, env=bank.environment, cwd=bank.data, capture_output=True, text=True, timeout=300, check=False
    )
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


def test_the_sandbox_keeps_all_of_the_contract_and_nothing_is_left_out(bank: Served, tmp_path: Path) -> None:
    junit, html = tmp_path / "junit.xml", tmp_path / "report.html"
    code, told, spoken = conform(bank, "--sandbox", "--junit", str(junit), "--html", str(html))
    bad = [
        f"{one['profile']} {one['operation']} {one['check']}: {one['why']}"
        for one in told["results"]
        if one["why"]
    ]
    assert "\n".join(bad) == ""
    assert (code, spoken) == (0, "")
    rows = Counter(one["profile"] for one in told["results"] if one["family"] == "error")
    assert rows == {"bound-1": len(ALL_ROWS), "portal": len(ALL_ROWS)}
    assert (told["summary"]["rows"], told["summary"]["rowsSeen"]) == (len(CONTRACT.rows), 131)
    assert {one["operation"] for one in told["results"]} > set(CONTRACT.operations)
    suites = ET.parse(junit).getroot()  # noqa: S314  # written by this very test
    assert sum(int(suite.attrib["tests"]) for suite in suites) == told["summary"]["checks"]
    assert html.read_text("utf-8").count("<tr") == told["summary"]["checks"] + 1


def test_the_bank_is_left_as_it_was_found(bank: Served) -> None:
    before = httpx.post(f"{bank.url}/sandbox/clock", json={"reset": True}).json()["now"]
    assert conform(bank, "--sandbox", "--only", "send_otp", "--profile", "bound-1")[0] == 0
    after = httpx.post(f"{bank.url}/sandbox/clock", json={"advance": "PT0S"}).json()["now"]
    assert after[:13] == before[:13]
    assert httpx.get(f"{bank.url}/sandbox/messages", params={"to": "+525515000010"}).json() == []


def test_without_a_sandbox_it_does_what_test_customers_allow(bank: Served, tmp_path: Path) -> None:
    people = tmp_path / "people.jsonl"
    told = httpx.get(f"{bank.url}/sandbox/customers").json()
    people.write_text("\n".join(json.dumps(person) for person in told), "utf-8")
    words = ("--customers", str(people), "--only", "login", "--only", "validate_card", "--profile", "bound-1")
    code, report, _ = conform(bank, *words)
    outcomes = Counter(one["outcome"] for one in report["results"])
    assert code == 0
    assert outcomes["pass"] > 25
    reasons = {one["check"]: one["why"] for one in report["results"] if one["outcome"] == "not provoked"}
    assert reasons["401 8006"] == "would leave a customer locked for a day; done only against a sandbox"
    assert "needs the sandbox's faults" in reasons["500 backendError"]
    assert "401 6666" not in reasons


def test_without_customers_every_reason_is_told(bank: Served) -> None:
    code, report, _ = conform(bank, "--only", "login", "--profile", "portal")
    assert code == 0
    missing = [one for one in report["results"] if one["outcome"] == "not provoked"]
    assert any("no test customer at hand" in one["why"] for one in missing)
    assert all(one["why"] for one in missing)


def test_a_run_ends_in_time(bank: Served) -> None:
    code, report, _ = conform(bank, "--sandbox", "--within", "4", "--profile", "bound-1")
    assert code in {0, 1}
    late = [one for one in report["results"] if "the time for the whole run is over" in one["why"]]
    assert len(late) > 100


@pytest.mark.parametrize(
    "words",
    [
        ["not an address"],
        ["ftp://127.0.0.1"],
        ["http://bank.example"],
        ["http://127.0.0.1:1", "--only", "nothing"],
        ["http://127.0.0.1:1", "--application", "x"],
        ["http://127.0.0.1:1", "--profile", "third"],
        [],
    ],
)
def test_wrong_usage_ends_with_2(words: list[str]) -> None:
    assert main(["conform", *words]) == 2


def test_a_server_that_is_not_there_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s", "utf-8")
    words = ["--application", "x", "--secret-file", str(secret)]
    assert main(["conform", "http://127.0.0.1:1", *words]) == 1
    assert "expected an answer, found none" in capsys.readouterr().err


def test_names_of_checks_are_unique() -> None:
    names = Counter((check.operation, check.family, check.name) for check in checks(CONTRACT))
    assert [name for name, times in names.items() if times > 1] == []


def test_the_package_carries_the_published_vectors() -> None:
    published = (ROOT / "vectors" / "e2e.json").read_bytes()
    assert (ROOT / "src/aldaba/conformance/vectors.json").read_bytes() == published
