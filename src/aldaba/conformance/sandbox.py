"""The tools of a server that serves `/sandbox`: customers, clock, faults, messages, simulators."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from aldaba.conformance.link import Link
from aldaba.conformance.verdicts import Broken, NotProvoked

BANK_ZONE = ZoneInfo("America/Mexico_City")
_EVENING, _MORNING = 19, 33


@dataclass(slots=True)
class Sandbox:
    """Only what the routes do; which faults are on is kept so that they can be taken back."""

    link: Link
    faulty: set[str] = field(default_factory=set)

    def customers(self) -> list[dict[str, Any]]:
        people: list[dict[str, Any]] = self._told(self.link.ask("GET", "/sandbox/customers"))
        return people

    def messages(self, to: str) -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = self._told(self.link.ask("GET", "/sandbox/messages", to=to))
        return told

    def advance(self, duration: str) -> datetime:
        told = self._told(self.link.ask("POST", "/sandbox/clock", {"advance": duration}))
        return datetime.fromisoformat(told["now"])

    def morning(self) -> bool:
        """Away from the hours in which the bank's day turns; whether the clock was moved for it."""
        hour = self.advance("PT0S").astimezone(BANK_ZONE).hour
        if hour > _EVENING:
            self.advance(f"PT{_MORNING - hour}H")
        return hour > _EVENING

    def fault(self, part: str, mode: str) -> None:
        self._told(self.link.ask("POST", "/sandbox/faults", {"backend": part, "mode": mode}))
        self.faulty.add(part) if mode != "ok" else self.faulty.discard(part)

    def mend(self) -> None:
        for part in tuple(self.faulty):
            self.fault(part, "ok")

    def token_response(self, customer: str, challenge: str) -> str:
        asked = {"customerId": customer, "challenge": challenge}
        return str(self._told(self.link.ask("POST", "/sandbox/token-response", asked))["response"])

    def vendor_jwt(self, customer: str, grant: str = "2") -> str:
        asked = {"customerId": customer, "grantType": grant}
        return str(self._told(self.link.ask("POST", "/sandbox/vendor-jwt", asked))["jwt"])

    def reset(self) -> None:
        self._told(self.link.ask("POST", "/sandbox/reset"))

    def clock_back(self) -> None:
        self._told(self.link.ask("POST", "/sandbox/clock", {"reset": True}))

    def _told(self, answer: httpx.Response) -> Any:
        if answer.is_success:
            return answer.json() if answer.content else None
        if answer.status_code in {403, 404}:
            raise NotProvoked(
                f"{answer.request.url.path} answers {answer.status_code}: no sandbox for this machine"
            )
        raise Broken(f"{answer.request.url.path} answers {answer.status_code}")
