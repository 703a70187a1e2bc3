"""The client of the bank's systems: what it sends, what it takes, how long it waits, whom it trusts."""

import asyncio
import json
import logging
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.backends.core_certificates import Authority
from tests.backends.core_houses import BUDGET_SECONDS, client_of
from tests.backends.core_stub import PERSON, Core, CoreStub, Mode, core_stub

from aldaba.backends.http import MAX_ANSWER_BYTES, BackendClient, Endpoint
from aldaba.domain.refusals import BackendFailed

PATH = "/customers/15000010"

Ask = Callable[[BackendClient], Awaitable[object]]


async def get(client: BackendClient) -> object:
    return await client.ask("GET", PATH, idempotent=True)


def asked(stub: CoreStub, ask: Ask = get, **endpoint: Any) -> tuple[object, list[str]]:
    """What a call answers, or the failure it raises, and the causes noted."""

    async def story() -> tuple[object, list[str]]:
        client, seen = client_of(stub, **endpoint)
        try:
            answer = await ask(client)
        except BackendFailed as failed:
            answer = failed
        finally:
            await client.close()
        return answer, [failure.why for failure in seen]

    return asyncio.run(story())


def test_a_call_sends_json_and_the_requests_id() -> None:
    with core_stub() as stub:
        answer, causes = asked(
            stub, lambda client: client.ask("POST", "/sessions/ended", {"customerId": "ñ"}, idempotent=True)
        )
    (call,) = stub.core.asked
    assert (answer, causes) == ({}, [])
    assert (call.method, call.path, call.body) == ("POST", "/sessions/ended", {"customerId": "ñ"})
    assert call.headers["X-Correlation-Id"] == "0198c0de-uuid"
    assert (call.headers["Content-Type"], call.headers["Accept-Encoding"]) == ("application/json", "identity")


@pytest.mark.parametrize("correlation", [None, "", "a\r\nX: b", "ñ"])
def test_an_id_that_is_none_is_not_sent(correlation: str | None) -> None:
    async def story(url: str) -> None:
        client = BackendClient("directory", Endpoint(url), lambda: correlation)
        assert await get(client) == PERSON
        await client.close()

    with core_stub() as stub:
        asyncio.run(story(stub.url))
    assert not {"X-Correlation-Id", "X"} & set(stub.core.asked[0].headers)


def test_the_base_address_may_have_a_path() -> None:
    with core_stub() as stub:
        stub.raw = 200, b"{}"

        async def story() -> object:
            client = BackendClient("directory", Endpoint(f"{stub.url}/aldaba/v1/"))
            answer = await get(client)
            await client.close()
            return answer

        assert asyncio.run(story()) == {}
    assert stub.core.asked[0].path == f"/aldaba/v1{PATH}"


@pytest.mark.parametrize(
    ("status", "body", "why", "communication"),
    [
        (500, b"{}", "status 500", False),
        (503, b"", "status 503", False),
        (400, b'{"error": "5204164299999992"}', "status 400", False),
        (302, b"{}", "status 302", False),
        (404, b"", "status 404", False),
        (404, b'{"message": "no route matched"}', "status 404", False),
        (200, b"", "answer is no JSON object", False),
        (200, b"[]", "answer is no JSON object", False),
        (200, b"null", "answer is no JSON object", False),
        (200, b'{"a": 1, "a": 2}', "answer is no JSON object", False),
        (200, b'{"a": NaN}', "answer is no JSON object", False),
        (200, b'{"a": "\xff"}', "answer is no JSON object", False),
        (200, b"[" * 60_000, "answer is no JSON object", False),
        (200, b" " * (MAX_ANSWER_BYTES + 1), "answer too long", False),
        (502, b"<html>", "communication failure", True),
        (504, b"", "communication failure", True),
        (500, b'{"status": "communication-failure"}', "communication failure", True),
        (404, b'{"status": "communication-failure"}', "communication failure", True),
    ],
)
def test_everything_but_the_documented_answer_is_a_failure(
    status: int, body: bytes, why: str, *, communication: bool
) -> None:
    with core_stub() as stub:
        stub.raw = status, body
        failed, causes = asked(stub, budget_seconds=3.0)
    assert isinstance(failed, BackendFailed)
    assert (failed.backend, failed.communication) == ("directory", communication)
    assert causes == [why]
    assert len(stub.core.asked) == 1


