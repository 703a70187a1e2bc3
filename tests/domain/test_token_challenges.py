"""Challenges: how they are drawn, how long and how often one is open."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.samples import NOW, SECOND, quick

from aldaba.domain.policy import ChallengePolicy
from aldaba.domain.token import OTP_QUESTION, Challenge, issue, tried

RULES = ChallengePolicy()
OPEN = issue(87_295_409, NOW, RULES)


class TestDrawing:
    def test_a_challenge_is_eight_digits_and_lives_two_minutes(self) -> None:
        assert Challenge("87295410", NOW, NOW + timedelta(seconds=120), 0) == OPEN

    def test_leading_zeros_stay(self) -> None:
        assert issue(6, NOW, RULES).question == "00000007"

    @pytest.mark.parametrize("drawn", [0, 10**8 - 2, 10**8 - 1, 2**128])
    def test_the_ends_of_the_range(self, drawn: int) -> None:
        assert 1 <= int(issue(drawn, NOW, RULES).question) <= 10**8 - 1

    @given(st.integers(0, 2**128), st.integers(4, 10))
    @quick
    def test_a_challenge_never_asks_for_a_one_time_password(self, drawn: int, digits: int) -> None:
        question = issue(drawn, NOW, ChallengePolicy(digits=digits)).question
        assert len(question) == digits
        assert int(question) != int(OTP_QUESTION)


class TestTries:
    def test_three_tries_and_no_fourth(self) -> None:
        challenge: Challenge | None = OPEN
        for number in range(1, 4):
            challenge = tried(challenge, OPEN.question, NOW, RULES)
            assert challenge is not None
            assert challenge.tries == number
        assert tried(challenge, OPEN.question, NOW, RULES) is None

    @pytest.mark.parametrize(("seconds", "still_open"), [(0, True), (119, True), (120, False), (121, False)])
    def test_it_closes_after_two_minutes(self, seconds: int, *, still_open: bool) -> None:
        after = tried(OPEN, OPEN.question, NOW + seconds * SECOND, RULES)
        assert (after is not None) is still_open

    @pytest.mark.parametrize("question", ["87295411", "", OTP_QUESTION, "8729541", "872954100"])
    def test_another_question_is_not_outstanding(self, question: str) -> None:
        assert tried(OPEN, question, NOW, RULES) is None

    def test_none_may_be_outstanding(self) -> None:
        assert tried(None, "87295410", NOW, RULES) is None
