"""Ports of key administration: a ring that may be changed, and a count of what stands under its keys."""

from collections.abc import Callable, Mapping
from typing import Protocol

from aldaba.crypto.keyring import Keyring
from aldaba.service.ports import KeyVault


class KeyChest(KeyVault, Protocol):
    """A vault that an operator may change; every server reads the changed ring at its next request."""

    def change(self, rule: Callable[[Keyring], Keyring]) -> None:
        """Replace the ring by what the rule makes of it, alone and durably."""


def rotation_mark(name: str) -> str:
    """The value of the house that says when a key of that name was rotated; an act that reads it holds it.

    A rotation writes it before the ring changes.
    """
    return f"rotated/{name}"


Holding = Mapping[tuple[str, str, str], int]
"""What keys still hold: how many values, by the key's name, its id, and the table they stand in or, of a
pepper, what they are."""


class KeyUsers(Protocol):
    """Whatever is stored under the house's keys."""

    async def holdings(self, progress: Callable[[int], None]) -> Holding:
        """A count of everything, on one snapshot; ``progress`` is told how many rows were looked at."""
