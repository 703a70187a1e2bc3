"""The bank's risk engine: asked by the documented question, and never missed when it is away."""

import asyncio
import json
from typing import Any

import pytest
from tests.backends.core_houses import client_of
from tests.backends.core_stub import Core, CoreStub, Mode, core_stub

from aldaba.backends.risk_http import RiskEngine
from aldaba.service.risk_ports import RiskAnswer, RiskQuestion, Verdict

QUESTION = RiskQuestion("402911837465019283", "MBK", "password", False, True, "89", "f96d", "203.0.113.7")
AWAY = RiskAnswer(Verdict.STEP_UP, ("risk engine away",))


def assessed(stub: CoreStub) -> tuple[RiskAnswer, list[str]]:
    async def story() -> tuple[RiskAnswer, list[str]]:
        client, seen = client_of(stub)
        answer = await RiskEngine(client, Verdict.STEP_UP).assess(QUESTION)
        await client.close()
        return answer, [failure.why for failure in seen]

    return asyncio.run(story())


def test_the_engine_is_asked_and_heard() -> None:
    core = Core()
    with core_stub(core) as stub:
        assert assessed(stub) == (RiskAnswer(Verdict.STEP_UP, ("emulator",)), [])
    (asked,) = core.asked
    assert (asked.method, asked.path) == ("POST", "/assessments")
    assert asked.body is not None
    assert asked.body["ccsId"] == QUESTION.ccs_id
    assert (asked.body["simId"], asked.body["deviceId"]) == ("89", "f96d")
    assert (asked.body["compromised"], asked.body["emulator"]) == (False, True)


def test_a_lock_is_a_denial_that_stays() -> None:
    with core_stub(Core(verdict={"verdict": "lock", "reasons": ["mule account"]})) as stub:
        assert assessed(stub)[0] == RiskAnswer(Verdict.DENY, ("mule account",), lock=True)


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_is_understood(verdict: Verdict) -> None:
    with core_stub(Core(verdict={"verdict": verdict.value, "reasons": ["velocity", "geo: new"]})) as stub:
        assert assessed(stub)[0] == RiskAnswer(verdict, ("velocity", "geo: new"))


@pytest.mark.parametrize("mode", [Mode.SLOW, Mode.DRIP, Mode.DROP, Mode.GARBAGE, Mode.COMMUNICATION])
def test_an_engine_that_is_away_is_stood_in_for_and_noted(mode: Mode) -> None:
    with core_stub() as stub:
        stub.mode = mode
        answer, causes = assessed(stub)
        assert answer == AWAY
        assert len(causes) == 1
        assert len(stub.core.asked) == 1
        stub.mode = Mode.OK
        assert assessed(stub)[0].reasons == ("emulator",)


def test_an_engine_that_is_not_there_is_stood_in_for() -> None:
    stub = CoreStub()
    stub.start()
    stub.stop()
    assert assessed(stub) == (AWAY, ["down"])


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"verdict": "allow"},
        {"verdict": "maybe", "reasons": []},
        {"verdict": ["allow"], "reasons": []},
        {"verdict": None, "reasons": []},
        {"verdict": "allow", "reasons": "none"},
        {"verdict": "allow", "reasons": [1]},
        {"verdict": "allow", "reasons": [""]},
        {"verdict": "allow", "reasons": ["x" * 65]},
        {"verdict": "allow", "reasons": ["a\nb"]},
        {"verdict": "allow", "reasons": ["a"] * 11},
    ],
)
def test_what_is_no_verdict_is_as_good_as_none(said: dict[str, Any]) -> None:
    with core_stub() as stub:
        stub.raw = 200, json.dumps(said).encode()
        assert assessed(stub) == (AWAY, ["answer: not the documented members"])


@pytest.mark.parametrize("status", [404, 500])
def test_a_refusing_engine_is_away(status: int) -> None:
    with core_stub() as stub:
        stub.raw = status, b'{"status": "not-found"}'
        assert assessed(stub)[0] == AWAY
