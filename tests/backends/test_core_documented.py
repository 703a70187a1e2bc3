"""docs/backends.md is what the stub answers and what the adapters read, exchange by exchange."""

import json
import os
import re
from dataclasses import fields
from typing import Any

import pytest
from tests.backends.core_stub import Asked, Core
from tests.house.tree import ROOT

from aldaba.backends.core_records import read_customer
from aldaba.backends.risk_http import told
from aldaba.crypto.keyring import KeyName, Keyring
from aldaba.domain.policy import RiskPolicy
from aldaba.service.notices import ATTEMPTS
from aldaba.service.risk_ports import RiskQuestion

PAGE = (ROOT / "docs" / "backends.md").read_text("utf-8")
RING = Keyring.generate(KeyName, os.urandom, now_id="k1")

Exchange = tuple[Asked, int, dict[str, Any] | None]


def exchanges() -> list[Exchange]:
    found = []
    for fence in re.findall(r"^```http\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        request, answer = fence.split("\n\n")
        (line, _, sent), (status, _, said) = request.partition("\n"), answer.partition("\n")
        method, path = line.split(" ")
        asked = Asked(method, path, {}, json.loads(sent) if sent.strip() else None)
        found.append((asked, int(status), json.loads(said) if said.strip() else None))
    return found


EXCHANGES = exchanges()


@pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda each: f"{each[0].method}-{each[0].path}")
def test_the_stub_answers_what_the_page_says(exchange: Exchange) -> None:
    asked, status, said = exchange
    assert Core().answer(asked) == (status, said)


def test_every_call_is_on_the_page() -> None:
    paths = {(asked.method, re.sub(r"\d+", "N", asked.path)) for asked, _, _ in EXCHANGES}
    assert paths == {
        ("GET", "/customers/N"),
        ("POST", "/customers/by-card"),
        ("POST", "/sessions/ended"),
        ("POST", "/cards/verify-pin"),
        ("POST", "/assessments"),
    }


def test_every_documented_customer_can_be_read() -> None:
    answers = [said for asked, status, said in EXCHANGES if "customers" in asked.path and status == 200]
    read = [read_customer(said or {}, RING) for said in answers]
    assert [customer.customer_id for customer in read] == ["15000010", "15000022"]


def test_the_page_tells_every_member_of_a_question_to_the_risk_engine() -> None:
    (documented,) = [asked.body or {} for asked, _, _ in EXCHANGES if asked.path == "/assessments"]
    question = RiskQuestion("1", "MBK", "pin", False, False, None, None, None)
    assert set(told(question)) <= set(documented)


def test_the_page_tells_the_points_and_the_attempts_there_are() -> None:
    rules = RiskPolicy()
    for name in ("compromised", "emulator", "new_device", "changed_sim"):
        assert f"| {getattr(rules, name)} |" in PAGE
    assert f"| {rules.step_up_at}, {rules.deny_at} |" in PAGE
    assert len(fields(rules)) == 6
    assert f"after {ATTEMPTS} attempts" in PAGE


def test_the_stub_knows_no_path_that_is_not_documented() -> None:
    assert Core().answer(Asked("GET", "/health", {}, None)) == (404, None)
