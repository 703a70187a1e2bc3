"""The vectors of the end-to-end encryption, first against this kit's own side, then against the server."""

import json
from collections.abc import Iterator
from importlib import resources
from typing import Any

from aldaba.conformance import steps
from aldaba.conformance.check import Check, Play
from aldaba.conformance.envelope import Keys, offer
from aldaba.conformance.front import Front, succeeded
from aldaba.conformance.judging import expect
from aldaba.conformance.letters import HARD
from aldaba.conformance.stage import Stage
from aldaba.conformance.trust import signed_by
from aldaba.conformance.verdicts import Broken, Family, NotProvoked
from aldaba.contract import Contract
from aldaba.crypto import envelope
from aldaba.crypto.envelope import Binding, CannotDecrypt, Profile, Rendering, SessionKeys

BOUND_PARTS = ("direction", "path", "sid", "uuid", "field")


def vectors() -> dict[str, Any]:
    """The published vectors."""
    text = resources.files("aldaba.conformance").joinpath("vectors.json").read_text("utf-8")
    told: dict[str, Any] = json.loads(text)
    return told


def checks(_: Contract) -> Iterator[Check]:
    plays: dict[tuple[str, str], Play] = {
        ("exchange_keys", "this kit seals and opens as the vectors say"): _own_side,
        ("exchange_keys", "the server takes the vectors' keys and check digits"): _exchanged,
        ("retrieve_public_key", "the key is signed by the pinned root key"): _signed,
        ("prelogin_v1", "HEX in upper case"): _rendered("upper"),
        ("prelogin_v1", "HEX in lower case"): _rendered("lower"),
        ("prelogin_v1", "Base64 with a dot"): _rendered("dot"),
        ("prelogin_v1", "a uuid in upper case is bound in lower case"): _upper_uuid,
        ("prelogin_v1", "bound-1: sealed for another path, field, direction or sid"): _other_binding,
        ("prelogin_v1", "portal: a server random is spent once"): _spent_once,
        ("prelogin_v1", "portal: values may be sealed with the newest four server randoms"): _window,
        ("login", "portal: the kind of secret is bound in"): _other_kind,
    }
    for (operation, name), play in plays.items():
        # A name that begins with a profile is tried in that one.
        profile = next((known for known in Profile if name.startswith(f"{known}:")), None)
        yield Check(operation, Family.VECTOR, name, play, profile)


def _keys_of(told: dict[str, Any], profile: str) -> SessionKeys:
    ek, iv, hk = (bytes.fromhex(told[name]) for name in ("ek", "iv", "hk"))
    return SessionKeys(ek, iv, hk, Profile(profile))


def _own_side(stage: Stage) -> None:
    told = vectors()
    keys = _keys_of(told, stage.profile)
    for known in told[stage.profile]["accepted"]:
        for name, rendering in (("hex", Rendering.HEX), ("dot", Rendering.DOT)):
            if keys.profile is Profile.PORTAL:
                made = envelope.seal_portal(
                    keys, known["text"], known["kind"], known["cr"], known["sr"], rendering
                )
            else:
                binding = Binding(*(known[part] for part in BOUND_PARTS))
                fresh = bytes.fromhex(known["freshIv"])
                made = envelope.seal_bound(keys, known["text"], binding, fresh, rendering)
            expect(f"vector for {known['field']} in {name}", known[name], made)
    for flawed in told[stage.profile]["refused"]:
        _refuses(keys, flawed)


def _refuses(keys: SessionKeys, flawed: dict[str, Any]) -> None:
    try:
        if keys.profile is Profile.PORTAL:
            kind = flawed.get("kind", "c")
            envelope.open_portal(keys, flawed["value"], kind, (flawed["sr"],))
        else:
            envelope.open_bound(keys, flawed["value"], Binding(*(flawed[part] for part in BOUND_PARTS)))
    except CannotDecrypt:
        return
    raise Broken(f"this kit opens what the vectors refuse: {flawed['why']}")


