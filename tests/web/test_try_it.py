"""The page *Try it*, played by a browser against a real server, in both profiles."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.examples.served_bank import Served
from tests.web.browsing import browse

from aldaba.portal.flows import flows

PROFILES = pytest.mark.parametrize("profile", ["bound-1", "portal"])


@pytest.fixture(autouse=True)
def as_new(bank: Served) -> Iterator[None]:
    httpx.post(f"{bank.url}/sandbox/reset").raise_for_status()
    yield
    httpx.post(f"{bank.url}/sandbox/reset").raise_for_status()


def played(bank: Served, flow: str, profile: str, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = browse(
        "play", bank.url, **({"flow": flow, "profile": profile, "language": "en", "name": "whole"} | more)
    )
    return told


def of(told: dict[str, Any], step: str) -> dict[str, Any]:
    """The last exchange that a step shows."""
    found: dict[str, Any] = [one for one in told["exchanges"] if one["step"] == step][-1]
    return found


@PROFILES
@pytest.mark.parametrize("flow", ["login", "recovery", "challenge"])
def test_a_flow_is_played_to_its_end(bank: Served, flow: str, profile: str) -> None:
    told = played(bank, flow, profile, language="es" if profile == "portal" else "en")
    assert told["faults"] == []
    assert told["trouble"] == ""
    assert list(told["states"]) == [step.id for step in flows().flows[flow].steps]
    assert set(told["states"].values()) == {"done"}
    assert told["outcome"] == flows().said["finished"]["es" if profile == "portal" else "en"]


@PROFILES
def test_a_login_shows_what_was_sealed_beside_it(bank: Served, profile: str) -> None:
    told = played(bank, "login", profile)
    login = of(told, "login")
    assert "/security/login" in login["summary"]
    sent, came = login["wire"]
    assert "mobile20x" not in sent
    assert "sid: " in came
    assert login["clear"][0] == {"customerCredentials.encryptedCredential": "mobile20x"}
    assert "200" in login["summary"]
    prelogin = of(told, "prelogin")
    assert "15000010" not in "".join(prelogin["wire"])
    assert prelogin["clear"][0] == {"encryptedUserId": "15000010"}
    assert prelogin["clear"][1]["encryptedLoginId"] == "15000010"
    assert ("eventid: " in came) == (profile == "portal")


def test_a_wrong_password_is_shown_with_the_way_to_its_cure(bank: Served) -> None:
    told = played(bank, "login", "bound-1", fill={"secret": "wrong-one1"}, name="wrong")
    assert told["states"]["login"] == "failed"
    assert told["states"]["logout"] == ""
    assert "401 6666" in told["trouble"]
    assert of(told, "login")["clear"][0] == {"customerCredentials.encryptedCredential": "wrong-one1"}
    assert told["links"] == ["/docs/errors/login/401/6666?lang=en"]
    assert httpx.get(f"{bank.url}{told['links'][0]}").status_code == 200
    assert [fault for fault in told["faults"] if "401" not in fault] == []


def test_a_value_that_lacks_is_asked_for(bank: Served) -> None:
    told = played(bank, "login", "bound-1", fill={"secret": ""}, name="lacking")
    assert "Password or PIN" in told["trouble"]
    assert told["states"]["prelogin"] == "done"


def test_one_step_is_one_step(bank: Served) -> None:
    told = played(bank, "login", "bound-1", press="#next", name="one")
    assert list(told["states"].values()) == ["done", *[""] * 5]


def test_the_page_holds_a_token_and_no_secret(bank: Served) -> None:
    told = played(bank, "login", "bound-1", press="#next", name="token")
    (token,) = told["exchanges"]
    assert "/sandbox/access-token" in token["summary"]
    assert "client_secret" not in "".join(token["wire"])
