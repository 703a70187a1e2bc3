"""Secrets are compared in constant time: every path that compares one uses ``hmac.compare_digest``."""

import hmac
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from tests.scorecard.card import Card

from aldaba.crypto import ocra
from aldaba.crypto.digests import Secret, equal
from aldaba.crypto.envelope import (
    Binding,
    CannotDecrypt,
    Rendering,
    open_bound,
    open_portal,
    seal_bound,
    seal_portal,
)
from aldaba.crypto.session_keys import Profile, SessionKeys, digits_match

KEYS = SessionKeys(bytes(32), bytes(16), bytes(32), Profile.BOUND)
PORTAL = SessionKeys(bytes(32), bytes(16), bytes(32), Profile.PORTAL)
BINDING = Binding("request", "/v1/login", "sid-1", "a7d1e304-83a9-4413-af97-62615e57eae6", "field")
SUITE = ocra.parse_suite("OCRA-1:HOTP-SHA256-8:QN08")
SERVER_RANDOM = "7" * 32


def opened(act: Callable[[], object]) -> None:
    with pytest.raises(CannotDecrypt):
        act()


PATHS: dict[str, Callable[[], object]] = {
    "digests": lambda: equal(b"a", b"b"),
    "a Secret": lambda: Secret("one") == Secret("two"),
    "check digits": lambda: digits_match(KEYS, "000000", "000000"),
    "the tag of a bound-1 value": lambda: opened(
        lambda: open_bound(
            KEYS, seal_bound(KEYS, "x", BINDING, bytes(16), Rendering.HEX)[:-2] + "00", BINDING
        )
    ),
    "the tag and random of a portal value": lambda: open_portal(
        PORTAL, seal_portal(PORTAL, "x", "b", "0" * 32, SERVER_RANDOM, Rendering.HEX), "b", (SERVER_RANDOM,)
    ),
    "an OCRA response": lambda: ocra.matches(SUITE, bytes(20), "00000000", question="00000000"),
}


def comparisons(act: Callable[[], object]) -> int:
    """How often ``compare_digest`` ran while the act did."""
    calls = 0

    def watch(_: FrameType, event: str, called: Any) -> None:
        nonlocal calls
        calls += event == "c_call" and called is hmac.compare_digest

    sys.setprofile(watch)
    try:
        act()
    finally:
        sys.setprofile(None)
    return calls


def test_every_secret_is_compared_in_constant_time(card: Card) -> None:
    plain = [name for name, act in PATHS.items() if comparisons(act) == 0]
    card.tell(
        "Secrets",
        f"comparisons of secrets that are not constant-time, of {len(PATHS)} paths",
        reach=0,
        measured=", ".join([str(len(plain)), *plain]),
        kept=not plain,
    )
