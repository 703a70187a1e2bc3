"""Kills the server in the middle of mixed work, again and again, and looks for anything answered and lost.

Twenty rounds by hand, in a new folder under the system's temporary one::

    .venv/bin/python -m tests.crash.killing 20
"""

import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jws
from joserfc.jwk import ECKey
from tests.crash.served import Served, served
from tests.front_end import FrontEnd

from aldaba.crypto.digests import Secret
from aldaba.domain.profile import AccessProfile, guard_of
from aldaba.domain.session import Factor
from aldaba.service.arrivals import handle_of
from aldaba.service.records import ccs_id_of, open_phc
from aldaba.wiring import House

WORKERS = 8
ENOUGH_LOGOUTS, ENOUGH_SECONDS = 3, 30.0
EACH = 5
"""Customers that one worker has in one round: it goes on to the next when one is locked."""
PASSWORD, PIN = "mobile20x", "30203021"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(slots=True)
class Facts:
    """What one customer's front end was answered; ``doubt`` is the request whose answer never came."""

    number: str
    password: str = PASSWORD
    failures: Counter[Factor] = field(default_factory=Counter)
    locked: set[Factor] = field(default_factory=set)
    live: FrontEnd | None = None
    logged_in: bool = False
    doubt: tuple[str, Factor | None, str] | None = None


@dataclass(slots=True)
class Told:
    """Everything answered in one round."""

    customers: list[Facts] = field(default_factory=list)
    uuids: list[str] = field(default_factory=list)
    assertions: list[str] = field(default_factory=list)
    ended: list[FrontEnd] = field(default_factory=list)
    enough: asyncio.Event = field(default_factory=asyncio.Event)


async def killed(folder: Path, rounds: int, *, seconds: float = 1.2, seed: int = 1) -> Counter[str]:
    """So many rounds of work, kill and check; how much was answered and how much hung in the air."""
    chance, tally = random.Random(seed), Counter[str]()  # noqa: S311 - a drawn order, the same every time
    key = ECKey.import_key(ec.generate_private_key(ec.SECP256R1()))
    numbers = prepare(folder, rounds, key)
    with served(folder) as server:
        for _ in range(rounds):
            told = await one_round(server, islice(numbers, WORKERS * EACH), key, chance, seconds)
            async with server.opened() as house:
                for facts in told.customers:
                    await check_stored(house, facts, tally)
            server.start()
            await check_served(server, told, tally)
            assert server.aldaba("audit", "verify")["intact"] is True
            tally["rounds"] += 1
        assert b"Traceback" not in server.output()
    return tally


def prepare(folder: Path, rounds: int, key: ECKey) -> Iterator[str]:
    """Customers enough for every round, and an application that signs assertions."""
    server = Served(folder, ALDABA__MODE="sandbox")
    numbers = [str(70_000_000 + n) for n in range(rounds * WORKERS * EACH)]
    lines = [
        {
            "customerId": number,
            "name": "ROSA MARTINEZ LOPEZ",
            "customerType": 1551,
            "electronicBanking": "active",
            "access": {"pin": PIN, "password": PASSWORD},
        }
        for number in numbers
    ]
    (folder / "customers.jsonl").write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    public = {"kid": "k1", "alg": "ES256", **key.as_dict(private=False)}
    (folder / "public.jwk").write_text(json.dumps(public), "utf-8")
    server.aldaba("init")
    assert server.aldaba("customers", "import", "customers.jsonl")["accepted"] == len(numbers)
    server.aldaba("applications", "create", "signing", "--public-key", "public.jwk")
    return iter(numbers)


async def one_round(
    server: Served, numbers: Iterator[str], key: ECKey, chance: random.Random, seconds: float
) -> Told:
    """Work on a running server until it is killed."""
    told = Told()

    async def note(answer: httpx.Response) -> None:
        await answer.aread()
        told.uuids += [answer.request.headers["uuid"]] if "uuid" in answer.request.headers else []

    async with httpx.AsyncClient(
        base_url=server.url,
        timeout=15,
        event_hooks={"response": [note]},
        limits=httpx.Limits(max_connections=64),
    ) as http:
        token = await sign_in(http, server, key, told)
        workers = [
            asyncio.create_task(
                work(FrontEnd(http, "signing", "", token=token), list(islice(numbers, EACH)), told, chance)
            )
            for _ in range(WORKERS)
        ]
        signing = asyncio.create_task(sign_in_again_and_again(http, server, key, told))
        await asyncio.sleep(seconds * (0.6 + 0.8 * chance.random()))
        await enough(told)
        await asyncio.to_thread(server.kill)
        results = await asyncio.gather(*workers, signing, return_exceptions=True)
    for result in results:
        # A worker ends with the connection; anything else is a broken promise it has seen.
        if isinstance(result, BaseException) and not isinstance(result, httpx.TransportError):
            raise result
    return told


