"""Tokens as lines of CSV."""

from io import BytesIO

import pytest

from aldaba.backends.pskc import BadFile, read_csv
from aldaba.domain.token import BadToken, TokenRecord

SUITE = "OCRA-1:HOTP-SHA256-8:C-QN08"
SECRET = b"12345678901234567890"
LINE = f"HT-1,hard,{SUITE},{SECRET.hex()}"
HEADER = "serial,kind,suite,secretHex"


def read(text: str | bytes) -> list[TokenRecord | BadToken]:
    return list(read_csv(BytesIO(text if isinstance(text, bytes) else text.encode())))


@pytest.mark.parametrize(
    "text",
    [
        LINE,
        LINE + "\r\n",
        f"{HEADER}\n{LINE}\n",
        f"{HEADER},counter\n{LINE},\n",
        f"\ufeff{HEADER}\r\n\r\n{LINE}\r\n\n",
        f"\ufeff{LINE}",
        f" HT-1 , hard , {SUITE} , {SECRET.hex().upper()} ",
        f'"HT-1","hard","{SUITE}","{SECRET.hex()}","0"',
    ],
)
def test_a_line_is_a_token(text: str) -> None:
    assert read(text) == [TokenRecord("HT-1", "hard", SUITE, SECRET)]


def test_counter_and_kind() -> None:
    assert read(f"ST-1,soft,{SUITE},{SECRET.hex()},9223372036854775807") == [
        TokenRecord("ST-1", "soft", SUITE, SECRET, 2**63 - 1)
    ]


@pytest.mark.parametrize(
    ("line", "bad"),
    [
        ("HT-1", BadToken("HT-1", "not four or five fields")),
        (LINE + ",1,2", BadToken("HT-1", "not four or five fields")),
        (LINE + "0", BadToken("HT-1", "secret is not HEX")),
        (LINE[:-1] + "g", BadToken("HT-1", "secret is not HEX")),
        (f"HT-1,hard,{SUITE},", BadToken("HT-1", "secret is not HEX")),
        (f"HT-1,hard,{SUITE},{'00' * 15}", BadToken("HT-1", "secret has not 16 to 64 bytes")),
        (LINE.replace("hard", "card"), BadToken("HT-1", "kind is not hard or soft")),
        (LINE.replace("OCRA-1", "OCRA-2"), BadToken("HT-1", "no OCRA suite (RFC 6287)")),
        (LINE + ",-1", BadToken("HT-1", "counter is no number")),
        (LINE + ",9223372036854775808", BadToken("HT-1", "counter out of range")),
        (LINE.replace("HT-1", "H T"), BadToken("line 2", "serial number of odd form")),
        (f",hard,{SUITE},{SECRET.hex()}", BadToken("line 2", "serial number of odd form")),
        (HEADER, BadToken("serial", "secret is not HEX")),
    ],
)
def test_one_line_is_refused_and_the_next_is_read(line: str, bad: BadToken) -> None:
    assert read(f"{HEADER}\n{line}\n{LINE.replace('HT-1', 'HT-9')}") == [
        bad,
        TokenRecord("HT-9", "hard", SUITE, SECRET),
    ]
    assert SECRET.hex() not in bad.reason


def test_a_repeated_serial_number_is_refused() -> None:
    assert read(f"{LINE}\n{LINE}")[1] == BadToken("HT-1", "serial number appears twice")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "empty"),
        (b"HT-1,\xff", "not CSV in UTF-8 at line 1"),
        (f"{LINE}\n'\"".encode() + b'\n"open,x', "not CSV in UTF-8 at line 3"),
        (b"\n" + b"x" * 4097, "too long at line 2"),
    ],
)
def test_a_file_is_refused_as_a_whole(text: bytes, reason: str) -> None:
    with pytest.raises(BadFile) as bad:
        read(text)
    assert bad.value.reason == reason
