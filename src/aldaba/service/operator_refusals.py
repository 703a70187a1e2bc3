"""What an operator is told when something does not go: kind and status, one table for every door."""

from dataclasses import dataclass

from aldaba.domain.four_eyes import Hindrance
from aldaba.domain.refusals import BackendFailed, HouseUnavailable, Reason, Refused
from aldaba.service.approvals import Hindered
from aldaba.service.operator_desk import Forbidden


@dataclass(frozen=True, slots=True)
class Answer:
    """``status`` as RFC 9110 numbers them; ``kind`` is the API's code, and the key of the console's words."""

    status: int
    kind: str


_OF_REASON: dict[Reason, Answer] = {
    Reason.INVALID_REQUEST: Answer(400, "invalid_request"),
    Reason.SECRET_UNFIT: Answer(400, "password_unfit"),
    Reason.AUTHENTICATION_FAILED: Answer(401, "sign_in_failed"),
    Reason.SESSION_EXPIRED: Answer(401, "not_signed_in"),
    # The link is what the invited person proves himself by, so that an unknown one is no missing page.
    Reason.TOKEN_INVALID: Answer(401, "invitation_invalid"),
    Reason.CREDENTIAL_REFUSED: Answer(401, "code_refused"),
    Reason.CUSTOMER_UNKNOWN: Answer(404, "customer_unknown"),
    Reason.NOT_FOUND: Answer(404, "not_found"),
    Reason.RULE_BROKEN: Answer(409, "rule_broken"),
    Reason.DAY_LIMIT: Answer(429, "too_many_requests"),
}
_ANY_OTHER_REASON = Answer(409, "refused")

_OF_HINDRANCE: dict[Hindrance, Answer] = {
    Hindrance.UNKNOWN: Answer(404, "grant_unknown"),
    Hindrance.WAITING: Answer(409, "grant_waiting"),
    Hindrance.REFUSED: Answer(409, "grant_refused"),
    Hindrance.WITHDRAWN: Answer(409, "grant_withdrawn"),
    Hindrance.SPENT: Answer(409, "grant_spent"),
    Hindrance.EXPIRED: Answer(409, "grant_expired"),
    Hindrance.DIFFERS: Answer(409, "grant_differs"),
    Hindrance.OWN: Answer(403, "grant_own"),
    Hindrance.FORBIDDEN: Answer(403, "grant_forbidden"),
    Hindrance.DECIDED: Answer(409, "grant_decided"),
}

_FORBIDDEN = Answer(403, "forbidden")
_BACKEND_FAILED = Answer(502, "backend_failed")
_UNAVAILABLE = Answer(503, "unavailable")

ANSWERS = frozenset(
    {
        *_OF_REASON.values(),
        *_OF_HINDRANCE.values(),
        *(_ANY_OTHER_REASON, _FORBIDDEN, _BACKEND_FAILED, _UNAVAILABLE),
    }
)
"""Every answer there is."""


def answer_to(raised: Exception) -> Answer | None:
    """How what a use case raised is answered; None for what is nobody's refusal but a fault."""
    match raised:
        case Refused():
            return _OF_REASON.get(raised.reason, _ANY_OTHER_REASON)
        case Hindered():
            return _OF_HINDRANCE[raised.hindrance]
        case Forbidden():
            return _FORBIDDEN
        case BackendFailed():
            return _BACKEND_FAILED
        case HouseUnavailable():
            return _UNAVAILABLE
        case _:
            return None