def test_only_the_backends_own_not_found_is_one() -> None:
    with core_stub() as stub:
        stub.raw = 404, b'{"status": "not-found"}'
        assert asked(stub) == (None, [])


def test_a_long_answer_within_the_cap_is_read() -> None:
    filler = "x" * (MAX_ANSWER_BYTES - 9)
    with core_stub() as stub:
        stub.raw = 200, json.dumps({"a": filler}).encode()
        assert asked(stub, budget_seconds=3.0) == ({"a": filler}, [])


class TestTime:
    @pytest.mark.parametrize("mode", [Mode.SLOW, Mode.DRIP])
    def test_a_call_never_takes_longer_than_its_budget(self, mode: Mode) -> None:
        with core_stub() as stub:
            stub.mode = mode
            started = time.perf_counter()
            failed, causes = asked(stub, read_seconds=60.0)
            spent = time.perf_counter() - started
        assert isinstance(failed, BackendFailed)
        assert causes == ["slow"]
        assert len(stub.core.asked) == 1
        assert BUDGET_SECONDS <= spent < 2.0

    def test_silence_ends_a_call_before_its_budget(self) -> None:
        with core_stub() as stub:
            stub.mode = Mode.SLOW
            started = time.perf_counter()
            _, causes = asked(stub, read_seconds=0.1, budget_seconds=30.0)
            assert time.perf_counter() - started < 5.0
        assert causes == ["slow"]

    def test_waiting_for_a_connection_is_part_of_the_budget(self) -> None:
        async def story(stub: CoreStub) -> float:
            client, _ = client_of(stub, connections=2)
            stub.mode = Mode.SLOW
            started = time.perf_counter()
            answers = await asyncio.gather(*(get(client) for _ in range(6)), return_exceptions=True)
            assert all(isinstance(answer, BackendFailed) for answer in answers)
            await client.close()
            return time.perf_counter() - started

        with core_stub() as stub:
            assert asyncio.run(story(stub)) < 2 * BUDGET_SECONDS

    def test_connections_are_few_and_kept(self) -> None:
        async def story(stub: CoreStub) -> None:
            client, _ = client_of(stub, connections=2, budget_seconds=30.0)
            assert await asyncio.gather(*(get(client) for _ in range(20))) == [PERSON] * 20
            await client.close()

        with core_stub() as stub:
            asyncio.run(story(stub))
            assert stub.accepted <= 2

    def test_calls_that_are_given_up_leave_their_places_to_others(self) -> None:
        async def story(stub: CoreStub) -> object:
            client, _ = client_of(stub, connections=1, budget_seconds=30.0)
            stub.mode = Mode.SLOW
            call = asyncio.create_task(client.ask("GET", PATH, idempotent=True))
            await asyncio.to_thread(stub.wait_until_asked)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            stub.mode = Mode.OK
            answer = await get(client)
            await client.close()
            return answer

        with core_stub() as stub:
            assert asyncio.run(story(stub)) == PERSON


class TestRetries:
    def test_an_idempotent_call_outlives_one_lost_connection(self) -> None:
        with core_stub() as stub:
            stub.mode = Mode.DROP_ONCE
            assert asked(stub) == (PERSON, [])
        assert len(stub.core.asked) == 2

    def test_attempts_are_bounded(self) -> None:
        with core_stub() as stub:
            stub.mode = Mode.DROP
            _, causes = asked(stub, retries=2)
        assert causes == ["connection lost"]
        assert len(stub.core.asked) == 3

    def test_a_call_that_may_not_be_repeated_is_not(self) -> None:
        with core_stub() as stub:
            stub.mode = Mode.DROP
            body = {"cardToken": "x", "nip": "1234"}
            _, causes = asked(
                stub, lambda client: client.ask("POST", "/cards/verify-pin", body, idempotent=False)
            )
        assert causes == ["connection lost"]
        assert len(stub.core.asked) == 1

    def test_nobody_there_is_told_as_down(self) -> None:
        stub = CoreStub()
        stub.start()
        stub.stop()
        assert asked(stub)[1] == ["down"]


