"""What an operator reads when something does not go: the status, and the words for what and how to cure."""

from dataclasses import dataclass

from aldaba.domain.four_eyes import Hindrance
from aldaba.domain.refusals import BackendFailed, HouseUnavailable, Reason, Refused
from aldaba.service.approvals import Hindered
from aldaba.service.operator_desk import Forbidden


class Stopped(Exception):
    """What the console itself refuses: the status, and the key of its words."""

    def __init__(self, status: int, key: str) -> None:
        super().__init__(key)
        self.status = status
        self.key = key


@dataclass(frozen=True, slots=True)
class Trouble:
    """``key`` names words of ``troubles`` in texts.yaml; ``field`` is to blame, ``detail`` in English."""

    status: int
    key: str
    field: str = ""
    detail: str = ""


_OF_REASON: dict[Reason, tuple[int, str]] = {
    Reason.INVALID_REQUEST: (400, "invalid"),
    Reason.SECRET_UNFIT: (400, "password_unfit"),
    Reason.AUTHENTICATION_FAILED: (401, "sign_in_failed"),
    Reason.SESSION_EXPIRED: (401, "session_over"),
    Reason.TOKEN_INVALID: (404, "invitation_invalid"),
    Reason.CREDENTIAL_REFUSED: (401, "code_refused"),
    Reason.CUSTOMER_UNKNOWN: (404, "customer_unknown"),
    Reason.NOT_FOUND: (404, "not_found"),
    Reason.RULE_BROKEN: (409, "rule_broken"),
    Reason.DAY_LIMIT: (429, "too_many"),
}

_OF_HINDRANCE: dict[Hindrance, tuple[int, str]] = {
    Hindrance.UNKNOWN: (404, "grant_unknown"),
    Hindrance.WAITING: (409, "grant_waiting"),
    Hindrance.REFUSED: (409, "grant_refused"),
    Hindrance.WITHDRAWN: (409, "grant_withdrawn"),
    Hindrance.SPENT: (409, "grant_spent"),
    Hindrance.EXPIRED: (409, "grant_expired"),
    Hindrance.DIFFERS: (409, "grant_differs"),
    Hindrance.OWN: (403, "grant_own"),
    Hindrance.FORBIDDEN: (403, "grant_forbidden"),
    Hindrance.DECIDED: (409, "grant_decided"),
}

FAULT = Trouble(500, "fault")

KEYS = frozenset(
    {
        *(key for _, key in (*_OF_REASON.values(), *_OF_HINDRANCE.values())),
        *("forbidden", "backend", "unavailable", "refused", "fault"),
        *("csrf", "too_large", "no_form", "no_page", "unsure"),
    }
)
"""Every key there must be words for."""


def trouble_of(raised: Exception) -> Trouble | None:
    """What a use case or the console refused; None for what is nobody's refusal but a fault."""
    match raised:
        case Stopped():
            return Trouble(raised.status, raised.key)
        case Refused() | Hindered():
            return of_refusal(raised)
        case Forbidden():
            return Trouble(403, "forbidden", detail=raised.act.value)
        case BackendFailed():
            return Trouble(502, "backend", detail=raised.backend)
        case HouseUnavailable():
            return Trouble(503, "unavailable", detail=raised.part)
        case _:
            return None


def of_refusal(no: Refused | Hindered) -> Trouble:
    """What the house said no to, to be mended in the form where that can be."""
    if isinstance(no, Hindered):
        return Trouble(*_OF_HINDRANCE[no.hindrance])
    status, key = _OF_REASON.get(no.reason, (409, "refused"))
    return Trouble(status, key, no.location or "", no.more or "")
