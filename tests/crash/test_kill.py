"""kill -9: whatever was answered is there after the restart, and no guess gets an extra look."""

import asyncio
import json
from pathlib import Path

import httpx
from tests.crash.killing import killed
from tests.crash.served import Served, served
from tests.front_end import FrontEnd
from tests.scorecard.card import Card

from aldaba.domain.lockout import Guard, LockKind
from aldaba.service.records import ccs_id_of

PASSWORD = "mobile20x"
NUMBER = "71000001"


def test_nothing_answered_is_missing_after_three_kills_in_the_middle_of_mixed_work(
    tmp_path: Path, card: Card
) -> None:
    rounds = card.either(3, 20)
    tally = asyncio.run(killed(tmp_path, rounds, seconds=0.9))
    assert tally["rounds"] == rounds
    card.tell(
        "Durability",
        "answers missing after kill -9 in the middle of mixed work",
        reach=f"0 in {rounds} rounds",
        measured=f"0 of {tally['uuids']} uuids and {tally['passwords set']} passwords",
        kept=tally["rounds"] == rounds,
    )
    # Enough to mean something; a busy machine does not get through much more.
    assert tally["uuids"] > 60
    assert tally["logouts"] > 5
    assert tally["passwords set"]


def test_attempts_left_by_a_kill_count_as_failed_and_give_no_extra_look(tmp_path: Path, card: Card) -> None:
    with served(tmp_path) as server:
        dear_customer(server)
        asyncio.run(killed_while_looking(server))
        guard = stored(server)
        assert len(guard.pending) >= 3
        charged = guard.failures + len(guard.pending)
        server.start()
        looks = asyncio.run(no_more_looks(server))
        told = "looks at a password, five guesses before a kill and two right after the restart"
        card.at_most("Durability", told, 5, charged + looks)
        assert looks <= max(0, 4 - charged)
        assert server.aldaba("audit", "verify")["intact"] is True


def dear_customer(server: Served) -> None:
    """A customer whose hash takes long to verify, so that a kill finds attempts half way."""
    line = {
        "customerId": NUMBER,
        "name": "ROSA MARTINEZ LOPEZ",
        "customerType": 1551,
        "electronicBanking": "active",
        "access": {"pin": "30203021", "password": PASSWORD},
    }
    (server.folder / "one.jsonl").write_text(json.dumps(line), "utf-8")
    dear = {"ALDABA__POLICY__HASH__MEMORY_KIB": "65536", "ALDABA__POLICY__HASH__PASSES": "4"}
    usual, server.environment = server.environment, server.environment | dear
    server.aldaba("customers", "import", "one.jsonl")
    server.environment = usual


async def identified(server: Served, http: httpx.AsyncClient) -> FrontEnd:
    front = FrontEnd(http, *server.credentials())
    await front.ready()
    assert (await front.prelogin(NUMBER)).status_code == 200
    return front


async def killed_while_looking(server: Served) -> None:
    async with httpx.AsyncClient(base_url=server.url, timeout=20) as http:
        fronts = [await identified(server, http) for _ in range(5)]
        logins = [asyncio.create_task(front.login(NUMBER, f"malo{n}clave")) for n, front in enumerate(fronts)]
        async with server.opened() as house:
            ccs_id = ccs_id_of(house.vault.keyring(), NUMBER, "")
            for _ in range(500):
                profile = house.store.read_blocking(lambda query: query.profiles.find(ccs_id))
                if profile is not None and len(profile.password.guard.pending) == 5:
                    break
                await asyncio.sleep(0.005)
        server.kill()
        answers = await asyncio.gather(*logins, return_exceptions=True)
        assert any(isinstance(answer, httpx.TransportError) for answer in answers)


def stored(server: Served) -> Guard:
    async def look() -> Guard:
        async with server.opened() as house:
            ccs_id = ccs_id_of(house.vault.keyring(), NUMBER, "")
            profile = await house.store.read(lambda query: query.profiles.find(ccs_id))
            assert profile is not None
            return profile.password.guard

    return asyncio.run(look())


async def no_more_looks(server: Served) -> int:
    """How many more wrong passwords are looked at; afterwards the account is locked for the day."""
    async with httpx.AsyncClient(base_url=server.url, timeout=20) as http:
        front = await identified(server, http)
        codes = [(await front.login(NUMBER, f"peor{n}clave")).json()["code"] for n in range(2)]
        assert (await http.post("/sandbox/clock", json={"advance": "PT11S"})).status_code == 200
        answers = [await front.login(NUMBER, secret) for secret in ("peor9clave", PASSWORD, PASSWORD)]
        assert answers[-1].json()["code"] == "8006"
    async with server.opened() as house:
        profile = await house.store.read(
            lambda query: query.profiles.find(ccs_id_of(house.vault.keyring(), NUMBER, ""))
        )
        assert profile is not None
        guard = profile.password.guard
        assert (guard.failures, guard.pending) == (5, ())
        assert guard.lock is not None
        assert guard.lock.kind is LockKind.DAY
    return codes.count("6666")
