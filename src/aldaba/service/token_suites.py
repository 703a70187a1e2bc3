"""Which OCRA suites this house can serve, and what of them moves."""

from aldaba.crypto.ocra import MalformedSuite, Suite, parse_suite, time_step
from aldaba.domain.token import Moving

QUESTION_DIGITS = 8


def moving_of(suite: Suite) -> Moving:
    """What of a suite moves from one response to the next."""
    return Moving(suite.counter, time_step(suite))


def serviceable_suite(text: str) -> bool:
    """Whether tokens of this suite answer an eight-digit question.

    A suite that hashes a PIN or a session in is refused: the house has neither to compute it with.
    """
    try:
        suite = parse_suite(text)
    except MalformedSuite:
        return False
    return suite.length >= QUESTION_DIGITS and suite.pin is None and suite.session is None
