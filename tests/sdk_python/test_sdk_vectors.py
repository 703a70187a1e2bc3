"""The envelope's vectors, and values that travel between this client's code and the server's."""

import json
from typing import Any

import pytest
from aldaba_client import envelope
from aldaba_client.envelope import Binding, CannotOpen, Profile, Rendering, SessionKeys
from tests.sdk_python.conftest import ROOT

from aldaba.crypto import envelope as servers

VECTORS = json.loads((ROOT / "vectors" / "e2e.json").read_text("utf-8"))
EK, IV, HK = (bytes.fromhex(VECTORS[name]) for name in ("ek", "iv", "hk"))
BOUND, PORTAL = (SessionKeys(EK, IV, HK, profile) for profile in Profile)
SERVERS = {profile: servers.SessionKeys(EK, IV, HK, servers.Profile(profile)) for profile in Profile}
SR = VECTORS["portal"]["eventId"]["sr"]


def binding(vector: dict[str, Any]) -> Binding:
    return Binding(*(vector[part] for part in ("direction", "path", "sid", "uuid", "field")))


def servers_binding(vector: dict[str, Any]) -> servers.Binding:
    return servers.Binding(*(vector[part] for part in ("direction", "path", "sid", "uuid", "field")))


def named(vector: dict[str, Any]) -> str:
    return str(vector.get("why") or vector["field"])


def test_keys_are_written_as_the_vectors_say() -> None:
    assert BOUND.material().decode() == VECTORS["rsaPlaintext"]
    assert BOUND.check_digits() == (VECTORS["encKeyCheckDigit"], VECTORS["hmacKeyCheckDigit"])


@pytest.mark.parametrize("vector", VECTORS["bound-1"]["accepted"], ids=named)
@pytest.mark.parametrize("rendering", list(Rendering))
def test_bound_values_are_sealed_and_opened_as_the_vectors_say(
    vector: dict[str, Any], rendering: Rendering
) -> None:
    iv = bytes.fromhex(vector["freshIv"])
    written = vector[rendering.value]
    assert envelope.seal_bound(BOUND, binding(vector), vector["text"], rendering, iv) == written
    assert envelope.open_bound(BOUND, binding(vector), written) == vector["text"]


@pytest.mark.parametrize("vector", VECTORS["bound-1"]["refused"], ids=named)
def test_bound_values_that_must_be_refused_are(vector: dict[str, Any]) -> None:
    with pytest.raises(CannotOpen):
        envelope.open_bound(BOUND, binding(vector), vector["value"])


@pytest.mark.parametrize("vector", VECTORS["portal"]["accepted"], ids=named)
@pytest.mark.parametrize("rendering", list(Rendering))
def test_portal_values_are_sealed_and_opened_as_the_vectors_say(
    vector: dict[str, Any], rendering: Rendering
) -> None:
    kind, text = vector["kind"], vector["text"]
    sealed = envelope.seal_portal(PORTAL, kind, vector["sr"], text, rendering, vector["cr"])
    assert sealed == vector[rendering.value]
    for written in ("hex", "hexDot", "dot"):
        assert envelope.open_portal(PORTAL, vector[written], kind, (SR,)) == text


@pytest.mark.parametrize("vector", VECTORS["portal"]["refused"], ids=named)
def test_portal_values_that_must_be_refused_are(vector: dict[str, Any]) -> None:
    with pytest.raises(CannotOpen):
        envelope.open_portal(PORTAL, vector["value"], "c", (SR,))


def test_an_event_id_gives_its_random_and_a_forged_one_does_not() -> None:
    header = VECTORS["portal"]["eventId"]["header"]
    assert envelope.open_event_id(PORTAL, header) == SR
    with pytest.raises(CannotOpen):
        envelope.open_event_id(PORTAL, "A" + header[1:])


@pytest.mark.parametrize("text", ["", "15000010", "contraseñaÑ9", "x" * 200])
@pytest.mark.parametrize("rendering", list(Rendering))
def test_values_travel_both_ways_in_bound_1(text: str, rendering: Rendering) -> None:
    vector = VECTORS["bound-1"]["accepted"][0]
    here, there = binding(vector), servers_binding(vector)
    sealed = envelope.seal_bound(BOUND, here, text, rendering)
    assert servers.open_bound(SERVERS[Profile.BOUND], sealed, there) == text
    back = servers.seal_bound(SERVERS[Profile.BOUND], text, there, bytes(16), servers.Rendering(rendering))
    assert envelope.open_bound(BOUND, here, back) == text


@pytest.mark.parametrize("kind", ["a", "b", "c"])
@pytest.mark.parametrize("rendering", list(Rendering))
def test_values_travel_both_ways_in_portal(kind: str, rendering: Rendering) -> None:
    sealed = envelope.seal_portal(PORTAL, kind, SR, "texto ñ", rendering)
    assert servers.open_portal(SERVERS[Profile.PORTAL], sealed, kind, [SR])[0] == "texto ñ"
    header = servers.seal_event_id(SERVERS[Profile.PORTAL], SR)
    assert envelope.open_event_id(PORTAL, header) == SR


def test_no_failure_and_no_key_shows_what_it_holds() -> None:
    assert EK.hex() not in repr(BOUND).lower()
    assert "ek" not in repr(BOUND)
    with pytest.raises(CannotOpen, match="the value does not open") as failed:
        envelope.open_bound(BOUND, binding(VECTORS["bound-1"]["accepted"][0]), "ABCD")
    assert failed.value.__suppress_context__ or failed.value.__context__ is None
