"""How the administration API answers: JSON, secrets opened here alone, and one stable form of error."""

from collections.abc import Callable
from typing import Any

import msgspec
from starlette.responses import Response

from aldaba.crypto.digests import Secret
from aldaba.domain.four_eyes import Hindrance
from aldaba.domain.refusals import BackendFailed, HouseUnavailable, Reason, Refused
from aldaba.service.approvals import Hindered
from aldaba.service.operator_desk import Awaiting, Forbidden


class Wrong(Exception):
    """What the door itself refuses: status, code, a sentence, and the field to blame."""

    def __init__(self, status: int, code: str, message: str, field: str | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.field = field


_STATUS: dict[Reason, tuple[int, str]] = {
    Reason.INVALID_REQUEST: (400, "invalid_request"),
    Reason.SECRET_UNFIT: (400, "password_unfit"),
    Reason.AUTHENTICATION_FAILED: (401, "sign_in_failed"),
    Reason.SESSION_EXPIRED: (401, "not_signed_in"),
    Reason.TOKEN_INVALID: (401, "invitation_invalid"),
    Reason.CREDENTIAL_REFUSED: (401, "code_refused"),
    Reason.CUSTOMER_UNKNOWN: (404, "customer_unknown"),
    Reason.NOT_FOUND: (404, "not_found"),
    Reason.RULE_BROKEN: (409, "rule_broken"),
    Reason.DAY_LIMIT: (429, "too_many_requests"),
}

_GRANT: dict[Hindrance, tuple[int, str]] = {
    Hindrance.UNKNOWN: (404, "grant_unknown"),
    Hindrance.WAITING: (409, "grant_waiting"),
    Hindrance.REFUSED: (409, "grant_refused"),
    Hindrance.WITHDRAWN: (409, "grant_withdrawn"),
    Hindrance.SPENT: (409, "grant_spent"),
    Hindrance.EXPIRED: (409, "grant_expired"),
    Hindrance.DIFFERS: (409, "grant_differs"),
    Hindrance.OWN: (403, "grant_own"),
    Hindrance.FORBIDDEN: (403, "forbidden"),
    Hindrance.DECIDED: (409, "grant_decided"),
}

STATUSES = tuple(
    sorted({status for status, _ in (*_STATUS.values(), *_GRANT.values())} | {413, 415, 502, 503})
)


def told(view: object, status: int = 200) -> Response:
    """The view as JSON; a view may hold a secret its receiver is to see once."""
    if isinstance(view, Awaiting):
        return told({"request": view.request}, 202)
    return Response(msgspec.json.encode(view, enc_hook=_opened), status, media_type="application/json")


def error(status: int, code: str, message: str, field: str | None = None) -> Response:
    body: dict[str, Any] = {"code": code, "message": message, "field": field}
    return Response(msgspec.json.encode({"error": body}), status, media_type="application/json")


def refusal(trouble: Exception) -> Response | None:
    """The answer to what a use case raised; None for what is nobody's refusal but a fault."""
    found = _of_the_door(trouble) or _of_the_house(trouble)
    return None if found is None else error(*found)


UNCERTAIN = "look whether it was done before you ask again"

Told = tuple[int, str, str, str | None]


def _of_the_door(trouble: Exception) -> Told | None:
    match trouble:
        case Wrong():
            return trouble.status, trouble.code, trouble.message, trouble.field
        case Forbidden():
            return 403, "forbidden", f"your roles do not permit {trouble.act.value}", None
        case Hindered():
            return *_GRANT[trouble.hindrance], trouble.hindrance.value, None
        case _:
            return None


def _of_the_house(trouble: Exception) -> Told | None:
    match trouble:
        case Refused():
            status, code = _STATUS.get(trouble.reason, (409, "refused"))
            return status, code, trouble.more or trouble.reason.value, trouble.location
        case BackendFailed():
            return 502, "backend_failed", f"{trouble.backend} did not do its work; {UNCERTAIN}", None
        case HouseUnavailable():
            return 503, "unavailable", f"a part of the house is not available; {UNCERTAIN}", None
        case _:
            return None


def _opened(value: object) -> object:
    if isinstance(value, Secret):
        return value.reveal()
    raise TypeError(type(value).__name__)


Crash = Callable[[str, BaseException], None]
"""Writes down a fault without its values: where, and what."""
