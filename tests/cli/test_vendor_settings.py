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
