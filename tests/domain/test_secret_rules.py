"""What a PIN or a password must look like, rule by rule and in order."""

from dataclasses import replace

import pytest
from hypothesis import given, strategies
from tests.domain.samples import quick

from aldaba.domain.credentials import PersonalData, Violation, fold, judge_password, judge_pin
from aldaba.domain.policy import CLASSIC, MODERN, PasswordPolicy, PinPolicy, Policy

TAILS = {"56093218", "99889977"}
"""The last eight digits of the customer's phone and card."""

PERSONAL = PersonalData(
    words=("Arturo", "Hernández", "Núñez", "Li", "Paz"),
    numbers=("15000010", "42", "607"),
    is_tail=lambda window: window in TAILS,
)
NOBODY = PersonalData((), (), lambda _: False)
BLOCKLIST = frozenset({"contrasena1", "password1", "secreto9", "27182818", "tequierom12"})


def pin(text: str, policy: Policy = CLASSIC) -> Violation | None:
    return judge_pin(text, policy, PERSONAL, BLOCKLIST)


def password(text: str, policy: Policy = CLASSIC) -> Violation | None:
    return judge_password(text, policy, PERSONAL, BLOCKLIST)


@pytest.mark.parametrize(
    ("text", "violation"),
    [
        ("30203021", None),
        ("11223344", None),
        ("12312312", None),
        ("98798798", None),
        ("", Violation.DIGITS_ONLY),
        ("3020302a", Violation.DIGITS_ONLY),
        ("3020302 ", Violation.DIGITS_ONLY),
        ("30203021\n", Violation.DIGITS_ONLY),
        ("-3020302", Violation.DIGITS_ONLY),
        ("３０２０３０２１", Violation.DIGITS_ONLY),
        ("٣٠٢٠٣٠٢١", Violation.DIGITS_ONLY),
        ("²0203021", Violation.DIGITS_ONLY),
        ("3020302", Violation.LENGTH),
        ("302030213", Violation.LENGTH),
        ("00203021", Violation.LEADING_ZERO),
        ("30002135", Violation.EQUAL_NEIGHBOURS),
        ("77777777", Violation.EQUAL_NEIGHBOURS),
        ("12348080", Violation.SEQUENCE),
        ("80804321", Violation.SEQUENCE),
        ("12345678", Violation.SEQUENCE),
        ("56789012", Violation.SEQUENCE),
        ("15000010", Violation.EQUAL_NEIGHBOURS),
        ("56093218", Violation.PERSONAL),
        ("27182818", Violation.BLOCKLIST),
    ],
)
def test_a_pin_is_judged_by_the_banks_rules(text: str, violation: Violation | None) -> None:
    assert pin(text) is violation


@pytest.mark.parametrize(
    ("text", "violation"),
    [
        ("mobile20x", None),
        ("a1b2c3d4", None),
        ("a1b2c3d4a1b2c3d4a1b2", None),
        ("ñandú2026x", None),
        ("Üçé8hjkx", None),
        ("mobile2", Violation.LENGTH),
        ("a1b2c3d4a1b2c3d4a1b2c", Violation.LENGTH),
        ("", Violation.LENGTH),
        ("mobile\n20", Violation.CHARACTERS),
        ("mobile20\x00", Violation.CHARACTERS),
        ("mobile20\x7f", Violation.CHARACTERS),
        ("mobile20\x85", Violation.CHARACTERS),
        ("mobile20\ud800", Violation.CHARACTERS),
        ("mobile-20", Violation.LETTERS_AND_DIGITS),
        ("mobile 20", Violation.LETTERS_AND_DIGITS),
        ("mobile２０x", Violation.LETTERS_AND_DIGITS),
        ("mobile²0x", Violation.LETTERS_AND_DIGITS),
        ("mobilexyx", Violation.LETTERS_AND_DIGITS),
        ("2mobile0x", Violation.LETTER_FIRST),
        ("30203021", Violation.LETTER_FIRST),
        ("moobbile2", None),
        ("mooobile2", Violation.EQUAL_NEIGHBOURS),
        ("moOobile2", Violation.EQUAL_NEIGHBOURS),
        ("mobile200x", None),
        ("mobile2000", Violation.EQUAL_NEIGHBOURS),
        ("abc9xyz7", None),
        ("abcd9xyw", Violation.SEQUENCE),
        ("ABCd9xyw", Violation.SEQUENCE),
        ("dcba9xyw", Violation.SEQUENCE),
        ("mobile1234", Violation.SEQUENCE),
        ("mobile4321", Violation.SEQUENCE),
        ("mobile901", None),
        ("xarturo20", Violation.PERSONAL),
        ("ARTURO20x", Violation.PERSONAL),
        ("Ártúro20x", Violation.PERSONAL),
        ("hernandez7", Violation.PERSONAL),
        ("nunez2026", Violation.PERSONAL),
        ("li2026mobi", None),
        ("mibanamex7", Violation.PERSONAL),
        ("Citibanamex7", Violation.PERSONAL),
        ("x56093218", Violation.PERSONAL),
        ("x756093218y", Violation.PERSONAL),
        ("x99889977", Violation.PERSONAL),
        ("x5609321y8", None),
        ("mobile42x", None),
        ("mobile607x", Violation.PERSONAL),
        ("mipazjk20", Violation.PERSONAL),
        ("password1", Violation.BLOCKLIST),
        ("PassWord1", Violation.BLOCKLIST),
        ("contraseña1", Violation.BLOCKLIST),
        ("contrasen\u0303a1", Violation.BLOCKLIST),
        ("xpassword1", None),
    ],
)
def test_a_classic_password_is_judged_by_the_banks_rules(text: str, violation: Violation | None) -> None:
    assert password(text) is violation


