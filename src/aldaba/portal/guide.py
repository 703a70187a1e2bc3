"""The encryption guide: its steps with the vectors' values beside them, and the list of all vectors."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import msgspec

from aldaba.contract.source import Spot
from aldaba.pages.words import Sentence, opened, sentence

VECTORS = "static/vectors/e2e.json"


@dataclass(frozen=True, slots=True)
class Step:
    """``values`` are names and what the vectors have under them."""

    id: str
    title: Sentence
    text: Sentence
    formula: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Tested:
    """One vector: its place in the file, the profile, whether it must open, and what it is about."""

    id: str
    profile: str
    accepted: bool
    about: str


@cache
def vectors() -> Mapping[str, Any]:
    read: dict[str, Any] = msgspec.json.decode(
        resources.files("aldaba.portal").joinpath(VECTORS).read_bytes()
    )
    return read


@cache
def guide() -> tuple[Step, ...]:
    spot = opened("aldaba.portal", "steps", file="guide.yaml")
    return tuple(_step(entry) for entry in spot.at("steps").each())


@cache
def every_vector() -> tuple[Tested, ...]:
    """Every vector of the file, in its order."""
    found = [Tested(name, "", accepted=True, about=name) for name in _SHARED]
    for profile in ("bound-1", "portal"):
        for kind, about in (("accepted", "field"), ("refused", "why")):
            for number, vector in enumerate(vectors()[profile][kind]):
                place = f"{profile}/{kind}/{number}"
                found.append(Tested(place, profile, accepted=kind == "accepted", about=vector[about]))
    found.append(Tested("portal/eventId", "portal", accepted=True, about="eventId"))
    return tuple(found)


_SHARED = ("encKeyCheckDigit", "hmacKeyCheckDigit", "rsaPlaintext")


def _step(spot: Spot) -> Step:
    spot.only("id", "title", "text", "formula", "values")
    return Step(
        spot.at("id").text(),
        sentence(spot.at("title")),
        sentence(spot.at("text")),
        spot.at("formula").text(),
        tuple((entry.at("name").text(), _value(entry)) for entry in spot.at("values").each()),
    )


def _value(spot: Spot) -> str:
    value: Any = vectors()
    for part in spot.only("name", "at").at("at").text().split("/"):
        value = value[int(part)] if isinstance(value, list) else value.get(part)
    if not isinstance(value, str):
        raise spot.mistake("names no text of the vectors")
    return value
