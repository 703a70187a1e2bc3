"""The portal's own sentences, in both languages; a page never starts with one missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from aldaba.contract import Contract, ErrorRow
from aldaba.contract.source import Spot
from aldaba.pages.words import Sentence, opened, sentence, sentences


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the page of an error row says beside the row itself."""

    meaning: Sentence
    cure: Sentence
    location: Sentence


@dataclass(frozen=True, slots=True)
class Wording:
    words: Mapping[str, Sentence]
    sessions: Mapping[str, Sentence]
    errors: Mapping[str, Explanation]

    def explanation(self, operation_id: str, row: ErrorRow) -> Explanation:
        """The operation's own explanation of that row, or the code's."""
        own = self.errors.get(f"{operation_id}/{row.status}/{row.code}")
        return own or self.errors[row.code]


@cache
def wording() -> Wording:
    spot = opened("aldaba.portal", "words", "sessions", "errors")
    return Wording(
        words=sentences(spot.at("words")),
        sessions=sentences(spot.at("sessions")),
        errors=MappingProxyType({key: _explanation(entry) for key, entry in spot.at("errors").entries()}),
    )


def unexplained(contract: Contract) -> list[str]:
    """Rows the portal has no words for, and words for rows that do not exist."""
    told, rows = wording().errors, [row for op in contract.operations.values() for row in op.errors]
    known = {row.code for row in rows} | {f"{row.operation}/{row.status}/{row.code}" for row in rows}
    return sorted({row.code for row in rows} - told.keys()) + sorted(told.keys() - known)


def _explanation(spot: Spot) -> Explanation:
    spot.only("meaning", "cure", "location")
    return Explanation(*(sentence(spot.at(part)) for part in ("meaning", "cure", "location")))
