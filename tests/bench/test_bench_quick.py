"""The benchmark measures: its smallest form, against a real server, finds a figure for everything."""

from pathlib import Path

import uvloop
from bench.audit_chain import measured
from bench.figures import Figures
from bench.measuring import SMALLEST
from bench.works import run
from rich.console import Console

WORKS = {
    "prelogin_v1",
    "prelogin_v2",
    "credentials_status",
    "validate_transmit_customer",
    "send_otp, provider asked",
    "certified_phone",
    "register_transmit_customer",
    "enrol_device",
    "revoke_device",
    "logout",
    "login by password",
    "set_credentials (2 hashes)",
    "validate_credentials",
    "session-only read",
    "key exchange",
    "token endpoint",
    "introspection",
    "validate_card (1 hash)",
    "set_access (2 hashes)",
    "retrieve_challenge",
    "validate_challenge",
    "validate_mobile_phone",
    "generate_rao_token",
    "validate_rao_token",
    "validate_jwt",
    "unlock_access",
}


def test_the_smallest_form_measures_every_work(tmp_path: Path) -> None:
    figures, told = Figures(SMALLEST.name, "test"), list[str]()
    uvloop.run(run(SMALLEST, tmp_path, figures, told.append))
    assert {work.name for work in figures.works} == WORKS
    for work in figures.works:
        assert work.answers > 0
        assert work.rate > 0
        assert 0 < work.p50_ms <= work.p99_ms
    assert any("60 customers ÷ with 50" in name for name in figures.others)
    judged = [work for work in figures.works if work.needed is not None]
    assert judged
    assert all(work.ratio is not None and work.ratio > 0 for work in judged)
    assert all(value > 0 for value in (*figures.limits.values(), *figures.others.values()))
    figures.write(tmp_path / "figures.json")
    figures.show(Console(quiet=True))


def test_a_log_built_for_measuring_verifies(tmp_path: Path) -> None:
    report, seconds = measured(2_500, tmp_path)
    assert (report.intact, report.rows, report.linked) == (True, 2_500, 2_500)
    assert seconds > 0