@pytest.mark.parametrize(
    ("text", "violation"),
    [
        ("correcto caballo 9 batería", None),
        ("30203021", None),
        ("solo letras", None),
        ("🐎🔋📎🐴 ñu 7", None),
        ("x y" * 21 + "z", None),
        ("x y" * 21 + "zz", Violation.LENGTH),
        ("corto 7", Violation.LENGTH),
        ("con\ttabulador", Violation.CHARACTERS),
        ("!!!!!!!!", Violation.EQUAL_NEIGHBOURS),
        ("dos  espacios", None),
        ("tres   espacios", Violation.EQUAL_NEIGHBOURS),
        ("wxyz en fila", Violation.SEQUENCE),
        ("1234 en fila", Violation.SEQUENCE),
        ("１２３４ en fila", Violation.SEQUENCE),
        ("()*+,-./", None),
        ("789: en fila", None),
        ("xyz{ en fila", None),
        ("soy Arturo, hola", Violation.PERSONAL),
        ("soy ａｒｔｕｒｏ, hola", Violation.PERSONAL),
        ("soy 𝓐rturo, hola", Violation.PERSONAL),
        ("soy ℋernández", Violation.PERSONAL),
        ("tel 56093218", Violation.PERSONAL),
        ("tel ５６０９３２１８", Violation.PERSONAL),
        ("citi mia siempre", Violation.PERSONAL),
        ("ＳＥＣＲＥＴＯ９", Violation.BLOCKLIST),
        ("Contrasen\u0303a1", Violation.BLOCKLIST),
    ],
)
def test_a_modern_password_may_be_any_text_that_is_not_easily_guessed(
    text: str, violation: Violation | None
) -> None:
    assert password(text, MODERN) is violation


def test_a_customer_number_must_not_stand_inside() -> None:
    personal = PersonalData((), ("15020310",), lambda _: False)
    assert judge_pin("15020310", CLASSIC, personal, frozenset()) is Violation.PERSONAL
    assert judge_password("x15020310", CLASSIC, personal, frozenset()) is Violation.PERSONAL
    assert judge_password("clave １５０２０３１０", MODERN, personal, frozenset()) is Violation.PERSONAL


def test_the_banks_own_numbers_may_be_restored_or_changed() -> None:
    exactly_eight = replace(CLASSIC, password=PasswordPolicy(max_length=8))
    assert password("mobile20", exactly_eight) is None
    assert password("mobile20x", exactly_eight) is Violation.LENGTH
    assert pin("302030", replace(CLASSIC, pin=PinPolicy(length=6))) is None


def test_tails_are_asked_about_in_windows_of_eight_within_one_run_of_digits() -> None:
    seen: list[str] = []

    def listening(window: str) -> bool:
        seen.append(window)
        return False

    personal = PersonalData((), (), listening)
    assert judge_password("a2468013579b7531", CLASSIC, personal, frozenset()) is None
    assert seen == ["24680135", "46801357", "68013579"]


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Contraseña", "contrasena"),
        ("PINGÜINO", "pinguino"),
        ("Contrasen\u0303a", "contrasena"),
        ("ＡＢＣ１２", "abc12"),
        ("Straße", "strasse"),
        ("İstanbul", "istanbul"),
        ("ℋℐ", "hi"),
        ("𝒜", "a"),
        ("ﬁn", "fin"),
    ],
)
def test_folding_makes_one_word_of_its_spellings(text: str, folded: str) -> None:
    assert fold(text) == folded


@quick
@given(strategies.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@quick
@given(strategies.text("0123456789", min_size=7, max_size=9))
def test_an_accepted_pin_keeps_every_rule(text: str) -> None:
    if judge_pin(text, CLASSIC, NOBODY, frozenset()) is not None:
        return
    assert len(text) == 8
    assert text[0] != "0"
    assert not any(text[at] == text[at + 1] == text[at + 2] for at in range(6))
    assert not any(text[at : at + 4] in "0123456789" for at in range(5))
    assert not any(text[at : at + 4] in "9876543210" for at in range(5))


@quick
@given(strategies.text(max_size=24))
def test_an_accepted_classic_password_has_letters_digits_and_a_letter_first(text: str) -> None:
    if judge_password(text, CLASSIC, NOBODY, frozenset()) is not None:
        return
    assert 8 <= len(text) <= 20
    assert text[0].isalpha()
    assert any(character in "0123456789" for character in text)


@quick
@given(
    strategies.text("bdfhjlnprtvxz", max_size=6),
    strategies.sampled_from(["Arturo", "HERNANDEZ", "hernández", "Nuñez", "BANCANET", "56093218"]),
    strategies.text("bdfhjlnprtvxz", max_size=3),
)
def test_personal_data_is_found_wherever_it_stands(before: str, word: str, after: str) -> None:
    text = f"q{before}{word}{after}7"
    assert password(text) in {Violation.PERSONAL, Violation.LENGTH, Violation.EQUAL_NEIGHBOURS}
