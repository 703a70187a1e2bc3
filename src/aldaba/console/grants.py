"""Requests for four eyes, as the desk lists them for an operator."""

from dataclasses import dataclass
from typing import Any

import msgspec

from aldaba.crypto.jwk import UnacceptableKey, thumbprint
from aldaba.domain.operators import Actor
from aldaba.service.approvals import GrantView
from aldaba.service.operator_commands import ListGrants, ShowGrant
from aldaba.service.operator_desk import OperatorDesk


async def grants_of(desk: OperatorDesk, actor: Actor) -> tuple[GrantView, ...]:
    """What is open first."""
    return msgspec.convert(await desk.perform(actor, ListGrants()), tuple[GrantView, ...])


async def grant_of(desk: OperatorDesk, actor: Actor, grant_id: str) -> GrantView:
    """Raises ``Hindered`` where there is none."""
    return msgspec.convert(await desk.perform(actor, ShowGrant(grant_id=grant_id)), GrantView)


def waits_for(grant: GrantView, name: str) -> bool:
    """To be decided by this operator, or approved for him to carry out."""
    return grant.may_decide or (grant.state == "approved" and grant.requested_by == name)


@dataclass(frozen=True, slots=True)
class Key:
    """A public key as an approver compares it: by the thumbprint its owner told, and whole."""

    thumbprint: str
    """RFC 7638; empty for what is no key."""
    json: str


ALL = "without restriction"
"""The value shown where nothing named means everything."""
_ALL_WHERE_NONE = frozenset({"channels", "operations"})


def parameters_of(grant: GrantView) -> dict[str, Any]:
    """What an approver reads of the act beside its name and reason: all of it, also what stands unsaid."""
    told = msgspec.json.decode(grant.parameters)
    read = {name: _read(name, value) for name, value in told.items() if name not in {"act", "reason"}}
    return {name: value for name, value in read.items() if value is not None}


def _read(name: str, value: object) -> object:
    if value is None and name in _ALL_WHERE_NONE:
        return ALL
    if isinstance(value, dict):
        return _key(value)
    return value


def _key(jwk: dict[str, Any]) -> Key:
    text = msgspec.json.encode(jwk).decode()
    try:
        return Key(thumbprint(jwk), text)
    except UnacceptableKey:
        return Key("", text)
