"""Tokens: which responses are fresh, how a token is followed, and how it is found again."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.samples import NOW, quick

from aldaba.domain.policy import ChallengePolicy
from aldaba.domain.token import (
    MAX_COUNTER,
    Fits,
    Moment,
    Moving,
    Token,
    TokenStatus,
    accepted,
    fitting,
    moments,
    otp_accepted,
    otp_moments,
    resynchronised,
    strayed,
)

RULES = ChallengePolicy()
TIMED, COUNTED = Moving(counted=False, step_seconds=60), Moving(counted=True, step_seconds=None)
BOTH, NEITHER = Moving(counted=True, step_seconds=60), Moving(counted=False, step_seconds=None)
MINUTE = timedelta(minutes=1)
HERE = int(NOW.timestamp()) // 60

FRESH = Token(
    "HT-0001", "hard", "OCRA-1:HOTP-SHA256-8:QN08-T1M", "sealed", TokenStatus.HARD_ACTIVE, "15000010"
)


def at(counter: int | None, step: int | None) -> Fits:
    """A response the token shows at that counter and step and nowhere else."""
    return lambda moment: (moment.counter, moment.step) == (counter, step)


def places(found: tuple[Moment, ...]) -> list[tuple[int | None, int | None]]:
    return [(moment.counter, moment.step) for moment in found]


class TestMoments:
    def test_a_clock_may_be_one_step_off(self) -> None:
        assert places(moments(FRESH, TIMED, NOW, RULES)) == [(None, HERE), (None, HERE - 1), (None, HERE + 1)]

    def test_a_remembered_drift_moves_the_window(self) -> None:
        found = moments(replace(FRESH, drift=-3), TIMED, NOW, RULES)
        assert [(moment.step, moment.drift) for moment in found] == [
            (HERE - 3, -3),
            (HERE - 4, -4),
            (HERE - 2, -2),
        ]

    def test_ten_responses_may_have_been_shown_and_not_sent(self) -> None:
        found = moments(replace(FRESH, counter=7), COUNTED, NOW, RULES)
        assert places(found) == [(counter, None) for counter in range(7, 18)]

    def test_both_together(self) -> None:
        found = moments(FRESH, BOTH, NOW, RULES)
        assert len(found) == 33
        assert found[0] == Moment(0, HERE, 0)

    def test_neither_leaves_one(self) -> None:
        assert moments(FRESH, NEITHER, NOW, RULES) == (Moment(None, None),)

    def test_nothing_lies_before_time_or_beyond_the_last_counter(self) -> None:
        epoch = NOW - timedelta(seconds=NOW.timestamp())
        assert places(moments(FRESH, TIMED, epoch, RULES)) == [(None, 0), (None, 1)]
        assert places(moments(replace(FRESH, counter=MAX_COUNTER), COUNTED, NOW, RULES)) == [
            (MAX_COUNTER, None)
        ]

    def test_every_moment_is_tried_and_the_likeliest_wins(self) -> None:
        seen = []

        def anything(moment: Moment) -> bool:
            seen.append(moment)
            return True

        found = moments(FRESH, BOTH, NOW, RULES)
        assert fitting(found, anything) == found[0]
        assert tuple(seen) == found
        assert fitting(found, lambda _: False) is None


class TestChallengeAnswers:
    def test_two_challenges_may_be_answered_in_one_step(self) -> None:
        once = accepted(FRESH, Moment(None, HERE, 0))
        assert once is not None
        assert moments(once, TIMED, NOW, RULES) == moments(FRESH, TIMED, NOW, RULES)

    def test_the_counter_moves_past_the_response(self) -> None:
        after = accepted(replace(FRESH, counter=3, resyncing=True), Moment(8, None))
        assert after == replace(FRESH, counter=9)

    def test_a_counter_spent_meanwhile_is_not_accepted(self) -> None:
        assert accepted(replace(FRESH, counter=9), Moment(8, None)) is None

    def test_drift_is_remembered_and_the_last_step_is_not_touched(self) -> None:
        assert accepted(FRESH, Moment(None, HERE + 1, 1)) == replace(FRESH, drift=1)


class TestOneTimePasswords:
    def test_a_step_gives_one_and_so_does_no_earlier_one(self) -> None:
        used = otp_accepted(FRESH, Moment(None, HERE, 0))
        assert used is not None
        assert used.last_step == HERE
        assert places(otp_moments(used, TIMED, NOW, RULES)) == [(None, HERE + 1)]
        assert places(otp_moments(used, TIMED, NOW + MINUTE, RULES)) == [(None, HERE + 1), (None, HERE + 2)]

    @pytest.mark.parametrize("step", [HERE - 1, HERE])
    def test_one_spent_meanwhile_is_not_accepted(self, step: int) -> None:
        assert otp_accepted(replace(FRESH, last_step=HERE), Moment(None, step)) is None

    def test_a_counter_gives_each_once(self) -> None:
        used = otp_accepted(FRESH, Moment(4, None))
        assert used == replace(FRESH, counter=5)
        assert used is not None
        assert otp_accepted(used, Moment(4, None)) is None

    def test_with_a_counter_a_step_may_serve_twice(self) -> None:
        used = otp_accepted(FRESH, Moment(0, HERE, 0))
        assert used is not None
        assert (used.counter, used.last_step) == (1, HERE)
        assert Moment(1, HERE, 0) in otp_moments(used, BOTH, NOW, RULES)

    def test_a_suite_that_does_not_move_gives_none(self) -> None:
        assert not NEITHER.alone
        assert otp_moments(FRESH, NEITHER, NOW, RULES) == ()

    @given(st.lists(st.tuples(st.integers(0, 6), st.integers(-2, 2)), max_size=12))
    @quick
    def test_no_response_is_ever_accepted_twice(self, tries: list[tuple[int, int]]) -> None:
        token, used = FRESH, set[int]()
        for minutes, off in sorted(tries):
            now = NOW + minutes * MINUTE
            step = HERE + minutes + off
            moment = fitting(otp_moments(token, TIMED, now, RULES), at(None, step))
            if moment is not None:
                after = otp_accepted(token, moment)
                assert after is not None
                assert step not in used
                assert step > max(used, default=-1)
                token = after
                used.add(step)


class TestResynchronising:
    @pytest.mark.parametrize("off", [-9, -5, 0, 5, 9])
    def test_a_clock_that_ran_away_is_found_by_two_steps_in_a_row(self, off: int) -> None:
        first, second = at(None, HERE + off - 1), at(None, HERE + off)
        found = resynchronised(replace(FRESH, resyncing=True), TIMED, NOW, RULES, first, second)
        assert found == replace(FRESH, drift=off, last_step=HERE + off)

    def test_a_counter_that_ran_ahead_is_found(self) -> None:
        assert resynchronised(FRESH, COUNTED, NOW, RULES, at(100, None), at(101, None)) == replace(
            FRESH, counter=102
        )

    @pytest.mark.parametrize("waited", [0, 1])
    def test_with_both_the_second_may_follow_at_once_or_a_step_later(self, waited: int) -> None:
        found = resynchronised(FRESH, BOTH, NOW, RULES, at(40, HERE - 3), at(41, HERE - 3 + waited))
        assert found == replace(FRESH, counter=42, last_step=HERE - 3 + waited, drift=waited - 3)

    @pytest.mark.parametrize(
        ("moving", "first", "second"),
        [
            (TIMED, (None, HERE), (None, HERE)),
            (TIMED, (None, HERE), (None, HERE - 1)),
            (TIMED, (None, HERE - 2), (None, HERE)),
            (TIMED, (None, HERE + 11), (None, HERE + 12)),
            (TIMED, (None, HERE - 11), (None, HERE - 10)),
            (COUNTED, (5, None), (7, None)),
            (COUNTED, (5, None), (5, None)),
            (COUNTED, (101, None), (102, None)),
            (BOTH, (5, HERE), (6, HERE + 2)),
            (BOTH, (5, HERE), (5, HERE + 1)),
            (NEITHER, (None, None), (None, None)),
        ],
    )
    def test_two_that_do_not_follow_or_lie_too_far_find_nothing(
        self, moving: Moving, first: tuple[int | None, int | None], second: tuple[int | None, int | None]
    ) -> None:
        assert resynchronised(FRESH, moving, NOW, RULES, at(*first), at(*second)) is None

    def test_spent_ones_find_nothing(self) -> None:
        spent = replace(FRESH, last_step=HERE, counter=10)
        assert resynchronised(spent, TIMED, NOW, RULES, at(None, HERE), at(None, HERE + 1)) is None
        assert resynchronised(spent, COUNTED, NOW, RULES, at(9, None), at(10, None)) is None

    @pytest.mark.parametrize(
        ("moving", "fits", "marked"),
        [
            (TIMED, at(None, HERE + 7), True),
            (TIMED, at(None, HERE + 11), False),
            (COUNTED, at(100, None), True),
            (COUNTED, at(101, None), False),
        ],
    )
    def test_a_wrong_response_tells_whether_the_token_strayed(
        self, moving: Moving, fits: Callable[[Moment], bool], *, marked: bool
    ) -> None:
        assert strayed(FRESH, moving, NOW, RULES, fits) == replace(FRESH, resyncing=marked)
