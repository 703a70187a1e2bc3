"""Every response published in RFC 6287, appendix C."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from aldaba.crypto.ocra import matches, parse_suite, response

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "ocra.json").read_text(encoding="utf-8"))[
    "vectors"
]


def named(vector: dict[str, Any]) -> str:
    return f"{vector['suite']} {vector['question']} {vector.get('counter', '')}"


def inputs(vector: dict[str, Any]) -> dict[str, Any]:
    pin_hash = vector.get("pinHash")
    return {
        "question": vector["question"],
        "counter": vector.get("counter"),
        "pin_hash": None if pin_hash is None else bytes.fromhex(pin_hash),
        "timestamp_steps": vector.get("timestampSteps"),
    }


@pytest.mark.parametrize("vector", VECTORS, ids=named)
def test_a_device_shows_what_the_rfc_prints(vector: dict[str, Any]) -> None:
    suite, key = parse_suite(vector["suite"]), bytes.fromhex(vector["key"])
    assert response(suite, key, **inputs(vector)) == vector["response"]
    assert matches(suite, key, vector["response"], **inputs(vector))


def test_all_seventy_are_there() -> None:
    assert Counter(vector["section"] for vector in VECTORS) == {"C.1": 40, "C.2": 20, "C.3": 10}
    assert len({(*inputs(vector).values(), vector["suite"]) for vector in VECTORS}) == 70
