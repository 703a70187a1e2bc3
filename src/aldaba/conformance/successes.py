"""Every operation succeeds, and the same request a second time does not: a uuid is accepted once."""

from collections.abc import Iterator

from aldaba.conformance import steps
from aldaba.conformance.check import Check, Play
from aldaba.conformance.front import json_of
from aldaba.conformance.judging import done, expect, refused
from aldaba.conformance.letters import ASSIGNED, HARD, LOCKED, SOFT, right
from aldaba.conformance.rows_login import biometric
from aldaba.conformance.stage import Stage
from aldaba.conformance.verdicts import Family
from aldaba.contract import Contract


def checks(contract: Contract) -> Iterator[Check]:
    for operation in contract.operations.values():
        yield Check(operation.id, Family.SUCCESS, f"{operation.success}", _succeeds(operation.id))
        yield Check(operation.id, Family.HEADER, "a uuid is accepted once", _once(operation.id))
    yield Check("login", Family.SUCCESS, "with a PIN", _by_pin)
    yield Check("login", Family.SUCCESS, "with a biometric token", _by_phone)
    yield Check("login", Family.SUCCESS, "credentialStatus NEW after a temporary PIN", _first_login)
    for part, code in _NEXT.items():
        yield Check("prelogin_v1", Family.SUCCESS, f"next action {code}: {part}", _next_action(part, code))


def _succeeds(operation: str) -> Play:
    def play(stage: Stage) -> None:
        front, letter = right(stage, operation)
        done(stage, front, letter, front.send(letter))

    return play


def _once(operation: str) -> Play:
    def play(stage: Stage) -> None:
        front, letter = right(stage, operation)
        first = front.send(letter)
        expect("status of the first use", letter.operation.success, first.status_code)
        again = front.send(letter)
        refused(stage, again, operation, 400, "invalidRequest", location="uuid")

    return play


def _by_pin(stage: Stage) -> None:
    person = stage.cast.play(HARD)
    front = steps.identified(stage, person)
    answer = steps.log_in(front, steps.number(person), str(person["access"]["pin"]), "pin")
    expect("status", 200, answer.status_code)


def _by_phone(stage: Stage) -> None:
    person = stage.cast.play(HARD)
    answer = biometric(stage, steps.identified(stage, person), person, person)
    expect("status", 200, answer.status_code)


def _first_login(stage: Stage) -> None:
    person = stage.cast.play("first login")
    front = steps.identified(stage, person)
    answer = steps.log_in(front, steps.number(person), str(person["access"]["temporaryPin"]), "pin")
    expect("status", 200, answer.status_code)
    expect("credentialStatus", "NEW", json_of(answer).get("credentialStatus"))


_NEXT = {
    "without electronic banking": 0,
    HARD: 1,
    "PIN only": 2,
    "first login": 3,
    LOCKED: 4,
    "on the black list": 5,
    SOFT: 1,
    ASSIGNED: 1,
}


def _next_action(part: str, code: int) -> Play:
    def play(stage: Stage) -> None:
        answer = steps.identify(stage.front(), stage.cast.number(part))
        expect("status", 200, answer.status_code)
        expect("nextLoginActionCode", code, json_of(answer).get("nextLoginActionCode"))

    return play