async def enough(told: Told) -> None:
    """On a busy machine the work takes longer until there is something to lose."""
    with suppress(TimeoutError):
        await asyncio.wait_for(told.enough.wait(), ENOUGH_SECONDS)


async def sign_in(http: httpx.AsyncClient, server: Served, key: ECKey, told: Told) -> str:
    now = int(time.time())
    claims = {
        "iss": "signing",
        "sub": "signing",
        "aud": f"{server.url}/api/v1/oauth/token",
        "iat": now,
        "exp": now + 250,
    }
    claims["jti"] = f"{time.monotonic_ns()}"
    signed = jws.serialize_compact(
        {"alg": "ES256", "kid": "k1"}, json.dumps(claims), key, algorithms=["ES256"]
    )
    answer = await http.post("/api/v1/oauth/token", data=assertion_form(signed))
    assert answer.status_code == 200, answer.text
    told.assertions.append(signed)
    token: str = answer.json()["access_token"]
    return token


def assertion_form(signed: str) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION,
        "client_assertion": signed,
    }


async def sign_in_again_and_again(http: httpx.AsyncClient, server: Served, key: ECKey, told: Told) -> None:
    while True:
        await sign_in(http, server, key, told)
        await asyncio.sleep(0.05)


async def work(front: FrontEnd, numbers: list[str], told: Told, chance: random.Random) -> None:
    """One customer after another: guesses, logins, changes of the password, logouts, without end."""
    token, serial = front.token, 0
    for number in numbers:
        facts = Facts(number)
        told.customers.append(facts)
        while len(facts.locked) < 2:
            front = FrontEnd(front.http, "signing", "", token=token)
            assert (await front.exchange()).status_code == 200
            assert (await front.prelogin(number)).status_code == 200
            facts.logged_in, facts.live = False, None
            for _ in range(chance.randrange(4)):
                serial += 1
                await guess(front, facts, chance.choice([Factor.PIN, Factor.PASSWORD]), serial)
            if not await enter(front, facts, chance.choice([Factor.PIN, Factor.PASSWORD])):
                continue
            if chance.random() < 0.6:
                serial += 1
                await change(front, facts, new_password(serial))
            await leave(front, facts, told)
    await asyncio.sleep(3600)


def new_password(serial: int) -> str:
    """One that no rule refuses: its digits stand apart."""
    return "tk" + "".join(f"{digit}{letter}" for digit, letter in zip(f"{serial:04}", "qxzw", strict=True))


async def guess(front: FrontEnd, facts: Facts, factor: Factor, serial: int) -> None:
    secret = f"4{serial:07}" if factor is Factor.PIN else f"malo{serial:05}x"
    facts.doubt = ("wrong", factor, secret)
    answer = await front.login(facts.number, secret, factor.value)
    facts.doubt = None
    settle(facts, factor, answer)


def settle(facts: Facts, factor: Factor, answer: httpx.Response) -> None:
    code = answer.json()["code"]
    assert code == ("8006" if factor in facts.locked or facts.failures[factor] == 4 else "6666"), answer.text
    if factor not in facts.locked:
        facts.failures[factor] += 1
    if code == "8006":
        facts.locked.add(factor)


async def enter(front: FrontEnd, facts: Facts, factor: Factor) -> bool:
    facts.doubt = ("right", factor, "")
    answer = await front.login(facts.number, PIN if factor is Factor.PIN else facts.password, factor.value)
    facts.doubt = None
    if factor in facts.locked:
        assert answer.json()["code"] == "8006", answer.text
        return False
    assert answer.status_code == 200, answer.text
    facts.failures[factor] = 0
    facts.logged_in, facts.live = True, front
    return True


async def change(front: FrontEnd, facts: Facts, password: str) -> None:
    facts.doubt = ("set", None, password)
    answer = await front.set_credentials("NONE", password=password)
    facts.doubt = None
    assert answer.status_code == 204, answer.text
    facts.password = password
    facts.failures[Factor.PASSWORD] = 0


async def leave(front: FrontEnd, facts: Facts, told: Told) -> None:
    facts.doubt = ("logout", None, "")
    answer = await front.logout()
    facts.doubt = None
    assert answer.status_code == 204, answer.text
    facts.logged_in, facts.live = False, None
    told.ended.append(front)
    if len(told.ended) >= ENOUGH_LOGOUTS:
        told.enough.set()


async def check_stored(house: House, facts: Facts, tally: Counter[str]) -> None:
    """What was answered stands in the store; what was not stands there wholly or not at all."""
    ring = house.vault.keyring()
    profile = await house.store.read(lambda query: query.profiles.find(ccs_id_of(ring, facts.number, "")))
    if profile is None:
        assert not facts.failures.total()
        assert not facts.logged_in
        return
    for factor in (Factor.PIN, Factor.PASSWORD):
        check_count(profile, facts, factor, tally)
    await check_password(house, profile, facts, tally)
    what = facts.doubt[0] if facts.doubt else None
    if what is not None:
        tally[f"in the air: {what}"] += 1
    live = profile.live_session
    if facts.logged_in and what != "logout":
        assert facts.live is not None
        assert facts.live.sid is not None
        assert live is not None, f"a login of {facts.number} was lost"
        assert live.handle == handle_of(facts.live.sid)
    if not facts.logged_in and what != "right":
        assert live is None, f"a logout of {facts.number} was lost"


