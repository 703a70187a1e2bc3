"""The risk engine of a bank without one: the house's own table of points."""

from collections.abc import Callable

from aldaba.domain.policy import RiskPolicy
from aldaba.domain.risk import Signals, demand, score
from aldaba.service.risk_ports import RiskAnswer, RiskQuestion, Verdict

Read = Callable[[RiskQuestion], Signals]
"""What a question shows, with what the house saw of this customer before."""


class RiskPoints:
    """Implements ``Risk``; it asks nobody and is never away."""

    def __init__(self, rules: RiskPolicy, read: Read) -> None:
        self._rules = rules
        self._read = read

    async def assess(self, question: RiskQuestion) -> RiskAnswer:
        judged = score(self._read(question), self._rules)
        return RiskAnswer(Verdict(demand(judged.points, self._rules)), judged.reasons)
