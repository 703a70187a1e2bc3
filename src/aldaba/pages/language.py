"""Which of the two languages a reader wants: what the address says, else what the browser likes better."""

import re
from dataclasses import dataclass

from starlette.requests import Request

from aldaba.contract import Language

_LONGEST = 256
_RANGE = re.compile(r"\s*(es|en|\*)(?:-[A-Za-z0-9-]+)?\s*(?:;\s*q\s*=\s*([0-9.]+))?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The language to answer in, and whether the address chose it."""

    language: Language
    by_hand: bool

    @property
    def other(self) -> Language:
        return "en" if self.language == "es" else "es"

    @property
    def kept(self) -> str:
        """The query that keeps a language chosen by hand on the pages that follow."""
        return f"?lang={self.language}" if self.by_hand else ""


def chosen(http: Request) -> Chosen:
    """``?lang=`` first, then ``Accept-Language``; Spanish where nothing is said."""
    match http.query_params.get("lang"):
        case "en":
            return Chosen("en", by_hand=True)
        case "es":
            return Chosen("es", by_hand=True)
        case _:
            return Chosen(accepted(http.headers.get("accept-language", "")), by_hand=False)


def accepted(header: str) -> Language:
    """Spanish unless English is liked better (RFC 9110 section 12.5.4)."""
    liked = {"es": 0.0, "en": 0.0}
    for part in header[:_LONGEST].lower().split(","):
        found = _RANGE.fullmatch(part)
        if found is None:
            continue
        quality = _quality(found[2])
        for language in liked if found[1] == "*" else (found[1],):
            liked[language] = max(liked[language], quality)
    return "en" if liked["en"] > liked["es"] else "es"


def _quality(text: str | None) -> float:
    try:
        return 1.0 if text is None else float(text)
    except ValueError:
        return 0.0
