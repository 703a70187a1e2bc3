"""The sandbox's sentences, in both languages: pages, the stories of its customers, steps of decryption."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from aldaba.contract.source import Spot
from aldaba.pages.words import Sentence, opened, sentence, sentences


@dataclass(frozen=True, slots=True)
class Step:
    """A step of decryption: what failed there, what it likely comes from, and what to do."""

    meaning: Sentence
    cause: Sentence
    cure: Sentence


@dataclass(frozen=True, slots=True)
class Wording:
    words: Mapping[str, Sentence]
    stories: Mapping[str, Sentence]
    faults: Mapping[str, Sentence]
    steps: Mapping[str, Step]


@cache
def wording() -> Wording:
    spot = opened("aldaba.sandbox", "words", "stories", "faults", "steps")
    return Wording(
        words=sentences(spot.at("words")),
        stories=sentences(spot.at("stories")),
        faults=sentences(spot.at("faults")),
        steps=MappingProxyType({key: _step(entry) for key, entry in spot.at("steps").entries()}),
    )


def _step(spot: Spot) -> Step:
    spot.only("meaning", "cause", "cure")
    return Step(*(sentence(spot.at(part)) for part in ("meaning", "cause", "cure")))
