"""Peers are measured beside the server; one that cannot be had says why, and hinders nobody."""

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from bench.figures import Work
from bench.peers.comparing import measure_peers
from bench.peers.installing import Absent, command
from bench.peers.measuring import IN_FLIGHT, Peer
from bench.peers.privacyidea import hotp
from bench.processes import Serving

OURS = [Work("login by password", level, 10.0 * level, 1, 1, 1, 1) for level in (1, 8)]


class _Chunked(BaseHTTPRequestHandler):
    """Answers as better-auth does, without saying beforehand how long the answer is."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for part in (b'{"value":', b" true}", b""):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def chunked() -> Iterator[Serving]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Chunked) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Serving(os.getpid(), server.server_port, 0.0)
        finally:
            server.shutdown()
            thread.join()


REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


async def measured(mark: bytes) -> Peer:
    peer = Peer("some", 5.0, lambda _: None)
    with chunked() as server:
        await peer.measure("login", "password", server, [REQUEST] * 30, mark)
    return peer


def test_answers_in_chunks_are_read_whole() -> None:
    peer = asyncio.run(measured(b'{"value":'))
    # The first number in flight takes them all; what is left for the second is nothing.
    assert [work.in_flight for work in peer.works] == [IN_FLIGHT[0]]
    assert peer.works[0].rate > 0


def test_a_refusal_is_no_figure() -> None:
    with pytest.raises(RuntimeError, match="some refused"):
        asyncio.run(measured(b'"value": false'))


def test_one_that_fails_says_why_and_the_other_is_compared(tmp_path: Path) -> None:
    async def absent(_: Peer, folder: Path) -> None:
        command(["false"], folder.parent, 5)

    async def present(peer: Peer, _: Path) -> None:
        peer.version = "1.0"
        peer.works += (await measured(b"value")).works

    async def changed(_: Peer, __: Path) -> None:
        raise KeyError("token")

    known = {"gone": absent, "changed": changed, "here": present}
    peers = asyncio.run(measure_peers(0.1, tmp_path, OURS, lambda _: None, known))
    assert peers.absent == {"gone": "false ended with 1: no word", "changed": "'token'"}
    (line,) = peers.comparisons
    assert (line.work, line.rate, line.best, line.wanted) == (
        "login by password",
        80.0,
        "some: password",
        1.5,
    )
    assert line.ratio == pytest.approx(80.0 / line.best_rate)


def test_a_command_that_is_not_there_is_an_absence(tmp_path: Path) -> None:
    with pytest.raises(Absent, match="no-such-program"):
        command(["no-such-program"], tmp_path, 5)


def test_hotp_codes_are_those_of_rfc_4226() -> None:
    assert [hotp(b"12345678901234567890", counter) for counter in (0, 1, 9)] == ["755224", "287082", "520489"]
