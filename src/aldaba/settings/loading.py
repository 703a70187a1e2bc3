"""Loading: sources merged by rank, every value checked on its own, defaults filled in, origins kept."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError

from aldaba.domain.policy import CLASSIC, MODERN, RuleSet
from aldaba.settings.mistakes import SettingsError
from aldaba.settings.ranges import FORMS, RANGES
from aldaba.settings.shape import SECRETS, Mode, Settings, flat, shown, types_of
from aldaba.settings.sources import (
    Given,
    from_command_line,
    from_environment,
    from_file,
    with_secrets_read,
)

T = TypeVar("T")

_NO_VALUE = object()

ALIASES: Mapping[str, str] = {
    "policy.enumeration": "policy.decoy.enumeration",
    "vendor.unlock_grants": "policy.vendor.unlock_grants",
}
"""Second names of settings, each as good as the first."""
NO_OVERRIDES: Mapping[str, str] = MappingProxyType({})


def load(
    path: Path | None, environ: Mapping[str, str], *, overrides: Mapping[str, str] = NO_OVERRIDES
) -> Settings:
    """The settings of file, environment and command line, later ones first. Raises ``SettingsError``."""
    sources = (from_file(path), from_environment(environ), from_command_line(overrides))
    given = {name: one for source in map(_by_first_names, sources) for name, one in source.items()}
    types = dict(types_of(Settings))
    given = with_secrets_read(_known(given, types), SECRETS)
    values = {name: _checked(name, one, types[name]) for name, one in given.items()}
    origins = {name: given[name].origin if name in given else "default" for name in types}
    complete = _with_defaults(values)
    _check_together(complete, origins)
    return _built(Settings, "", {**complete, "origins": MappingProxyType(origins)})


def _by_first_names(source: Mapping[str, Given]) -> dict[str, Given]:
    """Second names taken back to the first; who wins between sources must not hang on the name used."""
    for second, first in ALIASES.items():
        if second in source and first in source:
            cure = f"Leave one of them out ({source[second].origin}, {source[first].origin})."
            raise SettingsError(first, f"both {first} and {second}", "one of them", cure)
    return {ALIASES.get(name, name): one for name, one in source.items()}


def _known(given: dict[str, Given], types: Mapping[str, Any]) -> dict[str, Given]:
    allowed = {*types, *ALIASES, *(f"{name}_file" for name in SECRETS)}
    for name, one in given.items():
        if name not in allowed:
            near = get_close_matches(name, sorted(allowed), n=1, cutoff=0.5)
            cure = f"Did you mean {near[0]}?" if near else "`aldaba config show` lists the known ones."
            raise SettingsError(name, f"an unknown setting in {one.origin}", "a known setting", cure)
    return given


def _checked(name: str, given: Given, hint: Any) -> Any:
    value = _split(given.value, hint)
    if value == "" and type(None) in get_args(hint):
        return None
    try:
        # Python counts True as 1; nobody who writes `port = true` means port 1.
        misplaced = isinstance(value, bool) and hint is not bool
        checked = _adapter(name).validate_python(_NO_VALUE if misplaced else value)
    except ValidationError as error:
        raise _mistake(name, given, _expected(name, error)) from None
    if name in FORMS and checked is not None:
        fits, expected = FORMS[name]
        if not fits(checked):
            raise _mistake(name, given, expected)
    low, high = RANGES.get(name, (0, 0))
    if name in RANGES and checked is not None and not low <= checked <= high:
        raise _mistake(name, given, f"a number from {low} to {high}")
    return checked


def _split(value: Any, hint: Any) -> Any:
    if get_origin(hint) is not tuple or not isinstance(value, str):
        return value
    return [entry.strip() for entry in value.split(",") if entry.strip()]


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(dict(types_of(Settings))[name])


def _expected(name: str, error: ValidationError) -> str:
    if name in RANGES:
        return "a number from {} to {}".format(*RANGES[name])
    if name in FORMS:
        return FORMS[name][1]
    return error.errors()[0]["msg"].removeprefix("Input should be ")


def _mistake(name: str, given: Given, expected: str) -> SettingsError:
    found = "a value that is not shown" if name in SECRETS else repr(given.value)
    return SettingsError(name, found, expected, f"Correct or remove it in {given.origin}.")


def _with_defaults(values: Mapping[str, Any]) -> dict[str, Any]:
    base = MODERN if values.get("policy.rules") is RuleSet.MODERN else CLASSIC
    complete = _plain_defaults(Settings, "") | {f"policy.{name}": value for name, value in flat(base)}
    complete |= values
    for name, derive in DERIVED.items():
        if complete.get(name) is None:
            complete[name] = derive(complete)
    return complete


def _plain_defaults(section: type, prefix: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    hints = get_type_hints(section)
    for entry in fields(section):
        hint = hints[entry.name]
        if isinstance(hint, type) and is_dataclass(hint) and entry.name != "policy":
            found |= _plain_defaults(hint, f"{prefix}{entry.name}.")
        elif entry.default is not MISSING:
            found[f"{prefix}{entry.name}"] = entry.default
    return found


def _public_url(values: Mapping[str, Any]) -> str:
    scheme = "http" if values["server.tls_cert"] is None else "https"
    return _address(scheme, values["server.host"], values["server.port"])


def _address(scheme: str, host: str, port: int) -> str:
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - listening everywhere is no address to be reached at
        host = "127.0.0.1"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


DERIVED: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "database.url": lambda values: f"sqlite:///{values['data']}/aldaba.sqlite3",
    "keys.file": lambda values: values["data"] / "keyring.json",
    "server.public_url": _public_url,
    "oauth.issuer": lambda values: values["server.public_url"],
    # Port 0 asks the system for a free one; so does the admin port then.
    "admin.port": lambda values: values["server.port"] and min(values["server.port"] + 1, 65_535),
    # A sandbox has no balancer that must be told first.
    "server.drain_seconds": lambda values: 0.0 if values["mode"] is Mode.SANDBOX else 2.0,
    "admin.public_url": lambda values: _address("http", values["admin.host"], values["admin.port"]),
    "e2e.profiles": lambda values: ("bound-1", "portal") if values["mode"] is Mode.SANDBOX else ("bound-1",),
}
"""Defaults that follow from other settings, in the order they need each other."""


def _check_together(values: Mapping[str, Any], origins: Mapping[str, str]) -> None:
    shortest, longest = values["policy.password.min_length"], values["policy.password.max_length"]
    if shortest > longest:
        _refuse_pair(values, origins, "policy.password.min_length", f"at most max_length ({longest})")
    if (values["server.tls_cert"] is None) != (values["server.tls_key"] is None):
        given = "tls_cert" if values["server.tls_key"] is None else "tls_key"
        _refuse_pair(values, origins, f"server.{given}", "server.tls_cert and server.tls_key together")
    for section, on in (("directory", "core"), ("cards", "core"), ("risk", "http")):
        chosen = values["risk.engine" if section == "risk" else f"{section}.kind"]
        if chosen == on and values[f"{section}.base_url"] is None:
            _refuse_pair(values, origins, f"{section}.base_url", f"the backend's address, as it is {on}")
    if values["server.port"] and values["server.port"] == values["admin.port"]:
        _refuse_pair(values, origins, "admin.port", "another port than server.port")


def _refuse_pair(values: Mapping[str, Any], origins: Mapping[str, str], name: str, expected: str) -> None:
    found = f"{shown(name, values[name])!r} ({origins[name]})"
    raise SettingsError(name, found, expected, "Change one of the two.")


def _built(section: type[T], prefix: str, values: Mapping[str, Any]) -> T:
    hints = get_type_hints(section)
    members: dict[str, Any] = {}
    for entry in fields(section):  # type: ignore[arg-type]  # every section is a dataclass
        hint = hints[entry.name]
        if isinstance(hint, type) and is_dataclass(hint):
            members[entry.name] = _built(hint, f"{prefix}{entry.name}.", values)
        else:
            members[entry.name] = values[f"{prefix}{entry.name}"]
    return section(**members)
