"""How a gateway that takes messages by HTTP is spoken to, written down as data.

A template's texts hold placeholders: ``{to}``, ``{text}``, ``{otp}``, ``{from}``, ``{language}``, and of the
account ``{user}``, ``{secret}``, ``{basic}`` (the two as RFC 7617 wants them). A placeholder may name a form:
``{to:bare}`` leaves the plus sign out, ``{otp:spelled}`` says digit by digit, ``{text:xml}`` fits into XML.
Only whole values are filled, once, and encoded afterwards as JSON or a form; no value is read as a template.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

import msgspec

from aldaba.backends.delivery.provider import MAX_ID_LENGTH, Language

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""A value as JSON has it; its texts may hold placeholders."""

Place = tuple[str | int, ...]
"""The way to a value inside an answer: names of members and places in lists."""

_PLACEHOLDER = re.compile(r"\{([a-z]+)(?::([a-z]+))?\}")
_ACCOUNT = frozenset({"user", "secret", "basic"})
_MESSAGE = frozenset({"to", "text", "otp", "from", "language"})
_IN_PATH = frozenset({"to", "from", "user", "language"})
"""A path is what gateways and their proxies write into logs first; no code goes there."""

_FORMS: Mapping[str | None, Callable[[str], str]] = {
    None: str,
    "bare": lambda number: number.removeprefix("+"),
    "spelled": ", ".join,
    "xml": lambda text: escape(text, {'"': "&quot;"}),
}


@dataclass(frozen=True, slots=True)
class Sign:
    """Something in an answer: all that is given must be there.

    ``values`` are compared as text with what stands ``at`` a place of a JSON answer; ``starts`` is how a
    plain answer begins.
    """

    status: int | None = None
    at: Place = ()
    values: frozenset[str] = frozenset()
    starts: str = ""

    def shows(self, answer: "Answer") -> bool:
        return (
            (self.status is None or self.status == answer.status)
            and (not self.values or answer.at(self.at) in self.values)
            and answer.text.startswith(self.starts)
        )


@dataclass(frozen=True, slots=True)
class HttpTemplate:
    """One gateway's dialect. ``throttled`` is looked for first, then ``refused``, then ``accepted``."""

    path: str
    method: Literal["POST", "PUT", "GET"] = "POST"
    headers: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    encoding: Literal["json", "form"] = "json"
    body: dict[str, Any] = field(default_factory=dict)
    languages: dict[Language, str] = field(default_factory=lambda: {"es": "es-MX", "en": "en-US"})
    accepted: frozenset[int] = frozenset({200, 201, 202})
    id_at: Place = ()
    id_pattern: str = ""
    refused: tuple[Sign, ...] = ()
    throttled: tuple[Sign, ...] = (Sign(status=429),)

    def __post_init__(self) -> None:
        _allow(self.path, _IN_PATH)
        for value in self.headers.values():
            _allow(value, _ACCOUNT)
        for value in (*self.query.values(), *_texts(self.body)):
            _allow(value, _MESSAGE | _ACCOUNT)
        if self.encoding == "form" and not all(isinstance(value, str) for value in self.body.values()):
            raise ValueError("a form's values are texts")
        if set(self.languages) != set(get_args(Language)):
            raise ValueError(f"a template names the gateway's word for each of {get_args(Language)}")
        if bool(self.id_at) == bool(self.id_pattern):
            raise ValueError("a template says where the id is: either `id_at` or `id_pattern`")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a gateway said: its status, its body as text and, where it is JSON, as a value."""

    status: int
    text: str = field(repr=False)
    value: Json = field(repr=False)

    @classmethod
    def read(cls, status: int, body: bytes) -> "Answer":
        text = body.decode("utf-8", "replace").strip()
        try:
            return cls(status, text, msgspec.json.decode(body))
        except msgspec.DecodeError:
            return cls(status, text, None)

    def at(self, place: Place) -> str | None:
        """The text or whole number at a place, as text; None where there is none."""
        value = self.value
        for step in place:
            match value, step:
                case dict(), str():
                    value = value.get(step)
                case list(), int() if -len(value) <= step < len(value):
                    value = value[step]
                case _:
                    return None
        return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None


def template_from_json(text: bytes) -> HttpTemplate:
    """A bank's own template from its file. Raises ``ValueError`` naming what is wrong in it."""
    try:
        return msgspec.json.decode(text, type=HttpTemplate)
    except msgspec.DecodeError as trouble:
        raise ValueError(f"template: {trouble}") from None


def found_id(template: HttpTemplate, answer: Answer) -> str | None:
    """What the gateway calls the message; None where there is nothing an id could look like."""
    if template.id_at:
        found = answer.at(template.id_at)
    else:
        matched = re.match(template.id_pattern, answer.text)
        found = matched.group(1) if matched else None
    if found is None or not 0 < len(found) <= MAX_ID_LENGTH or not found.isprintable() or " " in found:
        return None
    return found


def basic(user: str, secret: str) -> str:
    """User and password of the Basic scheme (RFC 7617)."""
    return base64.b64encode(f"{user}:{secret}".encode()).decode("ascii")


def fill(text: str, values: Mapping[str, str], encode: Callable[[str], str] = str) -> str:
    """The text with every placeholder replaced by its encoded value, in one pass."""
    return _PLACEHOLDER.sub(lambda found: encode(_FORMS[found[2]](values[found[1]])), text)


def fill_path(path: str, values: Mapping[str, str]) -> str:
    return fill(path, values, lambda value: quote(value, safe=""))


def encode_query(query: Mapping[str, str], values: Mapping[str, str]) -> str:
    return urlencode({name: fill(value, values) for name, value in query.items()}, errors="replace")


def encode_body(template: HttpTemplate, values: Mapping[str, str]) -> tuple[str, bytes]:
    """Media type and bytes of a request's body."""
    filled = {name: _filled(value, values) for name, value in template.body.items()}
    if template.encoding == "json":
        return "application/json", json.dumps(filled).encode("ascii")
    return "application/x-www-form-urlencoded", urlencode(filled, errors="replace").encode("ascii")


def _filled(value: Json, values: Mapping[str, str]) -> Json:
    match value:
        case str():
            return fill(value, values)
        case list():
            return [_filled(entry, values) for entry in value]
        case dict():
            return {name: _filled(entry, values) for name, entry in value.items()}
        case _:
            return value


def _texts(value: Json) -> list[str]:
    match value:
        case str():
            return [value]
        case list():
            return [text for entry in value for text in _texts(entry)]
        case dict():
            return [text for entry in value.values() for text in _texts(entry)]
        case _:
            return []


def _allow(text: str, names: frozenset[str]) -> None:
    for name, form in _PLACEHOLDER.findall(text):
        if name not in names or (form or None) not in _FORMS:
            raise ValueError(f"a template may not say {{{name}{form and ':' + form}}} there")
