"""How the administration API answers: JSON, secrets opened here alone, and one stable form of error."""

from collections.abc import Callable
from typing import Any

import msgspec
from starlette.responses import Response

from aldaba.crypto.digests import Secret
from aldaba.domain.refusals import BackendFailed, Refused
from aldaba.service.approvals import Hindered
from aldaba.service.operator_desk import Awaiting, Forbidden
from aldaba.service.operator_refusals import ANSWERS, answer_to


class Wrong(Exception):
    """What the door itself refuses: status, code, a sentence, and the field to blame."""

    def __init__(self, status: int, code: str, message: str, field: str | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.field = field


STATUSES = tuple(sorted({answer.status for answer in ANSWERS} | {413, 415}))


def told(view: object, status: int = 200) -> Response:
    """The view as JSON; a view may hold a secret its receiver is to see once."""
    if isinstance(view, Awaiting):
        return told({"request": view.request}, 202)
    return Response(msgspec.json.encode(view, enc_hook=_opened), status, media_type="application/json")


def error(status: int, code: str, message: str, field: str | None = None) -> Response:
    body: dict[str, Any] = {"code": code, "message": message, "field": field}
    return Response(msgspec.json.encode({"error": body}), status, media_type="application/json")


UNCERTAIN = "look whether it was done before you ask again"


def refusal(trouble: Exception) -> Response | None:
    """The answer to what the door or a use case raised; None for what is nobody's refusal but a fault."""
    if isinstance(trouble, Wrong):
        return error(trouble.status, trouble.code, trouble.message, trouble.field)
    answer = answer_to(trouble)
    return None if answer is None else error(answer.status, answer.kind, *_sentence(trouble))


def _sentence(trouble: Exception) -> tuple[str, str | None]:
    """In English, and the field to blame."""
    match trouble:
        case Refused():
            return trouble.more or trouble.reason.value, trouble.location
        case Hindered():
            return trouble.hindrance.value, None
        case Forbidden():
            return f"your roles do not permit {trouble.act.value}", None
        case BackendFailed():
            return f"{trouble.backend} did not do its work; {UNCERTAIN}", None
        case _:
            return f"a part of the house is not available; {UNCERTAIN}", None


def _opened(value: object) -> object:
    if isinstance(value, Secret):
        return value.reveal()
    raise TypeError(type(value).__name__)


Crash = Callable[[str, BaseException], None]
"""Writes down a fault without its values: where, and what."""
