"""A customer nobody knows is answered like a known one, so that nobody can ask who banks here."""

import secrets
from collections.abc import Iterator
from typing import Any

import httpx

from aldaba.conformance import steps
from aldaba.conformance.check import Check, Play
from aldaba.conformance.front import Front, json_of, succeeded
from aldaba.conformance.judging import expect
from aldaba.conformance.letters import HARD
from aldaba.conformance.stage import Stage
from aldaba.conformance.verdicts import Broken, Family, NotProvoked
from aldaba.contract import Contract

# What is random or the request's own in any answer.
_VOLATILE = frozenset({"uuid", "timestamp"})
_NEXT, _DRAWS = "nextLoginActionCode", 40
_IDENTIFYING = ("prelogin_v1", "prelogin_v2", "validate_credentials")


def checks(_: Contract) -> Iterator[Check]:
    for operation in _IDENTIFYING:
        yield Check(
            operation, Family.UNIFORMITY, "an unknown customer's answer has the same form", _form(operation)
        )
        yield Check(
            operation, Family.UNIFORMITY, "an unknown customer's answer stays the same", _stable(operation)
        )
    plays = {
        ("login", "a wrong password, known or unknown"): _login,
        ("login", "five wrong passwords lock, known or unknown"): _lock,
        ("validate_card", "a wrong NIP, known or unknown"): _card,
        ("validate_mobile_phone", "a wrong phone, known or unknown"): _phone,
        ("send_otp", "before anything is proved, known or unknown"): _send,
    }
    for (operation, name), play in plays.items():
        yield Check(operation, Family.UNIFORMITY, name, play)


def _unknown() -> str:
    """A number of eight digits that a test bank gives to nobody."""
    return f"99{secrets.randbelow(1_000_000):06d}"


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shape(member) for name, member in sorted(value.items())}
    return type(value).__name__


def _names(answer: httpx.Response) -> list[str]:
    return sorted(name for name in answer.headers if name not in {"date", "content-length"})


def _form(operation: str) -> Play:
    def play(stage: Stage) -> None:
        known = succeeded(steps.identify(stage.front(), stage.cast.number(HARD), operation))
        unknown = steps.identify(stage.front(), _unknown(), operation)
        expect("status for an unknown customer", known.status_code, unknown.status_code)
        expect("form of the answer", _shape(known.json()), _shape(json_of(unknown)))
        expect("headers of the answer", _names(known), _names(unknown))

    return play


def _stable(operation: str) -> Play:
    def play(stage: Stage) -> None:
        customer = _unknown()
        told = [json_of(steps.identify(stage.front(), customer, operation)) for _ in range(2)]
        for body in told:
            body.pop("encryptedLoginId", None)
        expect("the second answer about the same number", told[0], told[1])

    return play


def _same(one: httpx.Response, other: httpx.Response) -> None:
    """Status, body and headers agree but for what is the request's own."""
    told = []
    for answer in (one, other):
        body = {name: value for name, value in json_of(answer).items() if name not in _VOLATILE}
        told.append((answer.status_code, body, _names(answer)))
    if told[0] != told[1]:
        raise Broken(f"a known customer is answered {told[0]}, an unknown one {told[1]}")


def _both(stage: Stage, operation: str) -> tuple[tuple[Front, str], tuple[Front, str]]:
    person = stage.cast.play(HARD, 1)
    stranger = _alike(stage, steps.number(person))
    ours, theirs = stage.front(), stage.front()
    succeeded(steps.identify(ours, steps.number(person), operation))
    succeeded(steps.identify(theirs, stranger, operation))
    return (ours, steps.number(person)), (theirs, stranger)


def _alike(stage: Stage, known: str) -> str:
    """An unknown number that is shown the same next step: one that has no password yet goes another way."""
    shown = json_of(succeeded(steps.identify(stage.front(), known, "prelogin_v1")))[_NEXT]
    for _ in range(_DRAWS):
        stranger = _unknown()
        if json_of(steps.identify(stage.front(), stranger, "prelogin_v1")).get(_NEXT) == shown:
            return stranger
    raise NotProvoked(f"none of {_DRAWS} unknown numbers is shown the next step {shown}")


def _login(stage: Stage) -> None:
    person = stage.cast.play(HARD, 1)
    (ours, known), (theirs, unknown) = _both(stage, "prelogin_v1")
    answer = steps.log_in(ours, known, steps.WRONG_PASSWORD)
    _same(answer, steps.log_in(theirs, unknown, steps.WRONG_PASSWORD))
    succeeded(steps.log_in(ours, known, steps.password(person)))


def _lock(stage: Stage) -> None:
    stage.spoils("locked for a day")
    (ours, known), (theirs, unknown) = _both(stage, "prelogin_v1")
    for _ in range(6):
        answer = steps.log_in(ours, known, steps.WRONG_PASSWORD)
        _same(answer, steps.log_in(theirs, unknown, steps.WRONG_PASSWORD))
    expect("code after six wrong passwords", "8006", json_of(answer).get("code"))


def _card(stage: Stage) -> None:
    stage.spoils("with wrong NIPs counted")
    stage.morning()
    (ours, _), (theirs, _) = _both(stage, "validate_credentials")
    for _ in range(4):
        answers = [steps.give_card(front, steps.WRONG_NIP, "1230") for front in (ours, theirs)]
        _same(*answers)


def _phone(stage: Stage) -> None:
    stage.spoils("with wrong phones counted")
    (ours, _), (theirs, _) = _both(stage, "validate_credentials")
    for _ in range(4):
        _same(*(steps.give_phone(front, "5599999999") for front in (ours, theirs)))


def _send(stage: Stage) -> None:
    (ours, _), (theirs, _) = _both(stage, "validate_credentials")
    _same(steps.ask_code(ours), steps.ask_code(theirs))
