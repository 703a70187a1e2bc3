"""What the store keeps of operators: accounts, their sessions, invitations, and requests for four eyes."""

from datetime import datetime
from typing import Protocol

from aldaba.domain.four_eyes import Grant
from aldaba.domain.operators import Invitation, Operator, OperatorSession


class OperatorRows(Protocol):
    """Operators and what belongs to them, inside an act.

    What ``find``, ``session``, ``invitation`` and ``grant`` answer is locked against other acts until this
    act ends: a grant is spent once, and a failed sign-in counted, however many come at once.
    """

    def find(self, name: str) -> Operator | None: ...
    def all(self) -> tuple[Operator, ...]:
        """By name."""

    def save(self, operator: Operator) -> None:
        """Insert or overwrite."""

    def session(self, handle: str) -> OperatorSession | None:
        """Whatever its age; whether it is alive is the caller's to judge."""

    def place_session(self, session: OperatorSession) -> None:
        """Insert or overwrite."""

    def end_session(self, handle: str) -> None: ...
    def end_sessions(self, operator: str) -> None:
        """Every one of the operator's."""

    def invitation(self, digest: bytes) -> Invitation | None: ...
    def invite(self, invitation: Invitation) -> None:
        """The operator's one invitation from now on; an earlier one is gone."""

    def take_back(self, operator: str) -> None:
        """The operator has no invitation any more."""

    def grant(self, grant_id: str) -> Grant | None: ...
    def save_grant(self, grant: Grant, forget_at: datetime) -> None:
        """Insert or overwrite; it is kept until then."""

    def grants(self, most: int) -> tuple[Grant, ...]:
        """Newest first."""

    def grants_since(self, moment: datetime) -> tuple[Grant, ...]:
        """Every one requested then or later, newest first."""
