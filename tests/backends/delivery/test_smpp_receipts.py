"""Receipts find their message, however the SMSC writes them and whenever they come."""

import pytest
import smpp34
from tests.backends.delivery.stub_smsc import deliver_body, receipt_text, tag

from aldaba.backends.delivery.provider import Fate
from aldaba.backends.delivery.smpp_pdu import Malformed, delivery
from aldaba.backends.delivery.smpp_receipts import AWAITED, EARLY, EARLY_SECONDS, ReceiptBook, Word, receipt

TO = "+525556093218"
NUMBER = "525556093218"
OTHER = "+525556093219"


def read(text: str, *, esm_class: int = 4, coding: int = 0, tags: bytes = b"") -> Word | None:
    octets = text.encode("utf-16-be" if coding == 8 else "latin-1")
    return receipt(delivery(deliver_body(octets, NUMBER, esm_class=esm_class, coding=coding, tags=tags)))


def word(message_id: str, fate: Fate = Fate.DELIVERED, source: str = NUMBER) -> Word:
    return Word(message_id, fate, (source, "55555"))


class TestReading:
    @pytest.mark.parametrize(
        ("text", "message_id", "fate"),
        [
            (receipt_text("1a2b"), "1a2b", Fate.DELIVERED),
            (receipt_text("0042", "UNDELIV"), "0042", Fate.UNDELIVERABLE),
            (receipt_text("7", "EXPIRED"), "7", Fate.EXPIRED),
            (receipt_text("7", "DELETED"), "7", Fate.DELETED),
            (receipt_text("7", "ACCEPTD"), "7", Fate.ACCEPTED),
            (receipt_text("7", "REJECTD"), "7", Fate.REJECTED),
            (receipt_text("7", "ENROUTE"), "7", Fate.EN_ROUTE),
            (receipt_text("7", "UNKNOWN"), "7", Fate.UNKNOWN),
            (receipt_text("7", "WHATEVR"), "7", Fate.UNKNOWN),
            ("ID: 7e Stat: delivrd", "7e", Fate.DELIVERED),
            ("id:7 status:DELIVERED", "7", Fate.DELIVERED),
            ("id:7 status:UNDELIVERABLE", "7", Fate.UNDELIVERABLE),
            (
                "id:550e8400-e29b-41d4-a716-446655440000 stat:DELIVRD",
                "550e8400-e29b-41d4-a716-446655440000",
                Fate.DELIVERED,
            ),
            ("stat:DELIVRD id:9", "9", Fate.DELIVERED),
            ("id:9", "9", Fate.UNKNOWN),
        ],
    )
    def test_the_text_is_read_leniently(self, text: str, message_id: str, fate: Fate) -> None:
        assert read(text) == Word(message_id, fate, (NUMBER, "55555"))

    def test_a_text_in_ucs_2_is_read_too(self) -> None:
        found = read(receipt_text("5"), coding=8)
        assert found is not None
        assert found.message_id == "5"

    def test_optional_parameters_go_before_the_text(self) -> None:
        tags = tag(0x001E, b"abc\0") + tag(0x0427, b"\5")
        assert read(receipt_text("1"), tags=tags) == word("abc", Fate.UNDELIVERABLE)

    def test_optional_parameters_alone_are_enough_whatever_the_class_says(self) -> None:
        tags = tag(0x001E, b"abc") + tag(0x0427, b"\2")
        assert read("", esm_class=0, tags=tags) == word("abc")

    def test_the_text_may_stand_in_the_payload(self) -> None:
        assert read("", tags=tag(0x0424, receipt_text("8").encode())) == word("8")

    def test_an_optional_parameter_cut_off_is_left_out(self) -> None:
        assert read(receipt_text("8"), tags=tag(0x0427, b"\5")[:-1]) == word("8")

    @pytest.mark.parametrize(
        ("text", "esm_class"),
        [
            (receipt_text("1"), 0),
            (receipt_text("1"), 0x08),
            ("gracias", 4),
            ("text: id:1 stat:DELIVRD", 4),
            ("id:" + "1" * 200, 4),
        ],
    )
    def test_what_a_person_wrote_or_names_no_message_is_no_receipt(self, text: str, esm_class: int) -> None:
        assert read(text, esm_class=esm_class) is None

    def test_the_quoted_message_is_dropped(self) -> None:
        assert "48151623" not in repr(read(receipt_text("1", quoted="48151623 es tu")))

    def test_a_body_cut_short_is_malformed(self) -> None:
        body = deliver_body(receipt_text("1").encode(), NUMBER)
        for end in range(20):
            with pytest.raises(Malformed):
                delivery(body[:end])
        with pytest.raises(Malformed):
            delivery(body[:-1])

    def test_another_codecs_receipt_is_read(self) -> None:
        made = smpp34.DeliverSm(
            NUMBER,
            "55555",
            receipt_text("77").encode(),
            esm_class=4,
            tlvs=[smpp34.Tlv(0x001E, b"77\0")],
        )
        assert receipt(delivery(made.encode()[16:])) == word("77")