def check_count(profile: AccessProfile, facts: Facts, factor: Factor, tally: Counter[str]) -> None:
    guard, answered = guard_of(profile, factor), facts.failures[factor]
    charged = guard.failures + len(guard.pending)
    tally["pending"] += len(guard.pending)
    tally["failures"] += answered
    if factor in facts.locked:
        tally["locks"] += 1
        assert guard.lock is not None, f"a lock of {facts.number} was lost"
        return
    what, whose, _ = facts.doubt or (None, None, "")
    allowed = {answered}
    if whose is factor:
        allowed |= {answered + 1} | ({0} if what == "right" else set())
    if what == "set" and factor is Factor.PASSWORD:
        allowed.add(0)
    assert charged in allowed, f"{facts.number} {factor}: {charged} counted, {allowed} possible"


async def check_password(house: House, profile: AccessProfile, facts: Facts, tally: Counter[str]) -> None:
    assert profile.password.sealed is not None
    phc = open_phc(house.vault.keyring(), profile.password.sealed, profile.ccs_id, "password")
    what, _, wanted = facts.doubt or ("", None, "")
    if what == "set" and await house.hasher.verify(phc, Secret(wanted)):
        facts.password = wanted
    assert await house.hasher.verify(phc, Secret(facts.password)), f"a password of {facts.number} was lost"
    tally["passwords set"] += facts.password != PASSWORD


async def check_served(server: Served, told: Told, tally: Counter[str]) -> None:
    """The restarted server refuses what was used up and ended, and goes on with what lives."""
    async with httpx.AsyncClient(base_url=server.url, timeout=20) as http:
        fresh = FrontEnd(http, *server.credentials())
        await fresh.sign_in()
        signing = await usable(told, http)
        for uuid in told.uuids[-150:]:
            answer = await signing.call("retrieve_public_key", headers=signing.headers(uuid=uuid, sid=None))
            assert (answer.status_code, answer.json().get("location")) == (400, "uuid"), answer.text
        for signed in told.assertions:
            assert (await http.post("/api/v1/oauth/token", data=assertion_form(signed))).status_code == 401
        for front in told.ended[-30:]:
            front.http = http
            assert (await front.logout()).status_code == 400
        for facts in told.customers:
            if facts.live is not None and (facts.doubt is None or facts.doubt[0] != "logout"):
                facts.live.http = http
                assert (await facts.live.logout()).status_code == 204
                tally["sessions that went on"] += 1
        await http.post("/sandbox/clock", json={"advance": "PT11S"})
        for facts in [one for one in told.customers if one.doubt is not None][:6]:
            await check_looks(server, http, facts, tally)
        tally["uuids"] += len(told.uuids)
        tally["jtis"] += len(told.assertions)
        tally["logouts"] += len(told.ended)


async def usable(told: Told, http: httpx.AsyncClient) -> FrontEnd:
    """A front end of the application the uuids were spent by; its token outlived the crash."""
    token = next(front.token for front in _fronts(told))
    return FrontEnd(http, "signing", "", token=token)


def _fronts(told: Told) -> Iterator[FrontEnd]:
    yield from told.ended
    yield from (facts.live for facts in told.customers if facts.live is not None)


async def check_looks(server: Served, http: httpx.AsyncClient, facts: Facts, tally: Counter[str]) -> None:
    """An attempt the crash left counts as failed by now: guesses go on from there, with no extra look."""
    async with server.opened() as house:
        ring = house.vault.keyring()
        profile: Any = await house.store.read(
            lambda query: query.profiles.find(ccs_id_of(ring, facts.number, ""))
        )
    for factor in (Factor.PIN, Factor.PASSWORD):
        guard = guard_of(profile, factor)
        if guard.lock is not None:
            continue
        front = FrontEnd(http, *server.credentials())
        await front.ready()
        codes = []
        for n in range(6):
            secret = f"5{n:07}" if factor is Factor.PIN else f"peor{n:05}x"
            codes.append((await front.login(facts.number, secret, factor.value)).json()["code"])
        left = max(0, 4 - guard.failures - len(guard.pending))
        assert codes == ["6666"] * left + ["8006"] * (6 - left)
        tally["pending seen to fail"] += len(guard.pending)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        found = asyncio.run(killed(Path(place), int(sys.argv[1]) if sys.argv[1:] else 3))
    print(dict(sorted(found.items())))  # noqa: T201 - run by hand
