"""Reads request headers as the contract demands: presence, one value, form, defaults, language."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from aldaba.contract import Contract, Language, Operation

RawHeaders: TypeAlias = Sequence[tuple[bytes, bytes]]

# RFC 9562: of the versions 1 to 8, or the Nil and the Max UUID, which have none.
_UUID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    r"|0{8}(?:-0{4}){3}-0{12}|f{8}(?:-f{4}){3}-f{12}",
    re.IGNORECASE,
)
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_TYPE = r"[!#$%&'+.^_`|~0-9A-Za-z-]+"
_QUOTED = r'"(?:[^"\\\x00-\x1F\x7F]|\\[ -~])*"'
_PARAMETERS = rf"(?:[ \t]*;[ \t]*{_TOKEN}=(?:{_TOKEN}|{_QUOTED}))*"
# The bare star is no media range of RFC 9110, but what Java's own HTTP client sends by default.
_RANGE = rf"(?:\*/\*|\*|{_TYPE}/(?:\*|{_TYPE})){_PARAMETERS}"
_WEIGHT = r"[ \t]*;[ \t]*[qQ]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)"
_LANGUAGE = re.compile(rf"(\*|[A-Za-z]{{1,8}}(?:-[A-Za-z0-9]{{1,8}})*)(?:{_WEIGHT})?")
_COMMA = re.compile(r"[ \t]*,[ \t]*")
_LONGEST_LIST = 256

# The documented spelling wherever an operation does not print its own; the order is that of the checks.
_NAMES = (
    *("client_id", "Authorization", "uuid", "sid", "channelId", "countryCode", "businessCode"),
    *("Accept-Language", "Accept", "Content-Type", "Content-Encoding"),
)
_SINGLE = frozenset(
    {"client_id", "authorization", "uuid", "sid", "channelid", "countrycode", "businesscode", "content-type"}
)
_OTHER_CLIENT_ID = b"x-ibm-client-id"
_RAW_NAMES = {name.lower().encode(): name.lower() for name in _NAMES}
# Who may leave these out depends on the session, the application step or the body, not on this reader.
_NOT_DEMANDED = frozenset(
    {"sid", "channelid", "client_id", "authorization", "content-type", "x-ibm-client-id"}
)


def _whole(pattern: str) -> Callable[[str], object]:
    return re.compile(pattern, re.ASCII).fullmatch


_media_ranges = _whole(rf"{_RANGE}(?:[ \t]*,[ \t]*{_RANGE})*")


def _is_accept(value: str) -> bool:
    return len(value) <= _LONGEST_LIST and _media_ranges(value) is not None


def _is_accept_language(value: str) -> bool:
    return _preferred(value) is not None


_FORMS: dict[str, Callable[[str], object]] = {
    "client_id": _whole(r"[!-~]{1,256}"),
    "authorization": _whole(r"[!-~]+(?: +[!-~]+)?"),
    "uuid": _UUID.fullmatch,
    "sid": _whole(r"[A-Za-z0-9_-]{1,128}"),
    "channelid": _whole(r"[A-Za-z0-9_-]{1,32}"),
    "countrycode": _whole(r"[A-Z]{2}"),
    "businesscode": _whole(r"[A-Za-z0-9]{3}"),
    "accept": _is_accept,
    "accept-language": _is_accept_language,
    "content-type": _whole(r"(?i:application/json(?:[ \t]*;[ \t]*charset=(?:utf-8|\"utf-8\"))?)"),
    "content-encoding": _whole(r"(?i:identity)"),
}


class BadHeader(Exception):
    """A header is missing or malformed; `location` is its documented name."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


@dataclass(frozen=True, slots=True)
class Headers:
    """What a request's headers say, defaults filled in."""

    client_id: str | None
    authorization: str | None
    uuid: str | None
    sid: str | None
    channel_id: str | None
    country_code: str | None
    business_code: str | None
    language: Language
    accept: str | None


