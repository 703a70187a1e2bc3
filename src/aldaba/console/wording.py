"""The console's own sentences, in both languages; a page never starts with one missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from aldaba.contract.source import Spot
from aldaba.pages.words import Sentence, opened, sentence, sentences

Pairs = Mapping[str, tuple[Sentence, Sentence]]


@dataclass(frozen=True, slots=True)
class Wording:
    """``acts``: name, what will happen. ``rules``: name, meaning. ``troubles``: what, and how to cure."""

    words: Mapping[str, Sentence]
    terms: Mapping[str, Sentence]
    """Words the house's values have for people: roles, states, causes, kinds."""
    fields: Mapping[str, Sentence]
    acts: Pairs
    rules: Pairs
    troubles: Pairs


@cache
def wording() -> Wording:
    spot = opened("aldaba.console", "words", "terms", "fields", "acts", "rules", "troubles")
    return Wording(
        words=sentences(spot.at("words")),
        terms=sentences(spot.at("terms")),
        fields=sentences(spot.at("fields")),
        acts=_pairs(spot.at("acts"), "name", "will"),
        rules=_pairs(spot.at("rules"), "name", "means"),
        troubles=_pairs(spot.at("troubles"), "what", "cure"),
    )


def _pairs(spot: Spot, first: str, second: str) -> Pairs:
    found = {
        key: (sentence(entry.only(first, second).at(first)), sentence(entry.at(second)))
        for key, entry in spot.entries()
    }
    return MappingProxyType(found)
