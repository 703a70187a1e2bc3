"""The house's own small risk table: points for what a login shows, and what their sum asks for."""

from dataclasses import dataclass
from typing import Literal

from aldaba.domain.policy import RiskPolicy

Demand = Literal["allow", "step-up", "deny"]


@dataclass(frozen=True, slots=True)
class Signals:
    """What a login shows.

    ``new_device``: it names a device that is not the customer's. ``sim_changed``: its SIM is another than at
    the last login from a phone.
    """

    compromised: bool = False
    emulator: bool = False
    new_device: bool = False
    sim_changed: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    points: int
    reasons: tuple[str, ...]


def score(signals: Signals, rules: RiskPolicy) -> Score:
    """The points of every signal that shows, and their names; one worth nothing is no reason."""
    table = (
        (signals.compromised, rules.compromised, "compromised device"),
        (signals.emulator, rules.emulator, "emulator"),
        (signals.new_device, rules.new_device, "new device"),
        (signals.sim_changed, rules.changed_sim, "changed SIM"),
    )
    counted = [(points, reason) for shows, points, reason in table if shows and points]
    return Score(sum(points for points, _ in counted), tuple(reason for _, reason in counted))


def demand(points: int, rules: RiskPolicy) -> Demand:
    """What so many points ask for; denying goes before stepping up, wherever the two limits lie."""
    if points >= rules.deny_at:
        return "deny"
    return "step-up" if points >= rules.step_up_at else "allow"
