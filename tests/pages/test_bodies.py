"""A body comes in whole up to its cap, and no further than a chunk beyond it."""

import asyncio
from collections.abc import Sequence

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from aldaba.pages.bodies import TooLarge, body_within

MOST = 10


class Sender:
    """Sends so many chunks, and remembers how many were asked for."""

    def __init__(self, chunks: Sequence[bytes], *, breaks_off: bool = False) -> None:
        self.left, self.asked, self._breaks_off = list(chunks), 0, breaks_off

    async def __call__(self) -> Message:
        self.asked += 1
        if not self.left:
            return {"type": "http.disconnect" if self._breaks_off else "http.request", "body": b""}
        chunk = self.left.pop(0)
        more = bool(self.left) or self._breaks_off
        return {"type": "http.request", "body": chunk, "more_body": more}


def read(sender: Sender, told: str | None = None) -> bytes:
    headers = [] if told is None else [(b"content-length", told.encode("latin-1"))]
    scope = {"type": "http", "method": "POST", "headers": headers}
    return asyncio.run(body_within(Request(scope, sender), MOST))


@pytest.mark.parametrize("chunks", [[b""], [b"0123456789"], [b"01234", b"", b"56789"]])
def test_what_fits_comes_whole(chunks: list[bytes]) -> None:
    assert read(Sender(chunks)) == b"".join(chunks)


def test_reading_ends_with_the_chunk_that_goes_over() -> None:
    sender = Sender([b"012345", b"678901", b"never read"])
    with pytest.raises(TooLarge):
        read(sender)
    assert sender.asked == 2


@pytest.mark.parametrize("told", ["11", "999999999999999999999999"])
def test_a_length_over_the_cap_is_refused_before_anything_is_read(told: str) -> None:
    sender = Sender([b"0"])
    with pytest.raises(TooLarge):
        read(sender, told)
    assert sender.asked == 0


@pytest.mark.parametrize("told", ["10", "", "-1", "ten", "²"])
def test_a_length_that_says_nothing_bad_is_left_to_the_bytes(told: str) -> None:
    assert read(Sender([b"0123456789"]), told) == b"0123456789"


def test_a_body_that_breaks_off_is_no_body() -> None:
    with pytest.raises(ClientDisconnect):
        read(Sender([b"01"], breaks_off=True))
