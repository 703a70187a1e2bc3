"""A risk engine that always says the same: for a bank without one, and in place of one that is away."""

from aldaba.service.risk_ports import RiskAnswer, RiskQuestion, Verdict


class FixedRisk:
    """Implements ``Risk``."""

    def __init__(self, verdict: Verdict, reasons: tuple[str, ...] = ()) -> None:
        self._answer = RiskAnswer(verdict, reasons)

    async def assess(self, question: RiskQuestion) -> RiskAnswer:  # noqa: ARG002 - the port's
        return self._answer