class HeaderReader:
    """Reads the headers of one operation's requests."""

    def __init__(self, _: Contract, operation: Operation) -> None:
        printed = {header.name.lower(): header for header in operation.headers}
        self._spelling = {name.lower(): name for name in _NAMES} | {key: h.name for key, h in printed.items()}
        self._defaults = {key: h.default for key, h in printed.items() if h.default is not None}
        self._demanded = tuple(
            key for key, h in printed.items() if h.required and not h.default and key not in _NOT_DEMANDED
        )
        self._demands_type = "content-type" in printed and "content-type" not in self._defaults

    def read(self, headers: RawHeaders, *, has_body: bool) -> Headers:
        """The headers of one request; `BadHeader` with the first one that is missing or malformed."""
        found = self._found(headers)
        if not has_body:
            found.pop("content-type", None)
        for name, value in found.items():
            if not _FORMS[name](value):
                raise BadHeader(self._spelling[name])
        self._refuse_missing(found, has_body=has_body)
        return self._filled(found)

    def _found(self, headers: RawHeaders) -> dict[str, str]:
        found: dict[str, str] = {}
        other_client_id: str | None = None
        for raw_name, raw_value in headers:
            lowered = raw_name.lower()
            name = _RAW_NAMES.get(lowered)
            if name is not None:
                self._take(found, name, raw_value)
            elif lowered == _OTHER_CLIENT_ID:
                value = self._ascii("client_id", raw_value)
                if other_client_id is not None:
                    raise BadHeader("client_id")
                other_client_id = value
        # Two names for one thing: a request that says two different things names no application at all.
        if other_client_id is not None and found.setdefault("client_id", other_client_id) != other_client_id:
            raise BadHeader("client_id")
        return found

    def _take(self, found: dict[str, str], name: str, raw_value: bytes) -> None:
        value = self._ascii(name, raw_value)
        if name not in found:
            found[name] = value
        elif name in _SINGLE:
            raise BadHeader(self._spelling[name])
        else:
            found[name] = f"{found[name]}, {value}"

    def _ascii(self, name: str, raw_value: bytes) -> str:
        try:
            return raw_value.decode("ascii")
        except UnicodeDecodeError as trouble:
            raise BadHeader(self._spelling[name]) from trouble

    def _refuse_missing(self, found: dict[str, str], *, has_body: bool) -> None:
        for name in self._demanded:
            if name not in found:
                raise BadHeader(self._spelling[name])
        if has_body and self._demands_type and "content-type" not in found:
            raise BadHeader(self._spelling["content-type"])

    def _filled(self, found: dict[str, str]) -> Headers:
        uuid = found.get("uuid")
        return Headers(
            client_id=found.get("client_id"),
            authorization=found.get("authorization"),
            uuid=uuid and uuid.lower(),
            sid=found.get("sid"),
            channel_id=found.get("channelid"),
            country_code=found.get("countrycode", self._defaults.get("countrycode")),
            business_code=found.get("businesscode", self._defaults.get("businesscode")),
            language=_preferred(found.get("accept-language", "es")) or "es",
            accept=found.get("accept"),
        )


def uuid_or_none(headers: RawHeaders) -> str | None:
    """The request's uuid in lower case where it is one and well formed; such a one may be echoed."""
    sent = _values(headers, b"uuid")
    return sent[0].lower() if len(sent) == 1 and _UUID.fullmatch(sent[0]) else None


def language_of(headers: RawHeaders) -> Language:
    """The language to answer in, whatever the headers look like."""
    return _preferred(", ".join(_values(headers, b"accept-language"))) or "es"


def claimed_application(headers: RawHeaders) -> tuple[str | None, str | None]:
    """The client id and Authorization a request claims; no client id where absent or contradictory.

    A repeated Authorization is told as one value, which is nobody's token: sent twice is not left out.
    """
    client_ids = [*_values(headers, b"client_id"), *_values(headers, _OTHER_CLIENT_ID)]
    authorizations = _values(headers, b"authorization")
    client_id = client_ids[0] if len(set(client_ids)) == 1 and _FORMS["client_id"](client_ids[0]) else None
    return client_id, ", ".join(authorizations) if authorizations else None


def _values(headers: RawHeaders, name: bytes) -> list[str]:
    return [value.decode("latin-1") for sent, value in headers if sent.lower() == name]


@lru_cache(maxsize=256)
def _preferred(value: str) -> Language | None:
    """Spanish or English by the caller's preference, Spanish where it has none; `None` if malformed."""
    if len(value) > _LONGEST_LIST:
        return None
    weights: dict[str, float] = {}
    for element in _COMMA.split(value):
        match = _LANGUAGE.fullmatch(element)
        if match is None:
            return None
        language, weight = match[1].lower().partition("-")[0], float(match[2] or 1)
        weights[language] = max(weight, weights.get(language, 0.0))
    return _weighed(weights)


def _weighed(weights: dict[str, float]) -> Language:
    others = weights.get("*", 0.0)
    spanish, english = weights.get("es", others), weights.get("en", others)
    if english != spanish:
        return "en" if english > spanish else "es"
    # Equal weights: the one named first, and Spanish where no name decides.
    named = next((language for language in weights if language in {"es", "en"}), "es")
    return "en" if named == "en" and english > 0 else "es"
