"""Hard and soft OCRA tokens: their states as the contract numbers them."""

from dataclasses import dataclass
from enum import StrEnum


class TokenStatus(StrEnum):
    """``tokenStatus``; a customer without a token shows ``BASIC``."""

    BASIC = "6"
    HARD_ACTIVE = "56"
    SOFT_PRE_ASSIGNED = "64"
    SOFT_ACTIVE = "66"
    SOFT_DEACTIVATED = "63"


ACTIVE = frozenset({TokenStatus.HARD_ACTIVE, TokenStatus.SOFT_ACTIVE})
"""States in which a token answers challenges."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token assigned to a customer; ``sealed_secret`` is its seed under the storage key."""

    serial: str
    kind: str
    suite: str
    sealed_secret: str
    status: TokenStatus
    customer_id: str | None = None
