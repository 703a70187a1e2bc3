"""Forms out of commands: which fields a command takes, and the command that a form asks for."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from enum import Enum
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from aldaba.console.visit import Form
from aldaba.crypto.digests import Secret
from aldaba.domain.operators import Act
from aldaba.domain.refusals import Reason, Refused
from aldaba.service import operator_commands as ask
from aldaba.service.operator_commands import Command

FORMS: dict[Act, type[Command]] = {
    command.act: command
    for command in (
        ask.LockCustomer,
        ask.UnlockCustomer,
        ask.LiftPreventiveLock,
        ask.ResetCounters,
        ask.SendTemporaryPin,
        ask.EndSessions,
        ask.RevokeDevice,
        ask.ImportTokens,
        ask.AssignToken,
        ask.ResynchroniseToken,
        ask.UnlockToken,
        ask.RevokeToken,
        ask.CreateApplication,
        ask.DisableApplication,
        ask.RotateClientSecret,
        ask.RegisterKeys,
        ask.RotateKey,
        ask.InviteOperator,
        ask.SetRoles,
        ask.DisableOperator,
        ask.EnableOperator,
        ask.ResetSecondFactor,
        ask.DecideGrant,
    )
}
"""Every act that changes something, with what it is asked by."""

TARGETS = ("customer_id", "device_id", "serial", "client_id", "name", "grant_id")
"""Whom or what an act is done to; a link that leads to a form fixes it."""


@dataclass(frozen=True, slots=True)
class Field:
    """``kind``: text, long, secret, choice, choices, list, flag, json."""

    name: str
    kind: str
    required: bool
    options: tuple[str, ...] = ()


def fields_of(command: type[Command]) -> tuple[Field, ...]:
    """In the command's order, the reason last."""
    hints = get_type_hints(command)
    found = [
        _field(each.name, hints[each.name], required=each.default is MISSING)
        for each in fields(command)  # type: ignore[arg-type]  # every command is a dataclass
    ]
    return tuple(sorted(found, key=lambda field: field.name == "reason"))


def has_secrets(command: type[Command]) -> bool:
    return any(field.kind in {"secret", "long"} for field in fields_of(command))


def command_of(kind: type[Command], form: Form) -> Command:
    """Raises ``Refused``, the field named, for what cannot be read as the command's values."""
    read = {field.name: _read(field, form) for field in fields_of(kind)}
    values = {name: value for name, value in read.items() if value is not None}
    missing = [f.name for f in fields_of(kind) if f.required and f.name not in values]
    if missing:
        raise Refused(Reason.INVALID_REQUEST, missing[0])
    for name, value in values.items():
        try:
            hint = get_type_hints(kind)[name]
            values[name] = msgspec.convert(value, hint, strict=False, dec_hook=_hidden)
        except msgspec.ValidationError:
            raise Refused(Reason.INVALID_REQUEST, name) from None
    return kind(**values)


def form_of_command(kind: type[Command], told: Mapping[str, Any]) -> dict[str, list[str]]:
    """The form that asks for what was told of a command, secrets left out."""
    known = {field.name: field for field in fields_of(kind) if field.kind not in {"secret", "long"}}
    return {
        name: _written(known[name], value)
        for name, value in told.items()
        if name in known and value is not None
    }


def _read(field: Field, form: Form) -> Any:
    given = form.get(field.name, [])
    first = given[0].strip() if given else ""
    match field.kind:
        case "choices":
            return given or None
        case "list":
            return [one for one in first.replace(",", " ").split() if one] or None
        case "flag":
            return first == "true"
        case "json":
            return _json(field.name, first) if first else None
        case "secret" | "long":
            return Secret(given[0]) if first else None
        case _:
            return first or None


def _json(name: str, text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise Refused(Reason.INVALID_REQUEST, name) from None


def _written(field: Field, value: Any) -> list[str]:
    match field.kind:
        case "choices":
            return [str(one) for one in value]
        case "list":
            return [" ".join(value)]
        case "flag":
            return ["true"] if value else []
        case "json":
            return [json.dumps(value)]
        case _:
            return [str(value)]


def _field(name: str, hint: Any, *, required: bool) -> Field:
    if get_origin(hint) in {Union, UnionType}:
        (hint,) = (one for one in get_args(hint) if one is not type(None))
    if get_origin(hint) is tuple:
        options = _options(get_args(hint)[0])
        return Field(name, "choices" if options else "list", required, options)
    if options := _options(hint):
        return Field(name, "choice", required, options)
    if hint is bool:
        return Field(name, "flag", required)
    if hint is Secret:
        return Field(name, "long" if name == "content" else "secret", required)
    return Field(name, "text" if hint is str else "json", required)


def _options(hint: Any) -> tuple[str, ...]:
    if get_origin(hint) is Literal:
        return get_args(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return tuple(one.value for one in hint)
    return ()


def _hidden(kind: type, value: object) -> object:
    if kind is Secret and isinstance(value, Secret):
        return value
    raise msgspec.ValidationError("Expected `str`")
