"""The odd facts of the pages, each as this contract reads it."""

from collections.abc import Iterator, Mapping
from typing import Any

from aldaba.conformance import steps
from aldaba.conformance.cast import card
from aldaba.conformance.check import Check, Play
from aldaba.conformance.front import json_of, new_uuid, succeeded
from aldaba.conformance.judging import done, expect, refused
from aldaba.conformance.letters import HARD, LOCKED, right
from aldaba.conformance.stage import Stage
from aldaba.conformance.verdicts import Broken, Family
from aldaba.contract import Contract, Operation, Schema

ALL = "every operation"


def checks(contract: Contract) -> Iterator[Check]:
    for operation in contract.operations.values():
        for path, odd, meant in _aliases(contract, operation.request, ()):
            name = f"{'.'.join((*path, odd))} is read as {meant}"
            yield Check(operation.id, Family.QUIRK, name, _alias(operation, path, odd, meant))
        if operation.request is None:
            yield Check(
                operation.id, Family.QUIRK, "no Content-Type needed without a body", _bodyless(operation)
            )
    for (operation_id, name), play in _PLAYS.items():
        yield Check(operation_id, Family.QUIRK, name, play)


def _aliases(
    contract: Contract, schema: Schema | None, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    if schema is None:
        return
    for odd, meant in schema.aliases.items():
        yield path, odd, meant
    for prop in schema.properties.values():
        if prop.ref is not None:
            yield from _aliases(contract, contract.schemas[prop.ref], (*path, prop.name))


def _alias(operation: Operation, path: tuple[str, ...], odd: str, meant: str) -> Play:
    def play(stage: Stage) -> None:
        front, letter = right(stage, operation.id)
        answer = front.send(letter.with_body(_renamed(letter.body, path, odd, meant)))
        done(stage, front, letter, answer)

    return play


def _renamed(body: Any, path: tuple[str, ...], odd: str, meant: str) -> Any:
    if path:
        return body | {path[0]: _renamed(body[path[0]], path[1:], odd, meant)}
    return {odd if name == meant else name: value for name, value in body.items()}


def _bodyless(operation: Operation) -> Play:
    def play(stage: Stage) -> None:
        front, letter = right(stage, operation.id)
        done(stage, front, letter, front.send(letter.without("Content-Type")))

    return play


def _header_case(stage: Stage) -> None:
    front, letter = right(stage, "retrieve_public_key")
    shouted = [(name.upper(), value) for name, value in letter.headers.items()]
    expect("status", 200, front.send(letter, lines=shouted).status_code)


def _other_client_id(stage: Stage) -> None:
    front, letter = right(stage, "credentials_status")
    named = letter.without("client_id").with_headers({"X-IBM-Client-Id": front.application.client_id})
    expect("status", 200, front.send(named).status_code)
    torn = letter.with_headers({"X-IBM-Client-Id": "somebody-else", "uuid": new_uuid()})
    refused(stage, front.send(torn), "credentials_status", 401, "unAuthorized")


def _unlock_without_token(stage: Stage) -> None:
    stage.spoils("unlocked")
    customer = stage.cast.number(LOCKED)
    front = stage.front()
    headers = front.headers()
    del headers["Authorization"]
    named = front.sealed(headers, "unlock_access", encryptedCustomerId=customer)
    body = {"jwtToken": stage.tools().vendor_jwt(customer), "customer": named}
    expect("status", 204, front.call("unlock_access", body, headers).status_code)


def _languages(stage: Stage) -> None:
    said = {}
    for language in ("es", "en", "en-US,en;q=0.9,es;q=0.8", None):
        front = stage.signed_in()
        headers = front.headers() | {"uuid": "not-a-uuid"}
        if language is None:
            del headers["Accept-Language"]
        else:
            headers["Accept-Language"] = language
        said[language] = json_of(front.call("retrieve_public_key", headers=headers))["details"]
    row = stage.contract.row("retrieve_public_key", 400, "invalidRequest")
    english, spanish = stage.contract.details(row, "en"), stage.contract.details(row, "es")
    expect("details by language", [spanish, english, english, spanish], list(said.values()))


def _malformed_uuid(stage: Stage) -> None:
    front = stage.signed_in()
    answer = front.call("retrieve_public_key", headers=front.headers() | {"uuid": "<script>"})
    if "uuid" in json_of(answer):
        raise Broken("a malformed uuid is echoed")


def _unknown_fields(stage: Stage) -> None:
    front, letter = right(stage, "credentials_status")
    expect("status", 200, front.send(letter.with_body(letter.body | {"newer": {"a": [1]}})).status_code)


def _any_case(stage: Stage) -> None:
    front, letter = right(stage, "set_credentials")
    body = letter.body | {"credentialStatus": "AcPwd"}
    expect("status", 204, front.send(letter.with_body(body)).status_code)


def _card_number(stage: Stage) -> None:
    person = stage.cast.play(HARD)
    by_card = json_of(succeeded(steps.identify(stage.front(), card(person)["number"])))
    by_number = json_of(succeeded(steps.identify(stage.front(), steps.number(person))))
    expect("ccsId by card and by number", by_number["ccsId"], by_card["ccsId"])


def _otp_in_clear(stage: Stage) -> None:
    front, letter = right(stage, "validate_challenge")
    body = letter.body
    shown = stage.tools().token_response(stage.cast.number(HARD), body["challengeQuestion"])
    answer = front.send(letter.with_body(body | {"oneTimePasswordToken": shown}))
    done(stage, front, letter, answer)


def _sealed_ccs_id(stage: Stage) -> None:
    front, letter = right(stage, "send_otp")
    sealed = front.seal(letter.headers, "send_otp", "ccsId", front.ccs_id)
    expect("status", 204, front.send(letter.with_body(letter.body | {"ccsId": sealed})).status_code)


def _phone_with_country(stage: Stage) -> None:
    front, letter = right(stage, "validate_mobile_phone")
    body = letter.body | {"phoneNumber": f"+52{letter.body['phoneNumber']}"}
    expect("status", 200, front.send(letter.with_body(body)).status_code)


def _no_such_path(stage: Stage) -> None:
    front = stage.signed_in()
    answer = front.link.send(
        "POST", "/api/v1/x-global/security/nowhere", list(front.headers().items()), b"{}"
    )
    expect("status and code", (404, "resourceNotFound"), (answer.status_code, json_of(answer).get("code")))


def _other_method(stage: Stage) -> None:
    front, letter = right(stage, "login")
    answer = front.link.send("DELETE", letter.operation.path, list(letter.headers.items()))
    expect("status and Allow", (405, "POST"), (answer.status_code, answer.headers.get("allow")))


_PLAYS: Mapping[tuple[str, str], Play] = {
    (ALL, "header names in any case"): _header_case,
    (ALL, "X-IBM-Client-Id for client_id, and no contradiction"): _other_client_id,
    (ALL, "Accept-Language is a list, Spanish without one"): _languages,
    (ALL, "a malformed uuid is not echoed"): _malformed_uuid,
    (ALL, "fields nobody knows are ignored"): _unknown_fields,
    (ALL, "an unknown path"): _no_such_path,
    ("login", "another method, told by Allow"): _other_method,
    ("unlock_access", "no Authorization needed, the MAC proves the application"): _unlock_without_token,
    ("set_credentials", "credentialStatus in any case"): _any_case,
    ("prelogin_v1", "a card number names its customer"): _card_number,
    ("validate_challenge", "oneTimePasswordToken in clear"): _otp_in_clear,
    ("send_otp", "ccsId sealed"): _sealed_ccs_id,
    ("validate_mobile_phone", "phoneNumber with its country"): _phone_with_country,
}
