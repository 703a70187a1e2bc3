"""Lookup digests say which pepper made them, and a value is known again under every pepper that lives."""

import os

import pytest

from aldaba.crypto.keyring import Key, KeyName, Keyring
from aldaba.service.lookup_digests import (
    DIGESTS_AT_MOST,
    PEPPERS_AT_MOST,
    card_digests,
    is_current,
    pepper_of,
    phone_digests,
    recovery_digest,
    recovery_digests,
    sim_digests,
    tail_digests,
    under_a_pepper,
)

NUMBER = "5204164299999992"
FIRST = Keyring.generate(KeyName, os.urandom, now_id="first")


def rotated(ring: Keyring, key_id: str) -> Keyring:
    return ring.rotated(KeyName.PEPPER, Key(key_id, os.urandom(32)))


SECOND = rotated(FIRST, "second")
THIRD = rotated(SECOND, "third")


def test_what_an_earlier_pepper_made_is_known_again_until_that_pepper_is_gone() -> None:
    before = card_digests(FIRST, NUMBER).current
    assert card_digests(THIRD, NUMBER).names(before)
    assert card_digests(THIRD, NUMBER).current != before
    assert not card_digests(THIRD.without(KeyName.PEPPER, "first"), NUMBER).names(before)


def test_every_digest_names_its_pepper() -> None:
    made = card_digests(THIRD, NUMBER)
    assert [pepper_of(one, THIRD) for one in made.all] == ["third", "second", "first", "first"]
    assert [is_current(one, THIRD) for one in made.all] == [True, False, False, False]


def test_a_digest_without_a_name_belongs_to_the_oldest() -> None:
    bare = card_digests(FIRST, NUMBER).earlier[-1]
    assert len(bare) == 32
    assert is_current(bare, FIRST)
    assert not is_current(bare, SECOND)
    assert card_digests(SECOND, NUMBER).names(bare)


def test_a_look_up_never_has_more_digests_than_a_statement_takes() -> None:
    assert len(THIRD.all(KeyName.PEPPER)) == PEPPERS_AT_MOST
    assert len(card_digests(THIRD, NUMBER).all) == DIGESTS_AT_MOST


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (card_digests(FIRST, NUMBER), card_digests(FIRST, "4111111111111111")),
        (phone_digests(FIRST, "+52", "5556093218"), phone_digests(FIRST, "+1", "5556093218")),
        (sim_digests(FIRST, "1", "89520"), sim_digests(FIRST, "2", "89520")),
        (tail_digests(FIRST, "12345678"), card_digests(FIRST, "12345678")),
    ],
)
def test_another_value_or_another_use_has_other_digests(one: object, other: object) -> None:
    assert one != other


def test_the_tail_is_the_last_eight_digits() -> None:
    assert tail_digests(FIRST, NUMBER) == tail_digests(FIRST, NUMBER[-8:])


def test_nothing_is_no_digest_of_anything() -> None:
    assert not card_digests(FIRST, NUMBER).names(None)
    assert pepper_of(b"\xff" * 40, FIRST) == ""


def test_a_recovery_code_outlives_the_pepper_and_one_of_an_earlier_release_needs_it() -> None:
    kept = recovery_digest(FIRST, "ana", "abcd")
    gone = THIRD.without(KeyName.PEPPER, "first")
    assert kept in recovery_digests(gone, "ana", "abcd")
    assert not under_a_pepper(kept)
    old = recovery_digests(FIRST, "ana", "abcd")[1]
    assert under_a_pepper(old)
    assert old in recovery_digests(THIRD, "ana", "abcd")
    assert old not in recovery_digests(gone, "ana", "abcd")
