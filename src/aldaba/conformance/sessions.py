"""What a session handle is worth: it is opened, rotated, ended, bound to its application, and grows old."""

import secrets
from collections.abc import Iterator

from aldaba.conformance import steps
from aldaba.conformance.check import Check, Play
from aldaba.conformance.front import succeeded
from aldaba.conformance.judging import expect, refused
from aldaba.conformance.letters import HARD, right
from aldaba.conformance.stage import Stage
from aldaba.conformance.verdicts import Broken, Family
from aldaba.contract import Contract, Operation, SessionNeed

_NO_NEED = frozenset({SessionNeed.NONE, SessionNeed.OPENS})


def checks(contract: Contract) -> Iterator[Check]:
    for operation in contract.operations.values():
        if operation.session is not SessionNeed.NONE:
            yield Check(operation.id, Family.SESSION, "a sid nobody was given", _unknown(operation))
        if operation.session not in _NO_NEED:
            yield Check(operation.id, Family.SESSION, "without a sid", _absent(operation))
        if operation.session is SessionNeed.AUTHENTICATED:
            yield Check(operation.id, Family.SESSION, "a session without a login", _unproved(operation))
    yield from _lone_checks()


def _lone_checks() -> Iterator[Check]:
    plays = {
        ("retrieve_public_key", "a first call opens a session"): _opened,
        ("retrieve_public_key", "the same key throughout a session"): _same_key,
        ("prelogin_v1", "the channel is the session's where none is sent"): _channel_kept,
        ("prelogin_v1", "another channel than the session's"): _channel_changed,
        ("login", "a login gives the session a new sid"): _rotated,
        ("login", "the keys carry over into the new sid"): _keys_carried,
        ("login", "the old sid is worth nothing"): _old_sid,
        ("login", "a wrong password rotates nothing"): _not_rotated,
        ("prelogin_v1", "no identification in an authenticated session"): _identified_again,
        ("logout", "the sid is worth nothing afterwards"): _ended,
        ("retrieve_public_key", "another application's sid"): _foreign,
        ("retrieve_challenge", "a session left idle"): _idle,
        ("validate_card", "a second identification forgets what was proved"): _forgotten,
    }
    for (operation, name), play in plays.items():
        yield Check(operation, Family.SESSION, name, play)


def _told(operation: Operation) -> tuple[int, str]:
    """Status and code for a sid that names no session good enough."""
    if operation.id == "logout":
        # Its page prints no 401.
        return 400, "invalidRequest"
    return 401, "SessionTimeout" if operation.row(401, "SessionTimeout") else "unAuthorized"


def _unknown(operation: Operation) -> Play:
    def play(stage: Stage) -> None:
        front, letter = right(stage, operation.id)
        answer = front.send(letter.with_headers({"sid": secrets.token_urlsafe(32)}))
        refused(stage, answer, operation.id, *_told(operation), location="sid")

    return play


def _absent(operation: Operation) -> Play:
    def play(stage: Stage) -> None:
        front, letter = right(stage, operation.id)
        answer = front.send(letter.without("sid"))
        status, code = _told(operation)
        # Without a handle nothing can have timed out.
        code = code if code != "SessionTimeout" else "unAuthorized"
        refused(stage, answer, operation.id, status, code, location="sid")

    return play


def _unproved(operation: Operation) -> Play:
    def play(stage: Stage) -> None:
        _, letter = right(stage, operation.id)
        other = steps.identified(stage, stage.cast.play(HARD))
        answer = other.send(letter.with_headers({"sid": other.sid or ""}))
        status, code = _told(operation)
        code = code if code != "SessionTimeout" else "InvalidCredentials"
        refused(stage, answer, operation.id, status, code, location="sid")

    return play


def _opened(stage: Stage) -> None:
    front = stage.signed_in()
    answer = succeeded(front.call("retrieve_public_key"))
    if len(answer.headers.get("sid", "")) < 22:
        raise Broken(f"expected a sid of at least 128 random bits, found {answer.headers.get('sid')!r}")


def _same_key(stage: Stage) -> None:
    front = stage.signed_in()
    expect("public key", front.fetch_key(), front.fetch_key())


def _channel_kept(stage: Stage) -> None:
    front, letter = right(stage, "prelogin_v1")
    expect("status", 200, front.send(letter.without("channelId")).status_code)


def _channel_changed(stage: Stage) -> None:
    front, letter = right(stage, "prelogin_v1")
    answer = front.send(letter.with_headers({"channelId": "WEB" if stage.channel != "WEB" else "MOVIL"}))
    if answer.is_success:
        raise Broken("expected a refusal, found the session of another channel served")


def _rotated(stage: Stage) -> None:
    front, letter = right(stage, "login")
    before = front.sid
    answer = succeeded(front.send(letter))
    if answer.headers.get("sid") in {None, before}:
        raise Broken("expected a new sid in the answer of the login, found the old one or none")


def _keys_carried(stage: Stage) -> None:
    front = steps.entered(stage, stage.cast.play(HARD))
    stage.spoils("with a wrong response counted")
    asked = steps.question(front)
    headers = front.headers()
    sealed = front.sealed(headers, "validate_challenge", oneTimePasswordToken=steps.WRONG_CODE)
    answer = front.call("validate_challenge", {"challengeQuestion": asked} | sealed, headers)
    refused(stage, answer, "validate_challenge", 401, "authenticationFailed")


def _old_sid(stage: Stage) -> None:
    front, letter = right(stage, "login")
    before = str(front.sid)
    succeeded(front.send(letter))
    old = front.letter("retrieve_challenge").with_headers({"sid": before})
    refused(stage, front.send(old, keep=False), "retrieve_challenge", 401, "unAuthorized", location="sid")


def _not_rotated(stage: Stage) -> None:
    person = stage.cast.play(HARD)
    front = steps.identified(stage, person)
    before = front.sid
    answer = steps.log_in(front, steps.number(person), steps.WRONG_PASSWORD)
    expect("code", "6666", answer.json().get("code"))
    if answer.headers.get("sid", before) != before:
        raise Broken("a refused login gave the session a new sid")
    succeeded(steps.log_in(front, steps.number(person), steps.password(person)))


def _identified_again(stage: Stage) -> None:
    person = stage.cast.play(HARD)
    answer = steps.identify(steps.entered(stage, person), steps.number(person))
    refused(stage, answer, "prelogin_v1", 422, "businessValidationFailed", location="sid")


def _ended(stage: Stage) -> None:
    front = steps.entered(stage, stage.cast.play(HARD))
    succeeded(front.call("logout"))
    answer = front.call("retrieve_challenge")
    refused(stage, answer, "retrieve_challenge", 401, "unAuthorized", location="sid")


def _foreign(stage: Stage) -> None:
    theirs = stage.signed_in("documented")
    ours = stage.signed_in()
    ours.fetch_key()
    answer = theirs.send(theirs.letter("retrieve_public_key").with_headers({"sid": str(ours.sid)}))
    refused(stage, answer, "retrieve_public_key", 401, "unAuthorized", location="sid")


def _idle(stage: Stage) -> None:
    front = steps.entered(stage, stage.cast.play(HARD))
    stage.advance("PT6M")
    answer = front.call("retrieve_challenge")
    front.inside = False
    refused(stage, answer, "retrieve_challenge", 401, "unAuthorized", location="sid")


def _forgotten(stage: Stage) -> None:
    person = stage.cast.play(HARD)
    front = steps.proved(stage, person)
    succeeded(steps.identify(front, steps.number(person), "validate_credentials"))
    answer = steps.ask_code(front)
    refused(stage, answer, "send_otp", 401, "credentialValidtionFailed")
