"""Builds the contract's fallback rows and its sentences in both languages."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from aldaba.contract.source import Spot
from aldaba.contract.values import Fallback, Operation, Schema


def build_fallback(spot: Spot, operations: Mapping[str, Operation]) -> Fallback:
    """Which rows answer in place of unprinted ones."""
    spot.only("common", "instead", "always", "anywhere")
    for member in spot.at("common").each():
        if member.text() not in operations:
            raise member.mistake(f"is no operation of the contract: {member.value}")
    instead = {code: entry.text() for code, entry in spot.at("instead").entries()}
    for code, other in instead.items():
        if other in instead:
            raise spot.at("instead").at(code).mistake(f"leads on to {other}, which has another instead")
    always = frozenset(spot.at("always").texts())
    anywhere = [(status, code) for status, codes in spot.at("anywhere").entries() for code in codes.texts()]
    return Fallback(spot.at("common").texts(), MappingProxyType(instead), always, tuple(anywhere))


def build_spanish(details: Spot, operations: Mapping[str, Operation]) -> Mapping[str, str]:
    """The Spanish rendering of every printed details sentence."""
    printed = {row.details for operation in operations.values() for row in operation.errors}
    spanish = {sentence: rendering.text() for sentence, rendering in details.entries()}
    for sentence in sorted(printed):
        details.at(sentence)
    for sentence in spanish:
        if sentence not in printed:
            raise details.at(sentence).mistake("no error row says this")
    return MappingProxyType(spanish)


def build_texts(answers: Spot, schemas: Mapping[str, Schema]) -> Mapping[str, Mapping[str, str]]:
    """The sentences about codes in answers; every printed code with a description has one."""
    texts = MappingProxyType(dict(_sentences("", answers)))
    for schema in schemas.values():
        for prop in schema.properties.values():
            if prop.name + "Description" in schema.properties and prop.values:
                for code in prop.values:
                    answers.at(prop.name).at(str(code))
    return texts


def _sentences(before: str, spot: Spot) -> Iterator[tuple[str, Mapping[str, str]]]:
    for key, entry in spot.entries():
        if isinstance(entry.value, dict) and "es" not in entry.value and "en" not in entry.value:
            yield from _sentences(f"{before}{key}.", entry)
        else:
            both = entry.only("es", "en")
            said = {language: both.at(language).text() for language in ("es", "en")}
            yield f"{before}{key}", MappingProxyType(said)
