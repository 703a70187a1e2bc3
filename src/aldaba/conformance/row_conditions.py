"""The conditions that answer a documented row alike on many operations."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx

from aldaba.conformance.check import Play
from aldaba.conformance.envelope import Keys, fresh_keys
from aldaba.conformance.judging import refused
from aldaba.conformance.letters import right, writing
from aldaba.conformance.stage import Stage

Row = tuple[str, int, str]
Condition = Callable[[Stage], httpx.Response]


def answers(row: Row, condition: Condition, location: str | None = None) -> tuple[Row, Play]:
    """The row with a play that brings the condition about and judges the answer."""

    def play(stage: Stage) -> None:
        refused(stage, condition(stage), *row, location=location)

    return row, play


def without_token(operation: str, code: str = "unAuthorized") -> tuple[Row, Play]:
    def condition(stage: Stage) -> httpx.Response:
        front, letter = right(stage, operation)
        return front.send(letter.without("Authorization"))

    return answers((operation, 401, code), condition, "Authorization")


def from_another_country(operation: str) -> tuple[Row, Play]:
    row = operation, 403, "accessNotConfigured"

    def play(stage: Stage) -> None:
        front, letter = right(stage, operation)
        header = letter.operation.header("countryCode")
        answer = front.send(letter.with_headers({"countryCode": "US"}))
        refused(stage, answer, *row, location=header.name if header else "countryCode")

    return row, play


def away(operation: str, part: str = "database") -> tuple[Row, Play]:
    """Its own store, its keys, the vendor, the provider are away."""

    def condition(stage: Stage) -> httpx.Response:
        stage.tools()
        front, letter = right(stage, operation)
        stage.fault(part)
        answer = front.send(letter)
        stage.fault(part, "ok")
        return answer

    return answers((operation, 500, "serverUnavailable"), condition)


def with_body(operation: str, location: str, **changes: Any) -> tuple[Row, Play]:
    """One field of the body is not what the page asks for; None leaves it out."""

    def condition(stage: Stage) -> httpx.Response:
        front, letter = right(stage, operation)
        body = {k: v for k, v in (letter.body | changes).items() if v is not None}
        return front.send(letter.with_body(body))

    return answers((operation, 400, "invalidRequest"), condition, location)


def with_header(operation: str, location: str, value: str) -> tuple[Row, Play]:
    def condition(stage: Stage) -> httpx.Response:
        front, letter = right(stage, operation)
        return front.send(letter.with_headers({location: value}))

    return answers((operation, 400, "invalidRequest"), condition, location)


def undecryptable(operation: str, location: str) -> tuple[Row, Play]:
    """Sealed for another request."""

    def condition(stage: Stage) -> httpx.Response:
        return sealed_for_another(stage, operation)

    return answers((operation, 400, "cannotDecryptData"), condition, location)


def sealed_for_another(stage: Stage, operation: str) -> httpx.Response:
    ready = writing(stage, operation)
    front = ready.front
    if front.keys is not None and front.keys.portal:
        # In this profile a value belongs to its session's keys, not to a request.
        own, front.keys = front.keys, Keys(fresh_keys("portal"), list(front.keys.randoms))
        letter = ready.letter()
        front.keys = own
        return front.send(letter)
    return front.send(ready.letter().with_body(ready.letter().body))


def rows(*pairs: tuple[Row, Play]) -> Mapping[Row, Play]:
    return dict(pairs)
