"""Alert rules and board speak of metrics that exist, by labels they have; each alert has its runbook."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase
from tests.api.test_metrics import all_metrics
from tests.docs.pages import anchors
from tests.house.tree import ROOT

ALERTS = ROOT / "ops" / "prometheus" / "alerts.yml"
BOARD = ROOT / "ops" / "grafana" / "aldaba.json"
RUNBOOK = ROOT / "docs" / "operating.md"
FUNCTIONS = frozenset({"sum", "rate", "increase", "histogram_quantile", "abs", "time"})
WORDS = FUNCTIONS | {"by", "and", "or", "offset"}
PROMETHEUS_OWN = {"up": frozenset({"job", "instance"}), "process_resident_memory_bytes": frozenset[str]()}
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def known() -> Mapping[str, frozenset[str]]:
    """Every name an expression may use, and the labels it has."""
    found = dict(PROMETHEUS_OWN)
    for collector, names in all_metrics().registry._collector_to_names.items():
        labels = frozenset(collector._labelnames) if isinstance(collector, MetricWrapperBase) else frozenset()
        for name in names:
            found[name] = labels | ({"le"} if name.endswith("_bucket") else set())
    return found


def wrong_in(expression: str) -> Iterator[str]:
    """What Prometheus would refuse, or answer with nothing for ever."""
    bare = re.sub(r'"[^"]*"', '""', expression)
    yield from _wrongly_written(bare)
    yield from _unknown(bare, known())


def _wrongly_written(bare: str) -> Iterator[str]:
    for opening, closing in ("()", "[]", "{}"):
        if bare.count(opening) != bare.count(closing):
            yield f"{opening} and {closing} do not match"
    for function in re.findall(r"([a-z_]+)\s*\((?!\s*\))", re.sub(r"\bby\s*\([^)]*\)", "", bare)):
        if function not in WORDS:
            yield f"no function {function}"
    if re.search(r"\b(rate|increase)\((?![^()]*\[[^\]]+\][^()]*\))", bare):
        yield "a rate wants a range"


def _unknown(bare: str, names: Mapping[str, frozenset[str]]) -> Iterator[str]:
    for metric, matchers in re.findall(r"([a-zA-Z_]\w*)\s*\{([^}]*)\}", bare):
        for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers):
            if label not in names.get(metric, ()):
                yield f"{metric} has no label {label}"
    used = _metrics(bare)
    for name in used:
        if name not in names:
            yield f"no metric {name}"
    grouped = {label.strip() for by in re.findall(r"\bby\s*\(([^)]*)\)", bare) for label in by.split(",")}
    for label in grouped:
        if not any(label in names.get(name, ()) for name in used):
            yield f"nothing there has a label {label}"


def _metrics(bare: str) -> set[str]:
    plain = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\bby\s*\([^)]*\)|\boffset\s+\w+|\b\d[\w.]*", " ", bare)
    return {name for name in _NAME.findall(plain) if name not in WORDS}


def alerts() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(ALERTS.read_text("utf-8"))["groups"]
    rules: list[dict[str, Any]] = group["rules"]
    return rules


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(BOARD.read_text("utf-8"))["panels"]
    return found


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_an_alert_asks_what_exists_and_has_a_runbook(rule: dict[str, Any]) -> None:
    assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
    assert list(wrong_in(rule["expr"])) == []
    assert re.fullmatch(r"\d+[smh]", rule["for"])
    assert rule["labels"]["severity"] in {"critical", "warning"}
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert page == "docs/operating.md"
    assert anchor in anchors(RUNBOOK)


def test_every_section_of_the_runbook_is_an_alerts() -> None:
    page = RUNBOOK.read_text("utf-8").partition("\n## Runbook\n")[2].partition("\n## ")[0]
    sections = re.findall(r"^### (.+)$", page, re.MULTILINE)
    assert sections == [
        rule["annotations"]["runbook"].partition("#")[2].replace("-", " ").capitalize() for rule in alerts()
    ]


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: panel["title"])
def test_a_panel_shows_what_exists(panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        assert list(wrong_in(target["expr"].replace("$__rate_interval", "5m"))) == []
        for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
            metrics = _metrics(re.sub(r'"[^"]*"', '""', target["expr"]))
            assert any(label in known()[name] for name in metrics), label


def test_the_board_shows_every_metric() -> None:
    shown = {
        name
        for panel in panels()
        for target in panel["targets"]
        for name in _metrics(re.sub(r'"[^"]*"', '""', target["expr"]))
    }
    families = {re.sub(r"_(bucket|sum|count|total)$", "", name) for name in shown}
    ours = {names[0] for names in all_metrics().registry._collector_to_names.values() if names}
    left_out = {name for name in ours if name.startswith("aldaba_")} - families
    assert left_out == {
        "aldaba_audit_events",
        "aldaba_store_up",
        "aldaba_notices_lag_seconds",
        "aldaba_clock_seconds",
    }


@pytest.mark.parametrize(
    ("expression", "wrong"),
    [
        ("sum(rate(aldaba_requests_total[5m])) > 1", False),
        ("sum(rate(aldaba_request_total[5m])) > 1", True),
        ('aldaba_key_age_seconds{purpose="e2e"} > 5', False),
        ('aldaba_key_age_seconds{name="e2e"} > 5', True),
        ("sum by (customer) (aldaba_requests_total)", True),
        ("sum(rate(aldaba_requests_total))", True),
        ("sum(rate(aldaba_requests_total[5m])", True),
        ("total(aldaba_requests_total)", True),
    ],
)
def test_the_check_sees_what_is_wrong(expression: str, *, wrong: bool) -> None:
    assert bool(list(wrong_in(expression))) is wrong
