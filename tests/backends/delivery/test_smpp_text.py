"""One segment: GSM 7-bit where it has the characters, UCS-2 where it does not."""

import pytest
import smpp34

from aldaba.backends.delivery.smpp_pdu import phone, relative_time, sender, submit_body
from aldaba.backends.delivery.smpp_text import (
    GSM_7,
    UCS_2,
    Segment,
    TooLong,
    fits_one_segment,
    segment,
    text_of,
)


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("@£$¥èéùìòÇ", bytes(range(10))),
        ("\nØø\rÅå", bytes(range(0x0A, 0x10))),
        ("Δ_ΦΓΛΩΠΨΣΘΞ", bytes(range(0x10, 0x1B))),
        ("ÆæßÉ", bytes(range(0x1C, 0x20))),
        ("¡¿§¤", bytes([0x40, 0x60, 0x5F, 0x24])),
        ("ÄÖÑÜäöñüà", bytes([0x5B, 0x5C, 0x5D, 0x5E, 0x7B, 0x7C, 0x7D, 0x7E, 0x7F])),
        ("Az09 ?", b"Az09 ?"),
        ("^{}\\[~]|€\f", bytes.fromhex("1b141b281b291b2f1b3c1b3d1b3e1b401b651b0a")),
        ("", b""),
    ],
)
def test_the_gsm_alphabet_takes_an_octet_each_and_its_extension_two(text: str, octets: bytes) -> None:
    assert segment(text) == Segment(GSM_7, octets)


@pytest.mark.parametrize("text", ["código", "ç", "`", "1 – 2", "Ω≈", "\x1b", "\t", "ﬁn", "日本"])
def test_any_other_character_makes_it_ucs_2(text: str) -> None:
    assert segment(text) == Segment(UCS_2, text.encode("utf-16-be"))


def test_a_sign_outside_the_first_plane_is_a_pair_and_half_a_pair_a_question_mark() -> None:
    assert segment("😀") == Segment(UCS_2, bytes.fromhex("d83dde00"))
    assert segment("\ud83d") == Segment(UCS_2, b"\0?")


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("a" * 160, True),
        ("a" * 161, False),
        ("€" * 80, True),
        ("€" * 80 + "a", False),
        ("á" * 70, True),
        ("á" * 71, False),
        ("😀" * 35, True),
        ("😀" * 35 + "a", False),
        ("", True),
    ],
)
def test_a_segment_has_160_septets_or_70_units(text: str, *, fits: bool) -> None:
    assert fits_one_segment(text) is fits


def test_what_is_too_long_is_said_without_saying_it() -> None:
    with pytest.raises(TooLong) as caught:
        segment("48151623" * 30)
    assert str(caught.value) == "text does not fit one segment"


def test_a_receipts_text_is_read_in_either_alphabet() -> None:
    assert text_of(GSM_7, b"id:1\0 stat:\xff") == "id:1  stat: "
    assert text_of(UCS_2, "id:á".encode("utf-16-be")) == "id:á"


@pytest.mark.parametrize(
    ("name", "ton", "npi", "digits"),
    [("+525500001111", 1, 1, "525500001111"), ("55555", 3, 1, "55555"), ("Aldaba", 5, 0, "Aldaba")],
)
def test_another_codec_reads_the_message_as_meant(name: str, ton: int, npi: int, digits: str) -> None:
    body = submit_body(sender(name), phone("+525556093218"), segment("Código €"), relative_time(300))
    header = (16 + len(body)).to_bytes(4, "big") + bytes.fromhex("00000004 00000000 00000001")
    read = smpp34.decode(header + body)
    assert isinstance(read, smpp34.SubmitSm)
    assert (read.source_addr, read.source_addr_ton, read.source_addr_npi) == (digits, ton, npi)
    assert (read.destination_addr, read.dest_addr_ton, read.dest_addr_npi) == ("525556093218", 1, 1)
    assert (read.data_coding, read.short_message.decode("utf-16-be")) == (UCS_2, "Código €")
    assert (read.registered_delivery, read.esm_class, read.tlvs) == (1, 0, [])
    assert read.validity_period == "000000000500000R"


def test_a_relative_time_counts_hours_minutes_and_seconds() -> None:
    assert relative_time(3_725) == "000000010205000R"
    assert relative_time(86_399) == "000000235959000R"
