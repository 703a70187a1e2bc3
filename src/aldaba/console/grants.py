"""Requests for four eyes, as the desk lists them for an operator."""

from typing import Any

import msgspec

from aldaba.domain.operators import Actor
from aldaba.service.approvals import GrantView
from aldaba.service.operator_commands import ListGrants
from aldaba.service.operator_desk import OperatorDesk


async def grants_of(desk: OperatorDesk, actor: Actor) -> tuple[GrantView, ...]:
    """Newest first."""
    return msgspec.convert(await desk.perform(actor, ListGrants()), tuple[GrantView, ...])


def waits_for(grant: GrantView, name: str) -> bool:
    """To be decided by this operator, or approved for him to carry out."""
    return grant.may_decide or (grant.state == "approved" and grant.requested_by == name)


def parameters_of(grant: GrantView) -> dict[str, Any]:
    """What an approver reads of the act beside its name and reason."""
    told = msgspec.json.decode(grant.parameters)
    return {
        name: value for name, value in told.items() if name not in {"act", "reason"} and value is not None
    }
