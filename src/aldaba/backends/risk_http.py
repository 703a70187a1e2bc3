"""The bank's own risk engine over HTTP; while it is away, the configured answer stands in."""

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from aldaba.backends.http import BackendClient
from aldaba.domain.refusals import BackendFailed
from aldaba.service.risk_ports import RiskAnswer, RiskQuestion, Verdict

AWAY = "risk engine away"
LOCK = "lock"
MAX_REASONS = 10

_REASON = re.compile(r"[!-~][ -~]{0,63}", re.ASCII)
_VERDICTS = frozenset(verdict.value for verdict in Verdict) | {LOCK}


class RiskEngine:
    """Implements ``Risk``; give its client a budget a login can bear."""

    def __init__(self, engine: BackendClient, when_away: Verdict) -> None:
        self._engine = engine
        self._away = RiskAnswer(when_away, (AWAY,))

    async def assess(self, question: RiskQuestion) -> RiskAnswer:
        try:
            answer = await self._engine.ask("POST", "/assessments", told(question), idempotent=False)
        except BackendFailed:
            return self._away
        judged = None if answer is None else _judged(answer)
        if judged is None:
            self._engine.failed("answer: not the documented members")
            return self._away
        return judged


def told(question: RiskQuestion) -> dict[str, object]:
    """The question as the engine reads it: every field there is, spelt like the wire's."""
    return {_camel(each.name): getattr(question, each.name) for each in fields(question)}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _judged(answer: Mapping[str, Any]) -> RiskAnswer | None:
    """None for what is no verdict; reasons go into the audit and are held to a few plain words."""
    verdict, reasons = answer.get("verdict"), answer.get("reasons")
    if not isinstance(verdict, str) or verdict not in _VERDICTS:
        return None
    if not isinstance(reasons, list) or len(reasons) > MAX_REASONS:
        return None
    if not all(isinstance(reason, str) and _REASON.fullmatch(reason) for reason in reasons):
        return None
    if verdict == LOCK:
        return RiskAnswer(Verdict.DENY, tuple(reasons), lock=True)
    return RiskAnswer(Verdict(verdict), tuple(reasons))
