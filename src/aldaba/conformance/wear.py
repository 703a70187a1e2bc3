"""What checks leave on test customers: read off the answers, so that only what is worn is put back."""

from dataclasses import dataclass

import httpx

ENOUGH = 3
"""So many small marks are still harmless: fewer than any limit of tries or of codes a day."""

_CHANGES = frozenset({"set_credentials", "set_access", "unlock_access", "enrol_device", "revoke_device"})
_COUNTED = frozenset({"send_otp"})
_CHARGES = frozenset(
    {"8006", "authenticationFailed", "credentialValidationFailed", "credentialValidtionFailed"}
    | {"SessionError", "DayError"}
)
_TEMPORARY = frozenset({"NEW", "RPIN"})
"""A temporary PIN is good for one login."""
_LOCKS = frozenset({"validate_card", "validate_challenge"})


@dataclass(slots=True)
class Wear:
    """Small marks since the last reset."""

    marks: int = 0

    @property
    def worn(self) -> bool:
        return self.marks > ENOUGH

    def note(self, operation: str, answer: httpx.Response) -> None:
        """Take down what this answer says was changed or counted."""
        if answer.is_success:
            spent = operation in _CHANGES or _said(answer, "credentialStatus") in _TEMPORARY
            self.marks += ENOUGH + 1 if spent else operation in _COUNTED
        elif (code := _said(answer, "code")) in _CHARGES or (
            operation in _LOCKS and answer.status_code == 422
        ):
            self.marks += ENOUGH + 1
        elif code == "6666":
            self.marks += 1


def _said(answer: httpx.Response, name: str) -> str:
    try:
        body = answer.json()
    except ValueError:
        return ""
    return str(body.get(name)) if isinstance(body, dict) else ""
