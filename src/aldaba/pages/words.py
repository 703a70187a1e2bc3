"""Sentences of pages, in both languages, read strictly: a page never starts with one missing."""

from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType

from aldaba.contract import Language
from aldaba.contract.source import Spot, parse

FILE = "texts.yaml"
LANGUAGES: tuple[Language, ...] = ("es", "en")

Sentence = Mapping[Language, str]


def opened(package: str, *sections: str, file: str = FILE) -> Spot:
    """The texts of a door's package, which have these sections and no other."""
    text = resources.files(package).joinpath(file).read_text(encoding="utf-8")
    return Spot(file, package, parse(file, text)).only(*sections)


def sentences(spot: Spot) -> Mapping[str, Sentence]:
    return MappingProxyType({key: sentence(entry) for key, entry in spot.entries()})


def sentence(spot: Spot) -> Sentence:
    spot.only(*LANGUAGES)
    return MappingProxyType({language: spot.at(language).text() for language in LANGUAGES})


def shared() -> Mapping[str, Sentence]:
    """The words of the frame, the same on every page."""
    return sentences(opened("aldaba.pages", "words").at("words"))
