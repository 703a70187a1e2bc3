"""The flows of the page *Try it*, read strictly: every step and field a flow names is there."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from aldaba.contract import load
from aldaba.contract.source import Spot
from aldaba.pages.words import Sentence, opened, sentence, sentences


@dataclass(frozen=True, slots=True)
class Field:
    """An input of the page."""

    id: str
    label: Sentence
    hint: Sentence


@dataclass(frozen=True, slots=True)
class Step:
    """One step; ``operations`` are those it calls, in this order."""

    id: str
    title: Sentence
    text: Sentence
    operations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flow:
    id: str
    title: Sentence
    intro: Sentence
    customer: str
    fields: tuple[Field, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Flows:
    flows: Mapping[str, Flow]
    said: Mapping[str, Sentence]

    def named(self, wanted: str) -> Flow:
        """The flow of that name, or the first."""
        return self.flows.get(wanted) or next(iter(self.flows.values()))


@cache
def flows() -> Flows:
    spot = opened("aldaba.portal", "flows", "fields", "steps", "said", file="flows.yaml")
    fields = {key: _field(key, entry) for key, entry in spot.at("fields").entries()}
    steps = {key: _step(key, entry) for key, entry in spot.at("steps").entries()}
    found = {key: _flow(key, entry, fields, steps) for key, entry in spot.at("flows").entries()}
    return Flows(MappingProxyType(found), sentences(spot.at("said")))


def _field(key: str, spot: Spot) -> Field:
    spot.only("label", "hint")
    return Field(key, sentence(spot.at("label")), sentence(spot.at("hint")))


def _step(key: str, spot: Spot) -> Step:
    spot.only("title", "text", "operations")
    operations = tuple(member.one_of(*load().operations) for member in spot.at("operations").each())
    return Step(key, sentence(spot.at("title")), sentence(spot.at("text")), operations)


def _flow(key: str, spot: Spot, fields: Mapping[str, Field], steps: Mapping[str, Step]) -> Flow:
    spot.only("title", "intro", "customer", "fields", "steps")
    return Flow(
        key,
        sentence(spot.at("title")),
        sentence(spot.at("intro")),
        spot.at("customer").text(),
        tuple(fields[member.one_of(*fields)] for member in spot.at("fields").each()),
        tuple(steps[member.one_of(*steps)] for member in spot.at("steps").each()),
    )
