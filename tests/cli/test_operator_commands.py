"""Operators from the command line to the first sign-in; and what one person alone does raises an alarm."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from tests.admin.operated import API, PASSWORD, seed_in
from tests.databases import BOTH, database_settings

from aldaba.cli.main import main
from aldaba.crypto.totp import step_of, totp
from aldaba.service.audit import AuditQuery
from aldaba.settings import load
from aldaba.wiring import House, open_house, real_time

T = TypeVar("T")
CHEAP = "[policy.hash]\nmemory_kib = 8\npasses = 1\n[policy.e2e]\nrsa_bits = 2048\n"


class Bank:
    """A bank in a folder, its commands and its operators' listener."""

    def __init__(
        self, folder: Path, mode: str, capsys: pytest.CaptureFixture[str], url: str | None = None
    ) -> None:
        self._capsys = capsys
        self.config = folder / "bank.toml"
        database = "" if url is None else f"[database]\nurl = '{url}'\nconnections = 4\n"
        self.config.write_text(
            f"mode = '{mode}'\ndata = '{folder / 'var'}'\n{CHEAP}{database}", encoding="utf-8"
        )
        self.run("init")

    def run(self, *words: str, code: int = 0) -> str:
        found = main([*words, "--config", str(self.config)])
        printed = self._capsys.readouterr()
        assert found == code, printed
        return printed.out + printed.err

    def json(self, *words: str) -> Any:
        return json.loads(self.run(*words, "--json"))

    def inside(self, work: Callable[[House], Awaitable[T]]) -> T:
        async def visit() -> T:
            async with open_house(load(self.config, {})) as house:
                return await work(house)

        return asyncio.run(visit())

    def events(self, kind: str) -> list[Any]:
        async def work(house: House) -> list[Any]:
            query = AuditQuery(type=kind)
            return [entry.event for entry in await house.store.read(lambda act: act.audit.search(query, 99))]

        return self.inside(work)


@pytest.fixture(params=BOTH)
def bank(
    request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Bank]:
    with database_settings(request.param, request) as settings:
        yield Bank(tmp_path, "production", capsys, settings.get("database.url"))


def http_of(house: House) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(house.admin), base_url="http://127.0.0.1:8081")


def test_the_first_operator_comes_by_a_link_and_signs_in(bank: Bank) -> None:
    invited = bank.json("operators", "invite", "ana", "--role", "security-officer", "--role", "administrator")
    assert invited["link"].startswith("http://127.0.0.1:8081/admin/invitation/")
    assert bank.json("operators", "list")[0]["state"] == "invited"
    token = invited["link"].rpartition("/")[2]

    async def first_visit(house: House) -> int:
        http = http_of(house)
        shown = (await http.post(f"{API}/invitations/open", json={"token": token})).json()
        assert shown["roles"] == ["administrator", "security-officer"]
        seed, now = seed_in(shown["uri"]), step_of(real_time().timestamp())
        body = {"token": token, "password": PASSWORD, "code": totp(seed, now)}
        accepted = await http.post(f"{API}/invitations/accept", json=body)
        assert accepted.status_code == 200, accepted.text
        sign_in = {"name": "ana", "password": PASSWORD, "code": accepted.json()["recovery_codes"][0]}
        opened = await http.post(f"{API}/sessions", json=sign_in)
        headers = {"Authorization": f"Bearer {opened.json()['token']}"}
        policy = (await http.get(f"{API}/policy", headers=headers)).json()["values"]
        origins = {value["name"]: value["origin"] for value in policy}
        assert origins["policy.hash.passes"].startswith("file ")
        assert origins["policy.pin.length"] == "default"
        return opened.status_code

    assert bank.inside(first_visit) == 201
    assert "ana  enabled  administrator, security-officer" in bank.run("operators", "list")


def test_roles_are_given_and_an_operator_disabled_enabled_and_reset(bank: Bank) -> None:
    bank.run("operators", "invite", "ana", "--role", "fraud")
    assert bank.json("operators", "roles", "ana", "--role", "auditor")["roles"] == ["auditor"]
    assert bank.json("operators", "disable", "ana", "--reason", "left")["state"] == "disabled"
    assert bank.json("operators", "enable", "ana")["state"] == "invited"
    assert "/admin/invitation/" in bank.run("operators", "reset-second-factor", "ana")
    assert "no operator of that name" in bank.run("operators", "disable", "eva", code=1)
    bank.run("operators", "invite", "Ana", "--role", "fraud", code=1)
    bank.run("operators", "invite", "eva", "--role", "king", code=2)
    bank.run("operators", "invite", "eva", code=2)


def test_what_takes_four_eyes_raises_an_alarm_in_production(bank: Bank, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens.csv"
    tokens.write_text(f"HT-1,hard,OCRA-1:HOTP-SHA256-8:QN08,{'31' * 20}\n", encoding="utf-8")
    bank.run("operators", "invite", "ana", "--role", "fraud")
    bank.run("applications", "create", "app")
    bank.run("applications", "rotate-secret", "app")
    bank.run("applications", "register-keys", "app")
    bank.run("keys", "rotate", "signing")
    bank.run("tokens", "import", str(tokens))
    bank.run("applications", "disable", "app")
    alarms = bank.events("glass:broken")
    assert [event.payload.act for event in reversed(alarms)] == [
        "operator.invite",
        "application.create",
        "application.rotate-secret",
        "application.register-keys",
        "key.rotate",
        "token.import",
    ]
    assert all(event.actor.startswith("cli:") and event.payload.severity == "alarm" for event in alarms)


def test_only_a_preventive_lock_makes_an_unlock_an_alarm(bank: Bank, tmp_path: Path) -> None:
    customers = tmp_path / "customers.jsonl"
    line = {"customerId": "15000010", "name": "ANA LUZ", "customerType": 1551}
    customers.write_text(json.dumps(line) + "\n", encoding="utf-8")
    bank.run("customers", "import", str(customers))
    for kind, alarms in (("S", 0), ("I", 1)):
        bank.run("customers", "lock", "15000010", "--kind", kind, "--reason", "why")
        bank.run("customers", "unlock", "15000010", "--reason", "why")
        assert len(bank.events("glass:broken")) == alarms


def test_a_sandbox_is_for_trying(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bank = Bank(tmp_path, "sandbox", capsys)
    bank.run("operators", "invite", "ana", "--role", "fraud")
    bank.run("keys", "rotate", "signing")
    assert bank.events("glass:broken") == []
    assert len(bank.events("operator:changed")) == 1
