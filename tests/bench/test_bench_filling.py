"""A house that is grown for measuring holds what it is said to hold, under its own keys."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from bench.filling import fill_audit, fill_sessions
from bench.processes import House, aldaba, make_house


def stored(house: House) -> dict[str, int]:
    with closing(sqlite3.connect(house.folder / "aldaba.sqlite3")) as database:
        tables = ("audit_events", "sessions")
        return {name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}  # noqa: S608 - names of ours


def test_a_grown_house_verifies_and_has_its_sessions(tmp_path: Path) -> None:
    house = make_house(tmp_path / "house", {})
    before = stored(house)
    fill_audit(house, 1_200)
    fill_sessions(house, 1_100)
    after = stored(house)
    assert after["audit_events"] - before["audit_events"] == 1_200
    assert after["sessions"] - before["sessions"] == 1_100
    report = json.loads(aldaba(house.environment, "--json", "audit", "verify"))
    assert report["intact"], report
    assert report["rows"] == after["audit_events"], report
