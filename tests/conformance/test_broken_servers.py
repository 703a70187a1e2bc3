"""A server that breaks the contract is told so, by the very check it breaks and by no other."""

import json
import uuid
from itertools import count
from typing import Any

import httpx
import pytest
from tests.conformance.meddling_link import Meddle, failed, judged, resent, reworded, rewritten
from tests.examples.served_bank import Served

KEY, LOGIN, STATUS, PRELOGIN = "retrieve_public_key", "login", "credentials_status", "prelogin_v1"


def code_of(answer: httpx.Response) -> str:
    return str(answer.json().get("code")) if answer.status_code >= 400 else ""


def another_code(_: httpx.Request, answer: httpx.Response, __: httpx.BaseTransport) -> httpx.Response:
    if code_of(answer) != "8007":
        return answer
    return reworded(answer, lambda body: body.update(code="badPassword"))


def another_status(_: httpx.Request, answer: httpx.Response, __: httpx.BaseTransport) -> httpx.Response:
    return rewritten(answer, answer.content, 400) if answer.status_code == 404 else answer


def another_type(_: httpx.Request, answer: httpx.Response, __: httpx.BaseTransport) -> httpx.Response:
    if code_of(answer) != "forbidden":
        return answer
    return reworded(answer, lambda body: body.update(type="invalid"))


def no_location(_: httpx.Request, answer: httpx.Response, __: httpx.BaseTransport) -> httpx.Response:
    if code_of(answer) != "badRequest" or answer.json().get("location") != "customerId":
        return answer
    return reworded(answer, lambda body: body.pop("location"))


def no_rotation(_: httpx.Request, answer: httpx.Response, __: httpx.BaseTransport) -> httpx.Response:
    return rewritten(answer, answer.content, drop=("sid",)) if answer.status_code == 200 else answer


def replay(request: httpx.Request, answer: httpx.Response, real: httpx.BaseTransport) -> httpx.Response:
    sent = request.headers.get_list("uuid")
    refused = answer.status_code == 400 and answer.json().get("location") == "uuid"
    if not refused or len(sent) != 1 or len(sent[0]) != 36:
        return answer
    return resent(request, real, uuid=str(uuid.uuid4()))


def oracle(request: httpx.Request, answer: httpx.Response, _: httpx.BaseTransport) -> httpx.Response:
    if code_of(answer) != "cannotDecryptData":
        return answer
    value = str(json.loads(request.content)["encryptedUserId"])
    step = "length" if len(value) % 2 else "mac"
    return reworded(answer, lambda body: body.update(moreInfo=f"https://bank.example/{step}"))


def page(_: httpx.Request, answer: httpx.Response, __: httpx.BaseTransport) -> httpx.Response:
    return rewritten(answer, b"<h1>Bad gateway</h1>") if answer.status_code == 500 else answer


def english_only(request: httpx.Request, answer: httpx.Response, real: httpx.BaseTransport) -> httpx.Response:
    if code_of(answer) != "resourceNotFound":
        return answer
    changed = resent(request, real, uuid=str(uuid.uuid4()), **{"Accept-Language": "en"}).json()
    return reworded(answer, lambda body: body.update(details=changed["details"]))


def kept_by_caches(_: httpx.Request, answer: httpx.Response, __: httpx.BaseTransport) -> httpx.Response:
    return rewritten(answer, answer.content, drop=("cache-control",)) if answer.status_code == 404 else answer


def no_timestamp(_: httpx.Request, answer: httpx.Response, __: httpx.BaseTransport) -> httpx.Response:
    return reworded(answer, lambda body: body.pop("timestamp")) if answer.status_code == 404 else answer


ABROAD = "header: a country or a business not granted"
AWAY = ("error: 500 serverUnavailable", "error: 500 backendError")
ONLY_ITS_OWN = {
    "another code": (LOGIN, "bound-1", another_code, {"error: 401 8007"}),
    "another type": (STATUS, "bound-1", another_type, {"error: 403 forbidden", ABROAD}),
    "another status": (STATUS, "bound-1", another_status, {"error: 404 resourceNotFound"}),
    "no location": (STATUS, "bound-1", no_location, None),
    "a page of a gateway": (
        STATUS,
        "bound-1",
        page,
        {*AWAY},
    ),
    "English to Spanish readers": (STATUS, "portal", english_only, {"error: 404 resourceNotFound"}),
    "an answer that caches keep": (STATUS, "bound-1", kept_by_caches, {"error: 404 resourceNotFound"}),
    "no timestamp": (STATUS, "bound-1", no_timestamp, {"error: 404 resourceNotFound"}),
    "a replayed uuid": (KEY, "bound-1", replay, {"header: a uuid is accepted once"}),
}


@pytest.mark.parametrize(
    ("operation", "profile", "meddle", "wanted"), ONLY_ITS_OWN.values(), ids=list(ONLY_ITS_OWN)
)
def test_what_is_broken_is_told_and_nothing_else(
    bank: Served, operation: str, profile: str, meddle: Meddle, wanted: set[str] | None
) -> None:
    found = failed(judged(bank, operation, profile, meddle))
    if wanted is None:
        assert "error: 400 badRequest" in found
        assert all(name.startswith(("error: 400", "body:")) for name in found)
    else:
        assert found == wanted


def test_a_login_that_keeps_its_sid_is_told(bank: Served) -> None:
    found = failed(judged(bank, LOGIN, "bound-1", no_rotation))
    assert "session: a login gives the session a new sid" in found


def test_an_oracle_is_told(bank: Served) -> None:
    found = failed(judged(bank, PRELOGIN, "bound-1", oracle))
    assert found == {"decryption: encryptedUserId: one answer to every flaw"}


def test_an_answer_that_tells_who_banks_here_is_told(bank: Served) -> None:
    turns = count()

    def telling(_: httpx.Request, answer: httpx.Response, __: httpx.BaseTransport) -> httpx.Response:
        if answer.status_code != 200 or next(turns) % 2:
            return answer
        return reworded(answer, lambda body: body.pop("nextLoginActionDescription"))

    found = failed(judged(bank, PRELOGIN, "bound-1", telling))
    assert "uniformity: an unknown customer's answer has the same form" in found
    assert "uniformity: an unknown customer's answer stays the same" in found


def test_a_swapped_public_key_is_told(bank: Served) -> None:
    def swapped(_: httpx.Request, answer: httpx.Response, __: httpx.BaseTransport) -> httpx.Response:
        def other(body: dict[str, Any]) -> None:
            if "modulus" in body:
                body["modulus"] = "AB" * 255 + "01"

        return reworded(answer, other)

    assert "vector: the key is signed by the pinned root key" in failed(judged(bank, KEY, "bound-1", swapped))


def test_no_server_random_is_told(bank: Served) -> None:
    def silent(_: httpx.Request, answer: httpx.Response, __: httpx.BaseTransport) -> httpx.Response:
        return rewritten(answer, answer.content, drop=("eventid",))

    found = failed(judged(bank, "validate_card", "portal", silent))
    assert "success: 204" in found