class Hand:
    """Ticks moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def book(hand: Hand) -> ReceiptBook:
    return ReceiptBook(hand)


class TestFinding:
    @pytest.mark.parametrize(
        ("answered", "receipted"),
        [
            ("1A2b", "1a2B"),
            ("000123", "123"),
            ("ff", "255"),
            ("FF", "0255"),
            ("255", "ff"),
            ("4294967295", "FFFFFFFF"),
            ("msg-1", "MSG-1"),
            ("0", "000"),
        ],
    )
    def test_an_id_is_known_in_either_writing(self, book: ReceiptBook, answered: str, receipted: str) -> None:
        assert book.awaits(answered, TO) == []
        assert book.arrived(word(receipted)) == answered

    def test_the_phone_tells_two_readings_apart(self, book: ReceiptBook) -> None:
        book.awaits("10", TO)  # sixteen
        book.awaits("16", OTHER)  # twenty-two
        assert book.arrived(word("16")) == "10"
        assert book.arrived(word("22", source=OTHER[1:])) == "16"

    def test_the_phone_may_lack_its_country_code_or_stand_on_the_other_side(self, book: ReceiptBook) -> None:
        book.awaits("10", TO)
        assert book.arrived(Word("16", Fate.DELIVERED, ("55555", "05556093218"))) == "10"

    def test_a_converted_id_is_not_believed_for_another_phone(self, book: ReceiptBook) -> None:
        book.awaits("10", TO)
        assert book.arrived(word("16", source=OTHER[1:])) is None
        assert book.arrived(word("16", source="0000000")) is None

    def test_the_plain_id_is_believed_whatever_the_phone(self, book: ReceiptBook) -> None:
        book.awaits("10", TO)
        assert book.arrived(word("10", source="")) == "10"

    def test_the_writing_seen_before_decides_between_messages_to_one_phone(self, book: ReceiptBook) -> None:
        book.awaits("ff", TO)
        assert book.arrived(word("255")) == "ff"
        book.awaits("10", TO)
        book.awaits("16", TO)
        assert book.arrived(word("16")) == "10"

    def test_an_unknown_id_belongs_to_nobody(self, book: ReceiptBook) -> None:
        assert book.arrived(word("123")) is None

    def test_a_last_word_is_heard_once(self, book: ReceiptBook) -> None:
        book.awaits("5", TO)
        assert book.arrived(word("5", Fate.EN_ROUTE)) == "5"
        assert book.arrived(word("5")) == "5"
        assert book.arrived(word("5")) is None

    def test_an_id_used_again_is_the_later_message(self, book: ReceiptBook) -> None:
        book.awaits("5", TO)
        book.awaits("05", OTHER)
        assert book.arrived(word("5", source=OTHER[1:])) == "05"

    def test_an_id_used_again_stays_known_when_the_first_is_given_up(self, book: ReceiptBook) -> None:
        book.awaits("5", TO)
        book.awaits("5", OTHER)
        for number in range(AWAITED - 1):
            book.awaits(f"m{number}", TO)
        assert book.arrived(word("5", source=OTHER[1:])) == "5"


class TestEarly:
    def test_receipts_before_the_answer_are_given_with_it_in_order(self, book: ReceiptBook) -> None:
        assert book.arrived(word("255", Fate.EN_ROUTE)) is None
        assert book.arrived(word("255")) is None
        assert book.arrived(word("7", source=OTHER[1:])) is None
        assert book.awaits("ff", TO) == [Fate.EN_ROUTE, Fate.DELIVERED]
        assert book.arrived(word("255")) is None

    def test_they_are_kept_for_a_minute(self, book: ReceiptBook, hand: Hand) -> None:
        book.arrived(word("5"))
        hand.now = EARLY_SECONDS + 1
        assert book.awaits("5", TO) == []

    def test_only_so_many_are_kept(self, book: ReceiptBook) -> None:
        for number in range(EARLY + 1):
            book.arrived(word(f"m{number}"))
        assert book.awaits("m0", TO) == []
        assert book.awaits("m1", TO) == [Fate.DELIVERED]


def test_only_so_many_messages_are_awaited(book: ReceiptBook) -> None:
    for number in range(AWAITED + 1):
        book.awaits(f"m{number}", TO)
    assert book.arrived(word("m0")) is None
    assert book.arrived(word("m1")) == "m1"
