"""What a run measured is written into the page and drawn, and nothing else of the page is touched."""

from dataclasses import asdict, replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from bench.figures import Comparison, Figures, Peers, PeerWork, Work
from bench.plot import draw
from bench.publish import PAGE, SECTIONS, publish

MACHINE = {"cores": 2, "python": "CPython 3.11.7", "system": "Linux", "load_at_end": 0.2}


def told() -> dict[str, Any]:
    figures = Figures("full", "python -m bench", began="2026-11-24T08:29:00+00:00")
    for in_flight, rate in ((1, 70.0), (8, 1234.5), (32, 1300.0), (128, 1290.0)):
        work = Work("prelogin <v1>", in_flight, rate, 1.5, 9.75, 300.0, 40.0)
        if in_flight == 32:
            work = replace(work, limit=5_000.0, ratio=0.26, cpu_ratio=0.27, needed=0.40)
        figures.works.append(work)
    figures.works.append(Work("login by password", 4, 104.0, 37.0, 51.0, 16_000.0, 90.0, p99_verifies=4.25))
    figures.limits["RSA-3072 OAEP decrypt, CPU µs"] = 572.0
    figures.others["validate_credentials: latency with 100,000 customers ÷ with 10,000"] = 0.953
    figures.peers = Peers(
        {"better-auth": "1.7"},
        [PeerWork("better-auth", "login", "password", 8, 97.0, 80.0, 99.0, 15_000.0)],
        [Comparison("login by password", 104.0, "better-auth: password", 97.0, 104 / 97, 0.75, 1.5)],
        {"privacyIDEA": "pip ended with 1: no network"},
    )
    return {"machine": MACHINE, **asdict(figures)}


def test_a_run_takes_the_place_of_the_last_one_and_of_nothing_else() -> None:
    other = "<!-- end -->\nbetween\n<!-- bench nodes -->\nkept\n<!-- end -->\n"
    page = f"before\n<!-- bench full -->\nold 99\n{other}"
    written = publish(page, "full", told())
    assert "old 99" not in written
    assert written.startswith("before\n<!-- bench full -->\n")
    assert written.endswith(other)
    assert publish(written, "full", told()) == written
    times = "(1.50 / 9.75)"
    for line in (
        "| prelogin <v1> | 1,300 | 1.50 | 9.75 | 300 | 5,000 | 0.26 | 0.27 | 0.40 |",
        f"| prelogin <v1> | 70 {times} | 1,234 {times} | 1,300 {times} | 1,290 {times} |",
        "| p99 of a login at 4 in flight ÷ one verify (wanted: 4 at most) | 4.25 |",
        "| validate_credentials: latency with 100,000 customers ÷ with 10,000 | 0.953 |",
        "| login by password | 104 | better-auth: password | 97 | 1.07 | 0.75 | ≥ 1.5 |",
        "| privacyIDEA: not measured, pip ended with 1: no network |  |  |  |  |  |",
    ):
        assert line in written.splitlines()


def test_a_page_without_its_markers_is_not_written() -> None:
    with pytest.raises(LookupError, match="no markers <!-- bench full -->"):
        publish("nothing here", "full", told())


def test_the_real_page_has_a_place_for_every_run() -> None:
    page = PAGE.read_text()
    assert [name for name in SECTIONS if page.count(f"<!-- bench {name} -->") != 1] == []


def test_every_table_has_as_many_cells_as_heads() -> None:
    widths: list[list[int]] = [[]]
    for line in publish("<!-- bench full -->\n<!-- end -->", "full", told()).splitlines():
        if line.startswith("|"):
            widths[-1].append(line.count("|"))
        else:
            widths.append([])
    tables = [each for each in widths if each]
    assert len(tables) == 6
    assert all(len(set(table)) == 1 for table in tables)


def test_the_plot_names_every_work_and_marks_every_figure_twice() -> None:
    drawn = ET.fromstring(draw(told()["works"], "a run"))  # noqa: S314 - written by ourselves a moment ago
    svg = "{http://www.w3.org/2000/svg}"
    assert "prelogin <v1>" in [text.text for text in drawn.iter(f"{svg}text")]
    marks = [path.get("class") for path in drawn.iter(f"{svg}path")]
    # Rate and latency of each, and the legend's own; one limit, and the legend's.
    assert {name: marks.count(name) for name in marks} == {"f1": 3, "f8": 3, "f32": 3, "f128": 3}
    assert len([line for line in drawn.iter(f"{svg}line") if line.get("class") == "limit"]) == 2
