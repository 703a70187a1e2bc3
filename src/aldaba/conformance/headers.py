"""Headers as each page prints them: demanded, defaulted, well formed, one value each."""

from collections.abc import Iterator

import httpx

from aldaba.conformance.check import Check, Play
from aldaba.conformance.front import new_uuid
from aldaba.conformance.judging import done, refused
from aldaba.conformance.letters import right
from aldaba.conformance.stage import Stage
from aldaba.conformance.verdicts import Family
from aldaba.contract import Contract, Header, Operation

MALFORMED = {
    "uuid": "not-a-uuid",
    "sid": "no sid of ours",
    "channelid": "?",
    "countrycode": "mexico",
    "businesscode": "?",
    "accept-language": "!!",
    "accept": "json",
    "content-type": "text/plain",
}
_SINGLE = ("uuid", "channelId", "countryCode", "businessCode")
# Who may leave these out is told by the session, the application or the body.
_CONDITIONAL = frozenset(
    {"sid", "channelid", "client_id", "authorization", "content-type", "x-ibm-client-id"}
)


def checks(contract: Contract) -> Iterator[Check]:
    for operation in contract.operations.values():
        yield Check(operation.id, Family.HEADER, "demanded headers", _demanded(operation))
        yield Check(operation.id, Family.HEADER, "malformed headers", _malformed(operation))
        yield Check(operation.id, Family.HEADER, "a header sent twice", _twice(operation))
        if any(header.default is not None for header in operation.headers):
            yield Check(operation.id, Family.HEADER, "defaults for what is left out", _defaults(operation))
        yield Check(operation.id, Family.HEADER, "a country or a business not granted", _closed(operation))


def _is_demanded(header: Header) -> bool:
    return header.required and header.default is None and header.name.lower() not in _CONDITIONAL


def _demanded(operation: Operation) -> Play:
    def play(stage: Stage) -> None:
        front, letter = right(stage, operation.id)
        for header in filter(_is_demanded, operation.headers):
            answer = front.send(letter.without(header.name))
            refused(stage, answer, operation.id, 400, "invalidRequest", location=header.name)

    return play


def _malformed(operation: Operation) -> Play:
    """Each in its turn; the uuid is fresh each time, so that only this header is wrong."""

    def play(stage: Stage) -> None:
        front, letter = right(stage, operation.id)
        for name, value in MALFORMED.items():
            header = operation.header(name)
            if header is None or (name == "content-type" and letter.body is None):
                continue
            answer = front.send(letter.with_headers({"uuid": new_uuid()} | {header.name: value}))
            _refused_in_its_language(stage, name, answer, operation, header.name)

    return play


def _refused_in_its_language(
    stage: Stage, name: str, answer: httpx.Response, operation: Operation, location: str
) -> None:
    """A broken Accept-Language is answered in the default language."""
    spoken = stage.language
    try:
        stage.language = "es" if name == "accept-language" else spoken
        refused(stage, answer, operation.id, 400, "invalidRequest", location=location)
    finally:
        stage.language = spoken


def _twice(operation: Operation) -> Play:
    def play(stage: Stage) -> None:
        front, letter = right(stage, operation.id)
        for name in _SINGLE:
            header = operation.header(name)
            if header is None:
                continue
            sent = letter.with_headers({"uuid": new_uuid()}).headers
            value = next(value for key, value in sent.items() if key.lower() == name.lower())
            answer = front.send(letter, lines=[*sent.items(), (header.name, value)])
            refused(stage, answer, operation.id, 400, "invalidRequest", location=header.name)

    return play


def _defaults(operation: Operation) -> Play:
    def play(stage: Stage) -> None:
        spare = [header.name for header in operation.headers if header.default is not None]
        front, letter = right(stage, operation.id)
        answer = front.send(letter.without(*spare))
        done(stage, front, letter, answer)

    return play


def _closed(operation: Operation) -> Play:
    def play(stage: Stage) -> None:
        front, letter = right(stage, operation.id)
        code = operation.called.get("accessNotConfigured", "accessNotConfigured")
        for name, value in (("countryCode", "US"), ("businessCode", "XYZ")):
            header = operation.header(name)
            if header is None:
                continue
            answer = front.send(letter.with_headers({"uuid": new_uuid(), header.name: value}))
            refused(stage, answer, operation.id, 403, code, location=header.name)

    return play
