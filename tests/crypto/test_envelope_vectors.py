"""Every vector of vectors/e2e.json, opened and sealed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aldaba.crypto.envelope import (
    Binding,
    CannotDecrypt,
    Profile,
    Rendering,
    SessionKeys,
    check_digit,
    digits_match,
    looks_sealed,
    open_bound,
    open_event_id,
    open_portal,
    parse_key_material,
    seal_bound,
    seal_event_id,
    seal_portal,
)

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "e2e.json").read_text(encoding="utf-8"))
BOUND = VECTORS["bound-1"]
PORTAL = VECTORS["portal"]
STEPS_OF_REFUSED_BOUND = {
    "another uuid": "mac",
    "another field": "mac",
    "another session": "mac",
    "another operation": "mac",
    "the other direction": "mac",
    "last MAC bit flipped": "mac",
    "iv bit flipped": "mac",
    "ciphertext block cut": "length",
    "odd number of hex digits": "encoding",
    "not hex and not dot": "encoding",
    "empty": "encoding",
    "tag only in dot form": "length",
    "three parts in dot form": "encoding",
    "white space inside": "encoding",
    "MAC right, padding wrong": "padding",
    "MAC right, not UTF-8": "utf8",
}
STEPS_OF_REFUSED_PORTAL = {
    "MAC bit flipped": "mac",
    "ciphertext bit flipped": "mac",
    "a server random that was never issued": "random",
    "kind a in a field of kind c": "kind",
    "kind and text missing": "kind",
}


def keys(profile: Profile) -> SessionKeys:
    return SessionKeys(
        bytes.fromhex(VECTORS["ek"]), bytes.fromhex(VECTORS["iv"]), bytes.fromhex(VECTORS["hk"]), profile
    )


def binding(vector: dict[str, Any]) -> Binding:
    return Binding(vector["direction"], vector["path"], vector["sid"], vector["uuid"], vector["field"])


def each(vectors: list[dict[str, Any]], name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("vector", vectors, ids=[str(vector[name]) for vector in vectors])


def test_the_vectors_name_no_refusal_this_file_does_not_know() -> None:
    assert {vector["why"] for vector in BOUND["refused"]} == set(STEPS_OF_REFUSED_BOUND)
    assert {vector["why"] for vector in PORTAL["refused"]} == set(STEPS_OF_REFUSED_PORTAL)


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("spelling", [str.upper, str.lower])
def test_key_material_parses_in_either_case(profile: Profile, spelling: Callable[[str], str]) -> None:
    assert parse_key_material(spelling(VECTORS["rsaPlaintext"]).encode(), profile) == keys(profile)


def test_check_digits_are_those_of_the_vectors() -> None:
    held = keys(Profile.BOUND)
    assert check_digit(held.ek, held.iv) == VECTORS["encKeyCheckDigit"]
    assert check_digit(held.hk, held.iv) == VECTORS["hmacKeyCheckDigit"]
    assert digits_match(held, VECTORS["encKeyCheckDigit"].lower(), VECTORS["hmacKeyCheckDigit"])


@each(BOUND["accepted"], "field")
@pytest.mark.parametrize("rendering", Rendering)
def test_a_bound_vector_seals_to_its_value(vector: dict[str, Any], rendering: Rendering) -> None:
    iv = bytes.fromhex(vector["freshIv"])
    sealed = seal_bound(keys(Profile.BOUND), vector["text"], binding(vector), iv, rendering)
    assert sealed == vector[rendering.value]


@each(BOUND["accepted"], "field")
@pytest.mark.parametrize("rendering", Rendering)
def test_a_bound_vector_opens_to_its_text(vector: dict[str, Any], rendering: Rendering) -> None:
    assert looks_sealed(vector[rendering.value])
    assert open_bound(keys(Profile.BOUND), vector[rendering.value], binding(vector)) == vector["text"]


@each(BOUND["accepted"], "field")
def test_a_bound_vector_opens_in_lower_case_and_with_an_upper_case_uuid(vector: dict[str, Any]) -> None:
    shouted = binding(vector | {"uuid": vector["uuid"].upper()})
    assert open_bound(keys(Profile.BOUND), vector["hex"].lower(), shouted) == vector["text"]


@each(BOUND["refused"], "why")
def test_a_refused_bound_vector_does_not_open(vector: dict[str, Any]) -> None:
    with pytest.raises(CannotDecrypt) as caught:
        open_bound(keys(Profile.BOUND), vector["value"], binding(vector))
    assert caught.value.step == STEPS_OF_REFUSED_BOUND[vector["why"]]
    assert str(caught.value) == "cannot decrypt"


@each(PORTAL["accepted"], "text")
@pytest.mark.parametrize("rendering", Rendering)
def test_a_portal_vector_seals_to_its_value(vector: dict[str, Any], rendering: Rendering) -> None:
    sealed = seal_portal(
        keys(Profile.PORTAL), vector["text"], vector["kind"], vector["cr"], vector["sr"], rendering
    )
    assert sealed == vector[rendering.value]


@each(PORTAL["accepted"], "text")
@pytest.mark.parametrize("rendering", ["hex", "hexDot", "dot"])
@pytest.mark.parametrize("others_before", [0, 3])
def test_a_portal_vector_opens_with_its_random_among_others(
    vector: dict[str, Any], rendering: str, others_before: int
) -> None:
    randoms = [f"{number:032X}" for number in range(others_before)] + [vector["sr"]]
    opened = open_portal(keys(Profile.PORTAL), vector[rendering], vector["kind"], randoms)
    assert opened == (vector["text"], vector["sr"])
    assert looks_sealed(vector[rendering])


@each(PORTAL["refused"], "why")
def test_a_refused_portal_vector_does_not_open(vector: dict[str, Any]) -> None:
    with pytest.raises(CannotDecrypt) as caught:
        open_portal(keys(Profile.PORTAL), vector["value"], "c", [vector["sr"]])
    assert caught.value.step == STEPS_OF_REFUSED_PORTAL[vector["why"]]


def test_the_event_id_vector_seals_and_opens() -> None:
    vector = PORTAL["eventId"]
    assert seal_event_id(keys(Profile.PORTAL), vector["sr"]) == vector["header"]
    assert open_event_id(keys(Profile.PORTAL), vector["header"]) == vector["sr"]
