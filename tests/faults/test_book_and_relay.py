"""What finds the faults can itself be wrong: the book says so of what must not be, and a bad line is bad."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx
import pytest
from tests.faults.balancer import documented
from tests.faults.book import Book, Broken, Count, Customer
from tests.faults.relay import Relay
from tests.front_end import FrontEnd

from aldaba.domain.session import Factor


def test_four_wrong_secrets_are_told_wrong_and_the_fifth_locks() -> None:
    count = Count()
    for _ in range(4):
        count.wrong("6666", "one")
    with pytest.raises(Broken, match="beyond the limit"):
        count.wrong("6666", "one")
    count.wrong("8006", "one")
    assert count.locked


def test_a_lock_that_nobody_earned_is_seen() -> None:
    count = Count()
    count.wrong("6666", "one")
    with pytest.raises(Broken, match="locked after 1"):
        count.refused("one")


def test_an_attempt_without_answer_may_have_been_charged_or_not() -> None:
    count = Count()
    count.wrong("6666", "one")
    count.unknown(right=False)
    assert [count.explains(charged) for charged in range(4)] == [False, True, True, False]
    count.unknown(right=True)
    assert [count.explains(charged) for charged in range(5)] == [True, True, True, True, False]
    count.cleared()
    assert count.explains(0)
    assert not count.explains(1)


def test_nobody_comes_in_by_a_locked_factor() -> None:
    customer = Customer("70000001", "mobile20x", "30203021")
    for code in ("6666", "6666", "6666", "6666", "8006"):
        customer.counts[Factor.PIN].wrong(code, "one")
    with pytest.raises(Broken, match="let in"), _client() as http:
        customer.entered(FrontEnd(http, "", ""), Factor.PIN)


@contextmanager
def _client() -> Iterator[httpx.AsyncClient]:
    http = httpx.AsyncClient()
    yield http
    asyncio.run(http.aclose())


def test_what_is_accepted_twice_is_seen() -> None:
    book = Book()
    book.accepted("u", None)
    with pytest.raises(Broken, match="accepted twice"):
        book.accepted("u", "another session")
    book.spend("code", "70000001", "123456")
    book.spend("code", "70000002", "123456")
    with pytest.raises(Broken, match="accepted twice"):
        book.spend("code", "70000001", "123456")


@pytest.mark.parametrize(
    ("path", "status", "body", "known"),
    [
        ("/api/v1/x-global/security/login", 500, {"code": "serverUnavailable", "type": "fatal"}, True),
        ("/api/v1/x-global/security/login", 503, {"code": "serverUnavailable", "type": "fatal"}, False),
        ("/api/v1/x-global/security/login", 500, {"code": "boom", "type": "fatal"}, False),
        ("/api/v1/oauth/token", 503, {"error": "temporarily_unavailable"}, True),
        ("/api/v1/oauth/token", 500, {"error": "temporarily_unavailable"}, False),
    ],
)
def test_only_the_documented_answer_is_let_pass(
    path: str, status: int, body: dict[str, str], known: bool
) -> None:
    answer = httpx.Response(status, json=body)
    if known:
        documented(path, answer)
    else:
        with pytest.raises(Broken):
            documented(path, answer)


@contextmanager
def echo() -> Iterator[int]:
    """A part that says again whatever it is told; its port."""

    def answer(said: socket.socket) -> None:
        with said, suppress(ConnectionResetError):
            while text := said.recv(1024):
                said.sendall(text)

    def serve() -> None:
        while True:
            try:
                said, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(said,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def say(line: socket.socket) -> bytes:
    line.sendall(b"hola")
    return line.recv(1024)


def test_a_relay_hands_on_until_it_is_worsened_and_again_when_it_is_mended() -> None:
    with echo() as port, Relay(port) as relay:
        with socket.create_connection(("127.0.0.1", relay.port)) as line:
            assert say(line) == b"hola"
            relay.worsen(0.2, 0.0)
            began = time.monotonic()
            assert say(line) == b"hola"
            assert time.monotonic() - began >= 0.2
            relay.worsen(0.0, 1.0)
            with pytest.raises(ConnectionResetError):
                say(line)
            assert relay.resets == 1
        relay.mend()
        with socket.create_connection(("127.0.0.1", relay.port)) as line:
            assert say(line) == b"hola"