class TestTls:
    def test_both_sides_show_their_certificates(self, tmp_path: Path) -> None:
        authority = Authority(tmp_path, "bank")
        client = authority.client()
        with core_stub(Core(), authority.server(), str(authority.file)) as stub:
            shown: dict[str, Any] = {
                "ca_file": authority.file,
                "client_cert": client.cert,
                "client_key": client.key,
            }
            assert asked(stub, budget_seconds=3.0, **shown) == (PERSON, [])
            failed, causes = asked(stub, budget_seconds=3.0, ca_file=authority.file)
        assert isinstance(failed, BackendFailed)
        assert causes in (["TLS"], ["connection lost"])
        assert len(stub.core.asked) == 1

    def test_a_server_of_another_authority_is_not_believed(self, tmp_path: Path) -> None:
        stranger, authority = Authority(tmp_path, "stranger"), Authority(tmp_path, "bank")
        with core_stub(Core(), stranger.server()) as stub:
            for trusted in (authority.file, None):
                assert asked(stub, budget_seconds=3.0, ca_file=trusted)[1] == ["TLS"]
        assert not stub.core.asked

    def test_a_server_of_another_name_is_not_believed(self, tmp_path: Path) -> None:
        authority = Authority(tmp_path, "bank")
        with core_stub(Core(), authority.server("127.0.0.2")) as stub:
            assert asked(stub, budget_seconds=3.0, ca_file=authority.file)[1] == ["TLS"]
        assert not stub.core.asked

    def test_a_server_without_tls_is_not_spoken_to(self, tmp_path: Path) -> None:
        authority = Authority(tmp_path, "bank")

        async def story(url: str) -> None:
            client = BackendClient("directory", Endpoint(url, ca_file=authority.file))
            with pytest.raises(BackendFailed):
                await get(client)
            await client.close()

        with core_stub() as stub:
            asyncio.run(story(stub.url.replace("http:", "https:")))
        assert not stub.core.asked

    def test_a_file_that_cannot_be_used_is_named_at_the_start(self, tmp_path: Path) -> None:
        authority = Authority(tmp_path, "bank")
        good, locked, gone = authority.client(), authority.client(b"secret"), tmp_path / "gone.pem"
        url = "https://core.bank.example"
        for wrong, named in (
            (Endpoint(url, ca_file=gone), "ca_file"),
            (Endpoint(url, ca_file=good.key), "ca_file"),
            (Endpoint(url, client_cert=gone, client_key=good.key), "client_cert"),
            (Endpoint(url, client_cert=good.cert, client_key=gone), "client_key"),
            (Endpoint(url, client_cert=locked.cert, client_key=locked.key), "client_key"),
        ):
            with pytest.raises(ValueError, match=named):
                BackendClient("directory", wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": "http://core.bank.example"},
        {"base_url": "ftp://127.0.0.1"},
        {"base_url": "https://"},
        {"base_url": "https://user:secret@core.bank.example"},
        {"base_url": "https://core.bank.example?key=1"},
        {"client_cert": Path("a.pem")},
        {"client_key": Path("a.key")},
        {"budget_seconds": 0.0},
        {"connect_seconds": -1.0},
        {"retries": -1},
        {"connections": 0},
    ],
)
def test_an_odd_endpoint_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Endpoint(**{"base_url": "https://core.bank.example", **wrong})


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_plain_http_goes_to_loopback(host: str) -> None:
    assert Endpoint(f"http://{host}:8090").base_url


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert os.environ["HTTP_PROXY"]
    with core_stub() as stub:
        assert asked(stub) == (PERSON, [])


def test_nothing_that_is_sent_reaches_log_or_failure(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    body = {"cardToken": "ct-6f1d0c9a", "nip": "7391"}
    with core_stub() as stub:
        for mode in (Mode.OK, Mode.DROP, Mode.GARBAGE):
            stub.mode = mode
            failed, causes = asked(
                stub, lambda client: client.ask("POST", PATH, body, idempotent=False), budget_seconds=3.0
            )
            assert "7391" not in f"{failed!r}{failed}{causes}"
    assert "7391" not in caplog.text
    assert "15000010" not in caplog.text
