"""The table of points, and what their sum asks for."""

import asyncio
from dataclasses import replace

import pytest

from aldaba.backends.risk_points import RiskPoints
from aldaba.domain.policy import RiskPolicy
from aldaba.domain.risk import Demand, Score, Signals, demand, score
from aldaba.service.risk_ports import RiskAnswer, RiskQuestion, Verdict

RULES = RiskPolicy()
QUESTION = RiskQuestion("1", "MBK", "pin", True, True, "89", "device", None)


@pytest.mark.parametrize(
    ("signals", "points", "reasons", "asked"),
    [
        (Signals(), 0, (), "allow"),
        (Signals(new_device=True), 20, ("new device",), "allow"),
        (Signals(sim_changed=True), 40, ("changed SIM",), "allow"),
        (Signals(compromised=True), 60, ("compromised device",), "step-up"),
        (Signals(emulator=True), 60, ("emulator",), "step-up"),
        (Signals(new_device=True, sim_changed=True), 60, ("new device", "changed SIM"), "step-up"),
        (Signals(compromised=True, new_device=True), 80, ("compromised device", "new device"), "step-up"),
        (Signals(emulator=True, sim_changed=True), 100, ("emulator", "changed SIM"), "step-up"),
        (Signals(compromised=True, emulator=True), 120, ("compromised device", "emulator"), "deny"),
        (
            Signals(compromised=True, emulator=True, new_device=True, sim_changed=True),
            180,
            ("compromised device", "emulator", "new device", "changed SIM"),
            "deny",
        ),
    ],
)
def test_what_a_login_shows_adds_up(
    signals: Signals, points: int, reasons: tuple[str, ...], asked: Demand
) -> None:
    assert score(signals, RULES) == Score(points, reasons)
    assert demand(points, RULES) == asked


@pytest.mark.parametrize(
    ("points", "asked"), [(59, "allow"), (60, "step-up"), (119, "step-up"), (120, "deny"), (500, "deny")]
)
def test_the_limits_themselves_count(points: int, asked: Demand) -> None:
    assert demand(points, RULES) == asked


def test_a_signal_worth_nothing_is_no_reason() -> None:
    assert score(Signals(new_device=True), replace(RULES, new_device=0)) == Score(0, ())


def test_denying_goes_before_stepping_up() -> None:
    assert demand(60, replace(RULES, step_up_at=60, deny_at=60)) == "deny"
    assert demand(60, replace(RULES, step_up_at=90, deny_at=60)) == "deny"


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (QUESTION, RiskAnswer(Verdict.DENY, ("compromised device", "emulator"))),
        (replace(QUESTION, emulator=False), RiskAnswer(Verdict.STEP_UP, ("compromised device",))),
        (replace(QUESTION, emulator=False, compromised=False), RiskAnswer(Verdict.ALLOW)),
    ],
)
def test_the_port_answers_by_the_table(question: RiskQuestion, answer: RiskAnswer) -> None:
    risk = RiskPoints(RULES, lambda asked: Signals(asked.compromised, asked.emulator))
    assert asyncio.run(risk.assess(question)) == answer