def _exchanged(stage: Stage) -> None:
    told = vectors()
    session = _keys_of(told, stage.profile)
    front = stage.signed_in()
    body = offer(front.fetch_key(), session)
    expect("encKeyCheckDigit", told["encKeyCheckDigit"], body["encKeyCheckDigit"])
    expect("hmacKeyCheckDigit", told["hmacKeyCheckDigit"], body["hmacKeyCheckDigit"])
    front.keys = Keys(session)
    succeeded(front.call("exchange_keys", body))
    succeeded(steps.identify(front, stage.cast.number(HARD)))


def _signed(stage: Stage) -> None:
    if not stage.root_keys:
        raise NotProvoked("no root key is pinned (--root-key)")
    signed_by(stage.root_keys, stage.signed_in().fetch_key(), stage.now())


def _rendered(form: str) -> Play:
    def play(stage: Stage) -> None:
        front = stage.front()
        headers = front.headers()
        rendering = Rendering.DOT if form == "dot" else Rendering.HEX
        value = front.seal(
            headers, "prelogin_v1", "encryptedUserId", stage.cast.number(HARD), rendering=rendering
        )
        value = value.lower() if form == "lower" else value
        expect("status", 200, front.call("prelogin_v1", {"encryptedUserId": value}, headers).status_code)

    return play


def _upper_uuid(stage: Stage) -> None:
    front = stage.front()
    headers = front.headers()
    body = front.sealed(headers, "prelogin_v1", encryptedUserId=stage.cast.number(HARD))
    shouted = headers | {"uuid": headers["uuid"].upper()}
    expect("status", 200, front.call("prelogin_v1", body, shouted).status_code)


def _undecrypted(front: Front, value: str, headers: dict[str, str]) -> None:
    answer = front.call("prelogin_v1", {"encryptedUserId": value}, headers)
    expect("status and code", (400, "cannotDecryptData"), (answer.status_code, answer.json().get("code")))


def _other_binding(stage: Stage) -> None:
    front = stage.front()
    customer = stage.cast.number(HARD)
    for operation, field, direction, sid in (
        ("prelogin_v2", "encryptedUserId", "request", None),
        ("prelogin_v1", "encryptedLoginId", "request", None),
        ("prelogin_v1", "encryptedUserId", "response", None),
        ("prelogin_v1", "encryptedUserId", "request", "A" * 43),
    ):
        headers = front.headers()
        bound = headers if sid is None else headers | {"sid": sid}
        binding = front.binding(operation, bound, field, direction)
        _undecrypted(front, _keys(front).seal(customer, binding, "c"), headers)


def _keys(front: Front) -> Keys:
    if front.keys is None:
        raise Broken("keys were to be exchanged by now")
    return front.keys


def _spent_once(stage: Stage) -> None:
    front = stage.front()
    keys = _keys(front)
    headers = front.headers()
    customer = stage.cast.number(HARD)
    body = front.sealed(headers, "prelogin_v1", encryptedUserId=customer)
    spent = keys.spent[1]
    succeeded(front.call("prelogin_v1", body, headers))
    again = front.headers()
    keys.randoms.append(spent)
    _undecrypted(front, front.seal(again, "prelogin_v1", "encryptedUserId", customer), again)


def _window(stage: Stage) -> None:
    front = stage.front()
    keys = _keys(front)
    for _ in range(3):
        front.fetch_key()
    handed = keys.randoms[-4:]
    for random in handed:
        keys.randoms = [random]
        expect("status", 200, steps.identify(front, stage.cast.number(HARD)).status_code)
        if len(keys.randoms) != 1:
            raise Broken("expected one server random with each answer")


def _other_kind(stage: Stage) -> None:
    person = stage.cast.play(HARD)
    front = steps.identified(stage, person)
    headers = front.headers()
    given = steps.credentials(front, headers, steps.number(person), steps.password(person)) | {
        "credentialType": 1
    }
    answer = front.call("login", {"customerCredentials": given}, headers)
    expect("status and code", (400, "cannotDecryptData"), (answer.status_code, answer.json().get("code")))
