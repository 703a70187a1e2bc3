"""A risk engine that always says the same: what a bank without one runs, and what stands in for one that is away."""

from aldaba.service.ports import RiskAnswer, RiskQuestion, Verdict


class FixedRisk:
    """Implements ``Risk``."""

    def __init__(self, verdict: Verdict, reasons: tuple[str, ...] = ()) -> None:
        self._answer = RiskAnswer(verdict, reasons)

    async def assess(self, question: RiskQuestion) -> RiskAnswer:  # noqa: ARG002 - the port's
        return self._answer
