"""Customer numbers, cards, phones and masked names: what is read, and what is refused."""

from itertools import pairwise

import pytest
from hypothesis import given, strategies
from tests.domain.samples import quick

from aldaba.domain.identifiers import (
    CardNumber,
    CustomerName,
    luhn_valid,
    mask_name,
    parse_card_number,
    parse_customer_name,
    parse_login_name,
    parse_mexican_mobile,
)

CARD = "5204164299999992"
digits = strategies.text("0123456789", min_size=12, max_size=18)

SPOILED = [
    "{} ",
    " {}",
    "{}\n",
    "\n{}",
    "{}\r\n",
    "{}\x00",
    "\x00{}",
    "+{}",
    "-{}",
    "{}.0",
    "{}e0",
    "0x{}",
    "{}_",
    "{}'",
    "{}\ufeff",
    "{}\u0660",
    "{}\uff11",
    "{}\u00b2",
]
"""Ways to write a number that some reader somewhere would take for the number itself."""


def with_check_digit(payload: str) -> str:
    return next(payload + digit for digit in "0123456789" if luhn_valid(payload + digit))


class TestCustomerNames:
    @pytest.mark.parametrize(
        ("text", "number", "representative"),
        [
            ("1", "1", None),
            ("15000010", "15000010", None),
            ("123456789012", "123456789012", None),
            ("15000010-2", "15000010", "2"),
            ("15000010-02", "15000010", "2"),
            ("15000010-12", "15000010", "12"),
            ("15000010-00", "15000010", "0"),
        ],
    )
    def test_a_number_and_perhaps_a_representative_are_read(
        self, text: str, number: str, representative: str | None
    ) -> None:
        assert parse_customer_name(text) == CustomerName(number, representative)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "-",
            "-1",
            "15000010-",
            "15000010-123",
            "15000010--1",
            "15000010-1-2",
            "15000010 -1",
            "15000010-a",
            "15000010-\uff12",
            "15000010\u20132",
            "1234567890123",
            "\uff11\uff15\uff10\uff10\uff10\uff10\uff11\uff10",
            "15OOO010",
            *(way.format("15000010") for way in SPOILED),
            *(way.format("15000010-2") for way in SPOILED),
        ],
    )
    def test_anything_else_is_refused(self, text: str) -> None:
        assert parse_customer_name(text) is None

    @pytest.mark.parametrize("text", ["15000010", "15000010-2", "15000010-12"])
    def test_a_name_is_written_as_it_was_read(self, text: str) -> None:
        assert str(parse_customer_name(text)) == text

    def test_a_representative_is_one_person_with_and_without_a_leading_zero(self) -> None:
        assert parse_customer_name("15000010-02") == parse_customer_name("15000010-2")

    @quick
    @given(strategies.text())
    def test_what_is_read_is_all_digits_of_ascii(self, text: str) -> None:
        name = parse_customer_name(text)
        assert name is None or (name.number.isascii() and name.number.isdigit())


class TestCardNumbers:
    @pytest.mark.parametrize(
        "text",
        [CARD, "4111111111111111", "378282246310005", "4222222222222", "6304000000000000000", "0" * 13],
    )
    def test_thirteen_to_nineteen_digits_with_the_right_check_digit_are_read(self, text: str) -> None:
        assert parse_card_number(text) == CardNumber(text)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "0" * 12,
            "0" * 20,
            "5204164299999999",
            "5204 1642 9999 9999",
            "5204-1642-9999-9999",
            "\uff15204164299999999",
            *(way.format(CARD) for way in SPOILED),
        ],
    )
    def test_anything_else_is_refused(self, text: str) -> None:
        assert parse_card_number(text) is None

    @quick
    @given(digits, strategies.data())
    def test_a_single_digit_misread_is_always_noticed(
        self, payload: str, data: strategies.DataObject
    ) -> None:
        number = with_check_digit(payload)
        place = data.draw(strategies.integers(0, len(number) - 1))
        other = data.draw(strategies.sampled_from("0123456789").filter(lambda digit: digit != number[place]))
        assert parse_card_number(number) is not None
        assert parse_card_number(number[:place] + other + number[place + 1 :]) is None

    @quick
    @given(digits)
    def test_two_neighbours_swapped_are_noticed_but_for_0_and_9(self, payload: str) -> None:
        number = with_check_digit(payload)
        for place, pair in enumerate(pairwise(number)):
            if pair[0] != pair[1] and set(pair) != {"0", "9"}:
                assert not luhn_valid(number[:place] + pair[1] + pair[0] + number[place + 2 :])

    @quick
    @given(digits)
    def test_exactly_one_check_digit_is_right(self, payload: str) -> None:
        assert sum(luhn_valid(payload + digit) for digit in "0123456789") == 1

    def test_a_card_number_prints_its_last_four_digits_only(self) -> None:
        card = parse_card_number(CARD)
        assert f"{card} {card!r}" == "CardNumber(…9992) CardNumber(…9992)"


class TestLoginNames:
    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("15000010", CustomerName),
            ("15000010-1", CustomerName),
            ("123456789012", CustomerName),
            (CARD, CardNumber),
            ("4222222222222", CardNumber),
        ],
    )
    def test_up_to_twelve_digits_name_a_customer_and_more_a_card(self, text: str, kind: type) -> None:
        assert isinstance(parse_login_name(text), kind)

    @pytest.mark.parametrize("text", ["", "abc", "5204164299999999", f"{CARD}-1", f"{CARD}\n", "0" * 20])
    def test_what_is_neither_is_refused(self, text: str) -> None:
        assert parse_login_name(text) is None


class TestMexicanMobiles:
    @pytest.mark.parametrize(
        ("text", "national"),
        [
            ("5556093218", "5556093218"),
            ("+525556093218", "5556093218"),
            ("525556093218", "5556093218"),
            ("5255609321", "5255609321"),
            ("+525255609321", "5255609321"),
        ],
    )
    def test_ten_national_digits_are_found(self, text: str, national: str) -> None:
        assert parse_mexican_mobile(text) == national

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "555609321",
            "55560932189",
            "+5556093218",
            "+15556093218",
            "0525556093218",
            "++525556093218",
            "55 5609 3218",
            "\uff15556093218",
            *(way.format("5556093218") for way in SPOILED),
        ],
    )
    def test_anything_else_is_refused(self, text: str) -> None:
        assert parse_mexican_mobile(text) is None


class TestMaskedNames:
    @pytest.mark.parametrize(
        ("name", "masked"),
        [
            ("ARTURO HERNANDEZ", "A***** H********"),
            ("  ARTURO   HERNANDEZ ", "A***** H********"),
            ("ANA DE LA O", "A** D* L* O"),
            ("ÁNGEL MUÑOZ", "Á**** M****"),
            ("A\u0301NGEL MUN\u0303OZ", "Á**** M****"),
            ("", ""),
            (" ", ""),
        ],
    )
    def test_show_the_first_letter_of_each_word(self, name: str, masked: str) -> None:
        assert mask_name(name) == masked

    @quick
    @given(strategies.lists(strategies.text("ABCDEFGHIJKLMNÑOPQRSTUVWXYZÁÉ", min_size=1, max_size=12)))
    def test_tell_lengths_and_first_letters_and_nothing_more(self, words: list[str]) -> None:
        masked = mask_name(" ".join(words)).split()
        assert [len(word) for word in masked] == [len(word) for word in words]
        assert all(word[1:].strip("*") == "" for word in masked)
