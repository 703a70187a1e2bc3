"""The settings of the soft-token vendor, as ``config show`` tells them and as mistakes in them are told."""

import json
from pathlib import Path

import pytest

from aldaba.cli.main import main


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_second_name_is_shown_under_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    Path("aldaba.toml").write_text("[vendor]\nunlock_grants = ['2', '5']\n", encoding="utf-8")
    assert main(["config", "show", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["policy.vendor.unlock_grants"] == {"value": ["2", "5"], "origin": "file aldaba.toml"}
    assert "vendor.unlock_grants" not in shown


def test_audiences_are_shown_as_they_hold(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["config", "show", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)["vendor.audiences"]
    assert shown == {"value": [f"{grant}=fid:{grant}" for grant in range(1, 8)], "origin": "default"}
    monkeypatch.setenv("ALDABA__VENDOR__AUDIENCES", "1=urn:bank:binding, 2=https://bank.mx/unlock?a=b")
    assert main(["config", "show", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)["vendor.audiences"]
    assert shown["value"] == ["1=urn:bank:binding", "2=https://bank.mx/unlock?a=b"]


@pytest.mark.parametrize(
    "value",
    [
        *("1", "8=fid:8", "0=fid:0", "01=fid:1", "1=", "=fid:1", "1:fid:1"),
        *("1=a b", "1=ñ", "1=" + "x" * 257),
        *("1=x,1=y", "1=x,2=x"),
    ],
)
def test_audiences_that_cannot_hold_are_told_with_setting_found_expected_and_cure(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("ALDABA__VENDOR__AUDIENCES", value)
    assert main(["config", "show"]) != 0
    told = capsys.readouterr().err
    assert "vendor.audiences" in told
    assert repr(value) in told
    assert "ID=AUDIENCE, ids from 1 to 7, each id once and with an audience of its own" in told
    assert "environment ALDABA__VENDOR__AUDIENCES" in told


def test_a_table_of_audiences_is_told_the_settings_name(capsys: pytest.CaptureFixture[str]) -> None:
    Path("aldaba.toml").write_text("[vendor.audiences]\n1 = 'fid:1'\n", encoding="utf-8")
    assert main(["config", "show"]) != 0
    assert "Did you mean vendor.audiences?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        *(
            ("policy.vendor.algorithms", value, "one or more of ES256, ES384, PS256, RS256, Ed25519, EdDSA")
            for value in ("", "none", "HS256", "ES256,HS256", "es256", "ES512")
        ),
        *(
            ("policy.challenge.suite", value, "an OCRA suite (RFC 6287) that answers eight digits alone")
            for value in ("", "OCRA-1", "OCRA-1:HOTP-SHA256-8:QN06", "OCRA-1:HOTP-SHA1-8:QN08-PSHA1")
        ),
    ],
)
def test_algorithms_and_suites_that_cannot_serve_stop_the_start(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str
) -> None:
    variable = "ALDABA__" + name.upper().replace(".", "__")
    monkeypatch.setenv(variable, value)
    assert main(["policy", "show"]) != 0
    told = capsys.readouterr().err
    assert f"{name}: found {value!r}; expected {expected}" in told
    assert f"environment {variable}" in told


def test_both_are_shown_with_the_policy(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALDABA__POLICY__VENDOR__ALGORITHMS", "PS256, ES256")
    assert main(["policy", "show", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)["policy"]
    assert shown["policy.vendor.algorithms"]["value"] == ["PS256", "ES256"]
    assert shown["policy.challenge.suite"] == {"value": "OCRA-1:HOTP-SHA256-8:QN08-T1M", "origin": "default"}
