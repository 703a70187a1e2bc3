"""What a PIN or a password must look like, and what it must not contain."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from unicodedata import category, combining, normalize

from aldaba.domain.policy import PinPolicy, Policy, SecretPolicy

TAIL = 8
"""Of a card or phone number the last so many digits must not stand inside a secret."""

_UNPRINTABLE = frozenset({"Cc", "Cs"})
"""Control characters, and halves of surrogate pairs, which no UTF-8 can carry."""


class Violation(StrEnum):
    """The rule a secret breaks; told in ``moreInfo``, never with the value."""

    LENGTH = "length"
    DIGITS_ONLY = "digits only"
    LEADING_ZERO = "leading zero"
    LETTER_FIRST = "letter first"
    LETTERS_AND_DIGITS = "letters and digits"
    CHARACTERS = "characters"
    EQUAL_NEIGHBOURS = "equal neighbours"
    SEQUENCE = "sequence"
    PERSONAL = "personal data"
    BLOCKLIST = "blocklist"
    HISTORY = "history"


@dataclass(frozen=True, slots=True)
class PersonalData:
    """What must not stand inside: words and numbers in clear, and digests of number tails.

    ``is_tail`` tells whether eight digits are the end of one of the customer's cards or phones,
    whose numbers the house itself cannot read.
    """

    words: tuple[str, ...]
    numbers: tuple[str, ...]
    is_tail: Callable[[str], bool]


def judge_pin(
    pin: str, policy: Policy, personal: PersonalData, blocklist: frozenset[str]
) -> Violation | None:
    """The first rule a new PIN breaks, or None."""
    return next(iter(pin_violations(pin, policy, personal, blocklist)), None)


def judge_password(
    password: str, policy: Policy, personal: PersonalData, blocklist: frozenset[str]
) -> Violation | None:
    """The first rule a new password breaks, or None."""
    return next(iter(password_violations(password, policy, personal, blocklist)), None)


def pin_violations(
    pin: str, policy: Policy, personal: PersonalData, blocklist: frozenset[str]
) -> tuple[Violation, ...]:
    """Every rule a new PIN breaks; of one that is too long, those of the shape alone."""
    shape = tuple(_pin_shape(pin, policy.pin))
    too_long = len(pin) > policy.pin.length
    return shape if too_long else (*shape, *_common(pin, policy.secret, personal, blocklist))


def password_violations(
    password: str, policy: Policy, personal: PersonalData, blocklist: frozenset[str]
) -> tuple[Violation, ...]:
    """Every rule a new password breaks; judged as it will be hashed, in NFC (63B-4 3.1.1.2).

    Of one that is too long, those of the shape alone: what it contains would take long to look through.
    """
    password = normalize("NFC", password)
    shape = tuple(_password_shape(password, policy))
    too_long = len(password) > policy.password.max_length
    return shape if too_long else (*shape, *_common(password, policy.secret, personal, blocklist))


def _pin_shape(pin: str, rules: PinPolicy) -> Iterator[Violation]:
    if not re.fullmatch(r"[0-9]+", pin, re.ASCII):
        yield Violation.DIGITS_ONLY
    if len(pin) != rules.length:
        yield Violation.LENGTH
    if pin.startswith("0"):
        yield Violation.LEADING_ZERO


def _password_shape(password: str, policy: Policy) -> Iterator[Violation]:
    rules = policy.password
    if not rules.min_length <= len(password) <= rules.max_length:
        yield Violation.LENGTH
    if any(category(character) in _UNPRINTABLE for character in password):
        yield Violation.CHARACTERS
    if not rules.composed:
        return
    if not _letters_and_digits(password):
        yield Violation.LETTERS_AND_DIGITS
    if not password[:1].isalpha():
        yield Violation.LETTER_FIRST


def _letters_and_digits(password: str) -> bool:
    """Nothing else, and at least one digit."""
    digits = [character in "0123456789" for character in password]
    return any(digits) and all(
        digit or character.isalpha() for character, digit in zip(password, digits, strict=True)
    )


def _common(
    secret: str, rules: SecretPolicy, personal: PersonalData, blocklist: frozenset[str]
) -> Iterator[Violation]:
    if _longest_run(secret, 0) > rules.equal_neighbours:
        yield Violation.EQUAL_NEIGHBOURS
    if max(_longest_run(secret, 1), _longest_run(secret, -1)) > rules.sequence:
        yield Violation.SEQUENCE
    folded = fold(secret)
    contains = any(word in folded for word in _forbidden_words(rules, personal))
    if contains or any(personal.is_tail(window) for window in _digit_windows(folded)):
        yield Violation.PERSONAL
    if folded in blocklist:
        yield Violation.BLOCKLIST


def _forbidden_words(rules: SecretPolicy, personal: PersonalData) -> Iterator[str]:
    names = (fold(word) for word in (*rules.bank_names, *personal.words))
    yield from (name for name in names if len(name) >= 3)
    yield from (number for number in personal.numbers if len(number) >= 3)


def _digit_windows(secret: str) -> Iterator[str]:
    for run in re.findall(r"[0-9]{8,}", secret, re.ASCII):
        yield from (run[start : start + TAIL] for start in range(len(run) - TAIL + 1))


def _longest_run(secret: str, step: int) -> int:
    """Length of the longest stretch in which each character follows its neighbour by ``step``."""
    longest = run = 1
    lowered = secret.lower()
    for before, after in pairwise(lowered):
        # Sequences count inside digits and inside letters, not across ("9" and ":" are no sequence).
        counted = step == 0 or (before.isalnum() and after.isalnum())
        follows = counted and ord(after) - ord(before) == step
        run = run + 1 if follows else 1
        longest = max(longest, run)
    return longest


def fold(text: str) -> str:
    """Lower case without accents: ``Contraseña`` and ``contrasena`` are one word to a guesser."""
    # Decomposed before and after: styled letters show their capitals only then, and casefold may compose.
    decomposed = normalize("NFKD", normalize("NFKD", text).casefold())
    return "".join(character for character in decomposed if not combining(character))
