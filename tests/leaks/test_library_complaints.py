"""What libraries log reaches our log by its place, never by its text."""

import io
import logging
import sys

from aldaba.observability import set_up


def test_a_traceback_of_a_library_is_told_by_place_and_its_warnings_without_what_was_filled_in() -> None:
    out = io.StringIO()
    set_up(out)
    set_up(out)
    try:
        logger = logging.getLogger("uvicorn.error")
        try:
            int("30203021x")
        except ValueError:
            logger.exception("Exception in ASGI application\n")
        logger.warning("took %s for an answer", "30203021")
    finally:
        set_up(sys.stdout)
    crash, warning = out.getvalue().splitlines()
    assert "30203021" not in crash + warning
    assert '"trouble":"ValueError"' in crash
    assert "test_library_complaints.py:" in crash
    assert '"told":"took %s for an answer"' in warning
