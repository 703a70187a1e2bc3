"""How one attempt at a call is written, and the sealed values of its answer opened."""

import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aldaba_client.envelope import (
    Binding,
    Profile,
    Rendering,
    SessionKeys,
    open_bound,
    open_portal,
    seal_bound,
    seal_portal,
)
from aldaba_client.errors import NoSession
from aldaba_client.messages import Attempt, Body, FromSession, Request
from aldaba_client.operation import Operation, SealedField
from aldaba_client.options import Place


@dataclass(frozen=True, slots=True)
class Written:
    """A request with what its answer is read by."""

    request: Request
    uuid: str
    sid: str = field(repr=False)
    keys: SessionKeys | None = field(repr=False)


def new_uuid(now: float) -> str:
    """A version 7 UUID (RFC 9562 §5.7): keys without a session ask for one, everybody else takes it too."""
    number = int(now * 1000) << 80 | int.from_bytes(os.urandom(10), "big")
    number = number & ~(0xF << 76) | 7 << 76
    return str(uuid.UUID(int=number & ~(0x3 << 62) | 0x2 << 62))


def resolved(body: Body, attempt: Attempt, ccs_id: str | None) -> dict[str, Any]:
    """The body of this attempt, with what only the session or the attempt knows. Raises ``NoSession``."""
    told: dict[str, Any] = {}
    for name, value in body.items():
        if value is FromSession.CCS_ID:
            if ccs_id is None:
                raise NoSession(
                    "no customer has been identified in this session: prelogin or validate_credentials"
                )
            told[name] = ccs_id
        elif isinstance(value, Mapping):
            told[name] = resolved(value, attempt, ccs_id)
        elif callable(value):
            told[name] = value(attempt)
        elif value is not None:
            told[name] = value
    return told


def sealed(
    operation: Operation, body: dict[str, Any], keys: SessionKeys, attempt: Attempt, server_random: str
) -> dict[str, Any]:
    """The body with its sealed fields in place of their text, under the random this request spends."""
    for one in operation.sealed:
        *outer, name = one.path.split(".")
        holder = body
        for step in outer:
            holder = holder.get(step, {})
        if name in holder:
            kind = _kind(one, body)
            holder[name] = _sealed(operation, name, holder[name], kind, keys, attempt, server_random)
    return body


def _kind(one: SealedField, body: Body) -> str:
    if not one.kinds:
        return one.kind
    value: Any = body
    for step in one.kind_by.split("."):
        value = value[step]
    return one.kinds[value]


def _sealed(
    operation: Operation,
    name: str,
    text: str,
    kind: str,
    keys: SessionKeys,
    attempt: Attempt,
    server_random: str,
) -> str:
    rendering = Rendering(operation.rendering)
    if keys.profile is Profile.PORTAL:
        return seal_portal(keys, kind, server_random, text, rendering)
    binding = Binding("request", operation.bound_path, attempt.sid, attempt.uuid, name)
    return seal_bound(keys, binding, text, rendering)


def opened(operation: Operation, body: dict[str, Any], written: Written) -> dict[str, Any]:
    """The answer with its sealed values opened. Raises ``CannotOpen``."""
    keys = written.keys
    found = [name for name in operation.sealed_answer if isinstance(body.get(name), str)]
    if not found or keys is None:
        return body
    if keys.profile is Profile.PORTAL:
        return body | {name: open_portal(keys, body[name]) for name in found}
    bindings = {
        name: Binding("response", operation.bound_path, written.sid, written.uuid, name) for name in found
    }
    return body | {name: open_bound(keys, binding, body[name]) for name, binding in bindings.items()}


def to_request(
    operation: Operation,
    client_id: str,
    token: str,
    place: Place,
    attempt: Attempt,
    body: dict[str, Any] | None,
) -> Request:
    """The HTTP request of this attempt."""
    headers = {
        "client_id": client_id,
        "authorization": f"Bearer {token}",
        "uuid": attempt.uuid,
        "channelId": place.channel,
        "countryCode": place.country,
        "businessCode": place.business,
        "accept": "application/json",
        "accept-language": place.language,
    }
    if attempt.sid:
        headers["sid"] = attempt.sid
    content = None
    if body is not None:
        headers["content-type"] = "application/json"
        content = json.dumps(body).encode()
    return Request(operation.method, operation.path, headers, content)
