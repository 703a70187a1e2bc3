"""Four eyes: a request for one exact act, the other operator's decision, and its one execution."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from aldaba.domain.operators import Act, Role, may_approve
from aldaba.domain.policy import OperatorPolicy


class GrantState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    SPENT = "spent"


class Hindrance(StrEnum):
    """Why a grant cannot be decided or spent."""

    UNKNOWN = "grant unknown"
    WAITING = "grant waiting for a decision"
    REFUSED = "grant refused"
    WITHDRAWN = "grant withdrawn"
    SPENT = "grant spent"
    EXPIRED = "grant expired"
    DIFFERS = "grant is for another act or other parameters"
    OWN = "nobody decides his own request"
    FORBIDDEN = "not an approver of this act"
    DECIDED = "grant decided already"


@dataclass(frozen=True, slots=True)
class Grant:
    """One request: ``digest`` is of act and parameters, ``shown`` what the approver reads of them as JSON."""

    id: str
    act: Act
    digest: str
    shown: str
    requested_by: str
    reason: str
    requested_at: datetime
    expires_at: datetime
    state: GrantState = GrantState.WAITING
    decided_by: str | None = None
    decided_at: datetime | None = None
    decision_reason: str = ""
    spent_at: datetime | None = None


Hand = tuple[str, ...]
"""An operator's name, then those who had the link in hand that opened his account (``Operator.hand``)."""

_CLOSED = {
    GrantState.WAITING: Hindrance.WAITING,
    GrantState.REFUSED: Hindrance.REFUSED,
    GrantState.WITHDRAWN: Hindrance.WITHDRAWN,
    GrantState.SPENT: Hindrance.SPENT,
}


def is_open(grant: Grant, now: datetime) -> bool:
    """Whether it can still be decided or spent."""
    return grant.state in (GrantState.WAITING, GrantState.APPROVED) and now < grant.expires_at


def one_hand(one: Hand, other: Hand) -> bool:
    """Whether both accounts can be one person's: the same, or one opened by a link the other had in hand.

    Whoever holds a link sets password and second factor, whatever name stands on it; so he could ask under
    either name and approve under the other.
    """
    return one[0] in other or other[0] in one


def decided(
    grant: Grant,
    asker: Hand,
    by: Hand,
    roles: Collection[Role],
    reason: str,
    now: datetime,
    rules: OperatorPolicy,
    *,
    approve: bool,
) -> Grant | Hindrance:
    """The grant after the second operator's word; an approved one lives anew, for its execution."""
    if not may_approve(roles, grant.act):
        return Hindrance.FORBIDDEN
    if one_hand(asker, by):
        return Hindrance.OWN
    if grant.state is not GrantState.WAITING:
        return Hindrance.DECIDED
    if now >= grant.expires_at:
        return Hindrance.EXPIRED
    until = now + timedelta(minutes=rules.grant_minutes) if approve else grant.expires_at
    return replace(
        grant,
        state=GrantState.APPROVED if approve else GrantState.REFUSED,
        decided_by=by[0],
        decided_at=now,
        decision_reason=reason,
        expires_at=until,
    )


def withdrawn(grant: Grant, by: str) -> Grant | Hindrance:
    """The requester takes his request back, approved or not."""
    if by != grant.requested_by:
        return Hindrance.UNKNOWN
    if grant.state not in (GrantState.WAITING, GrantState.APPROVED):
        return Hindrance.DECIDED
    return replace(grant, state=GrantState.WITHDRAWN)


def spent(grant: Grant, by: str, act: Act, digest: str, now: datetime) -> Grant | Hindrance:
    """The grant used up by its one execution, which is the requester's own and exactly what was approved."""
    if by != grant.requested_by:
        return Hindrance.UNKNOWN
    if grant.act is not act or grant.digest != digest:
        return Hindrance.DIFFERS
    if grant.state is not GrantState.APPROVED:
        return _CLOSED[grant.state]
    if now >= grant.expires_at:
        return Hindrance.EXPIRED
    return replace(grant, state=GrantState.SPENT, spent_at=now)


def given_back(grant: Grant) -> Grant:
    """An approved grant whose execution was refused, good again for what is left of its life."""
    return replace(grant, state=GrantState.APPROVED, spent_at=None)
