"""XML that is out for harm: it is refused before it costs anything."""

import tracemalloc
from collections.abc import Iterator
from io import BytesIO, RawIOBase
from typing import BinaryIO, cast

import pytest
from tests.backends.pskc_files import SUITE, container, package, plain

from aldaba.backends.pskc import BadFile, read_csv, read_pskc
from aldaba.backends.pskc_xml import MAX_FILE_BYTES

GOOD = container(package("HT-1", plain()))
DECLARATION, _, BODY = GOOD.partition(b"\n")


def refused(data: bytes) -> str:
    with pytest.raises(BadFile) as bad:
        list(read_pskc(BytesIO(data)))
    return bad.value.reason


class Endless(RawIOBase):
    """A file that goes on: a beginning, then the same for ever."""

    def __init__(self, start: bytes, again: bytes) -> None:
        self._left, self._again = start, again
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        if len(self._left) < size:
            self._left += self._again * (size // len(self._again) + 1)
        chunk, self._left = self._left[:size], self._left[size:]
        self.given += len(chunk)
        return chunk


@pytest.mark.parametrize(
    "document_type",
    [
        b"<!DOCTYPE KeyContainer>",
        b'<!DOCTYPE KeyContainer SYSTEM "http://127.0.0.1:1/x.dtd">',
        b'<!DOCTYPE K [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE K [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>',
        b'<!DOCTYPE K [<!ENTITY % p SYSTEM "http://127.0.0.1:1/p"> %p;]>',
    ],
)
def test_a_document_type_is_refused_at_once(document_type: bytes) -> None:
    assert refused(DECLARATION + document_type + BODY) == "a document type is not accepted"


@pytest.mark.parametrize(
    "data",
    [b"<", b"serial,kind", GOOD[:-5], GOOD + b"<x/>", GOOD.replace(b"HT-1", b"&secret;"), b"\0\0", b" "],
)
def test_what_is_no_xml_is_refused_without_quoting_it(data: bytes) -> None:
    reason = refused(data)
    assert reason.startswith("not XML at line ")
    assert "secret" not in reason


def test_an_empty_file() -> None:
    assert refused(b"") == "empty"


def test_an_encoding_nobody_knows() -> None:
    assert refused(GOOD.replace(b"UTF-8", b"x-odd")) == "in an unknown encoding"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_other_encodings_of_xml_are_read(encoding: str) -> None:
    data = GOOD.decode().replace('encoding="UTF-8"', "").encode(encoding)
    assert [token.serial for token in read_pskc(BytesIO(data)) if hasattr(token, "serial")] == ["HT-1"]


HEAD = GOOD[: GOOD.index(b"<KeyPackage>")]


@pytest.mark.parametrize(
    ("start", "again", "reason"),
    [
        (b'<KeyContainer a="', b"x", "a tag is too long"),
        (b"<!--", b"x", "a tag is too long"),
        (HEAD + b"<KeyPackage>", b"text ", "an element is too large"),
        (HEAD + b"<KeyPackage>", b"<a/>", "an element is too large"),
        (HEAD + b"<KeyPackage>", b'<a b="ccccccccccccccc"/>', "an element is too large"),
        (HEAD + b"<KeyPackage>", b"<a>", "nested too deeply"),
        (HEAD, b"  \n", "larger than 64 MiB"),
    ],
)
def test_what_never_ends_is_cut_off_without_filling_memory(start: bytes, again: bytes, reason: str) -> None:
    source = Endless(start, again)
    tracemalloc.start()
    try:
        with pytest.raises(BadFile) as bad:
            list(read_pskc(cast("BinaryIO", source)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert bad.value.reason == reason
    assert source.given <= MAX_FILE_BYTES + 65_536
    assert peak < 64 * 1024 * 1024


def test_a_line_that_never_ends() -> None:
    with pytest.raises(BadFile, match="too long at line 1"):
        list(read_csv(BytesIO(b"HT-1,hard," + b"x" * 100_000)))


def test_keys_before_the_damage_were_given() -> None:
    def found() -> Iterator[object]:
        yield from read_pskc(BytesIO(GOOD.replace(b"</KeyContainer>", b" " * 70_000 + b"<oops")))

    tokens = found()
    assert getattr(next(tokens), "suite", None) == SUITE
    with pytest.raises(BadFile):
        next(tokens)
