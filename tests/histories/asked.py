"""One request of a history as the model sees it, what was answered, and the batch it was part of."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asked:
    """``act`` names what is asked; ``customer`` whom it is about; ``given`` is the secret brought.

    ``session`` is the label of the sid that was sent, ``fresh`` what it makes: a session's label, a password.
    """

    act: str
    application: int
    session: str
    request_id: str
    customer: int = 0
    given: str = ""
    right: bool = False
    """Of a token's response: whether the token shows it for the question."""
    question: str = ""
    phone: str = ""
    fresh: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """``said`` is the answer in a line: status, code and location; ``told`` a challenge's question."""

    asked: Asked
    said: str
    told: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """Requests sent at the same moment, and the messages that reached phones: phone and code."""

    number: int
    now: float
    done: Sequence[Done]
    messages: tuple[tuple[str, str], ...] = ()

    def others(self, asked: Asked, *, in_session: bool = False) -> int:
        """How many other requests of this kind were under way, about the same customer or in one session."""
        return sum(
            each.asked.act == asked.act
            and each.asked is not asked
            and (not in_session or each.asked.session == asked.session)
            and each.asked.customer == asked.customer
            for each in self.done
        )

    def under_way(self, act: str, session: str) -> int:
        """How many requests of this kind were in this session."""
        return sum((each.asked.act, each.asked.session) == (act, session) for each in self.done)
