"""Every promise is measured by tests that exist and are rows of the scorecard."""

import pytest
from tests.docs.evidence import is_measured
from tests.scorecard.promises import PROMISES


@pytest.mark.parametrize("promise", PROMISES)
def test_what_measures_a_promise_is_there_and_is_a_row(promise: str) -> None:
    assert PROMISES[promise]
    assert [test for test in PROMISES[promise] if not is_measured(test)] == []
