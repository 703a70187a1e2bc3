"""A journey's picture and its list say the same, nothing in the picture runs over, every name exists."""

import re
from html import unescape

import pytest

from aldaba.contract import Language, load
from aldaba.pages.language import Chosen
from aldaba.pages.words import LANGUAGES
from aldaba.portal.guide import every_vector, guide
from aldaba.portal.journeys import LANE, Journey, drawn, journeys
from aldaba.portal.pages import Pages

PAGES = Pages(load(), "http://127.0.0.1:8080", [])
EACH = pytest.mark.parametrize("journey", journeys(), ids=lambda journey: journey.id)


@EACH
@pytest.mark.parametrize("language", LANGUAGES)
def test_picture_and_list_say_the_same(journey: Journey, language: Language) -> None:
    drawing = drawn(journey, language)
    assert [arrow.step for arrow in drawing.arrows] == list(journey.steps)
    for arrow in drawing.arrows:
        words = " ".join(text for _, text in arrow.lines)
        assert words.startswith(f"{arrow.number}. {arrow.step.text[language]}")
        assert arrow.step.operation is None or words.endswith(arrow.step.operation)


@EACH
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_in_a_picture_runs_over(journey: Journey, language: Language) -> None:
    drawing = drawn(journey, language)
    ys = [y for arrow in drawing.arrows for y in (*(line for line, _ in arrow.lines), arrow.y)]
    assert ys == sorted(set(ys))
    assert ys[-1] < drawing.height
    for arrow in drawing.arrows:
        assert 0 < min(arrow.start, arrow.end) < max(arrow.start, arrow.end) < drawing.width
        # Seven and a half units are the widest average of a letter at this size.
        assert all(len(text) * 7.5 <= abs(arrow.start - arrow.end) + LANE * 0.2 for _, text in arrow.lines)


@EACH
def test_a_step_to_the_server_names_its_operation_and_its_errors(journey: Journey) -> None:
    for step in journey.steps:
        calls = step.end == "aldaba"
        assert calls == (step.operation is not None) == (step.session is not None)
        assert bool(step.errors) == calls
        assert step.start != step.end


def test_each_picture_has_a_title_and_a_description() -> None:
    text = PAGES.journeys(Chosen("en", by_hand=False))
    assert text.count("<svg ") == text.count("<title id=") == text.count("<desc id=") == len(journeys())
    assert {journey.id for journey in journeys()} == {
        *("first_login", "forgotten_password", "unlock", "challenge", "account_opening", "soft_token")
    }


def test_the_guide_shows_the_vectors_own_values() -> None:
    text = unescape(PAGES.e2e(Chosen("es", by_hand=False)))
    values = [value for step in guide() for _, value in step.values]
    assert len(values) > 15
    assert all(value in text for value in values)
    listed = re.findall(r'data-vector="([^"]+)"', text)
    assert listed == [one.id for one in every_vector()]
