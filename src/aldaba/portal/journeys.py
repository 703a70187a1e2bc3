"""The customers' journeys: told in one file, drawn here as sequences, and listed in the same words."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from textwrap import wrap

from aldaba.contract import ErrorRow, Language, load
from aldaba.contract.source import Spot
from aldaba.pages.words import Sentence, opened, sentence, sentences
from aldaba.portal.flows import flows

LANE = 230
MARGIN = 85
TOP = 56
LINE = 17
LETTERS = 27
"""Letters of a label that fit between two lanes."""


@dataclass(frozen=True, slots=True)
class Step:
    """One arrow. ``operation``, ``session`` and ``errors`` are told where it calls the server."""

    start: str
    end: str
    text: Sentence
    operation: str | None
    session: Sentence | None
    errors: tuple[ErrorRow, ...]


@dataclass(frozen=True, slots=True)
class Journey:
    """``customer`` is the ready-made one that plays it; ``flow`` is its flow of *Try it*."""

    id: str
    title: Sentence
    about: Sentence
    lanes: Mapping[str, Sentence]
    steps: tuple[Step, ...]
    customer: str | None
    flow: str | None


@dataclass(frozen=True, slots=True)
class Arrow:
    """A step's place in the picture, in its user units."""

    step: Step
    number: int
    start: int
    end: int
    middle: int
    lines: tuple[tuple[int, str], ...]
    y: int


@dataclass(frozen=True, slots=True)
class Drawing:
    journey: Journey
    width: int
    height: int
    lanes: tuple[tuple[int, str], ...]
    arrows: tuple[Arrow, ...]


def drawn(journey: Journey, language: Language) -> Drawing:
    """Where everything stands in the journey's picture."""
    places = {lane: MARGIN + number * LANE for number, lane in enumerate(journey.lanes)}
    y, arrows = TOP, []
    for number, step in enumerate(journey.steps, 1):
        arrow = _arrow(step, number, places, y, language)
        arrows.append(arrow)
        y = arrow.y + LINE
    lanes = tuple((places[lane], name[language]) for lane, name in journey.lanes.items())
    return Drawing(journey, MARGIN * 2 + LANE * (len(places) - 1), y + LINE, lanes, tuple(arrows))


def _arrow(step: Step, number: int, places: Mapping[str, int], y: int, language: Language) -> Arrow:
    start, end = places[step.start], places[step.end]
    label = wrap(f"{number}. {step.text[language]}", LETTERS * max(1, abs(end - start) // LANE))
    if step.operation is not None:
        label.append(step.operation)
    lines = tuple((y + LINE * (at + 1), text) for at, text in enumerate(label))
    tip = end - 8 if end > start else end + 8
    return Arrow(step, number, start, tip, (start + end) // 2, lines, lines[-1][0] + 8)


@cache
def journeys() -> tuple[Journey, ...]:
    spot = opened("aldaba.portal", "lanes", "journeys", file="journeys.yaml")
    lanes = sentences(spot.at("lanes"))
    return tuple(_journey(entry, lanes) for entry in spot.at("journeys").each())


def _journey(spot: Spot, lanes: Mapping[str, Sentence]) -> Journey:
    spot.only("id", "title", "about", "lanes", "steps", "customer", "try")
    chosen = {lane.one_of(*lanes): lanes[lane.text()] for lane in spot.at("lanes").each()}
    flow = spot.find("try")
    return Journey(
        spot.at("id").text(),
        sentence(spot.at("title")),
        sentence(spot.at("about")),
        chosen,
        tuple(_step(entry, chosen) for entry in spot.at("steps").each()),
        spot.find_text("customer"),
        None if flow is None else flow.one_of(*flows().flows),
    )


def _step(spot: Spot, lanes: Mapping[str, Sentence]) -> Step:
    spot.only("from", "to", "text", "operation", "session", "errors")
    named, session = spot.find("operation"), spot.find("session")
    operation = None if named is None else named.one_of(*load().operations)
    return Step(
        spot.at("from").one_of(*lanes),
        spot.at("to").one_of(*lanes),
        sentence(spot.at("text")),
        operation,
        None if session is None else sentence(session),
        tuple(_row(spot, operation or "", told) for told in spot.find_texts("errors")),
    )


def _row(spot: Spot, operation: str, told: str) -> ErrorRow:
    status, _, code = told.partition("/")
    row = load().operations[operation].row(int(status), code)
    if row is None:
        raise spot.mistake(f"{operation} answers no {told}")
    return row
