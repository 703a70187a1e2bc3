"""What an operator reads when something does not go: the status, and the words for what and how to cure."""

from dataclasses import dataclass

from aldaba.domain.refusals import BackendFailed, HouseUnavailable, Refused
from aldaba.service.approvals import Hindered
from aldaba.service.operator_desk import Forbidden
from aldaba.service.operator_refusals import ANSWERS, answer_to


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


FAULT = Trouble(500, "fault")
SESSION_OVER = Trouble(401, "not_signed_in")

KEYS = frozenset(
    {
        *(answer.kind for answer in ANSWERS),
        *("fault", "csrf", "too_large", "no_form", "no_page", "unsure"),
    }
)
"""Every key there must be words for."""


def trouble_of(raised: Exception) -> Trouble | None:
    """What a use case or the console refused; None for what is nobody's refusal but a fault."""
    if isinstance(raised, Stopped):
        return Trouble(raised.status, raised.key)
    answer = answer_to(raised)
    return None if answer is None else Trouble(answer.status, answer.kind, *_about(raised))


def of_refusal(no: Refused | Hindered) -> Trouble:
    """What the house said no to, to be mended in the form where that can be."""
    return trouble_of(no) or FAULT


def _about(raised: Exception) -> tuple[str, str]:
    """The field to blame, and a detail."""
    match raised:
        case Refused():
            return raised.location or "", raised.more or ""
        case Forbidden():
            return "", raised.act.value
        case BackendFailed():
            return "", raised.backend
        case HouseUnavailable():
            return "", raised.part
        case _:
            return "", ""
