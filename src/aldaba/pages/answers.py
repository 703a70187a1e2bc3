"""Pages as answers: from templates, in one language, under a policy that lets nothing in from elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from starlette.responses import Response

from aldaba.contract import Language
from aldaba.pages.language import Chosen
from aldaba.pages.words import Sentence, shared

POLICY: Mapping[str, str] = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
"""The style sheet's marks (arrows, ticks) are images of its own: ``data:``."""


def security(**changes: str) -> dict[str, str]:
    """The headers of every page and asset; ``changes`` widen a rule for one page: ``style_src="…"``."""
    rules = dict(POLICY) | {name.replace("_", "-"): value for name, value in changes.items()}
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in rules.items()),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }


def page(
    text: str, language: Language, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A page in the reader's language; ``headers`` come over the usual ones."""
    usual = {
        **security(),
        "Content-Language": language,
        "Vary": "Accept-Language",
        "Cache-Control": "no-cache",
    }
    return Response(text, status, {**usual, **(headers or {})}, media_type="text/html")


@dataclass(frozen=True, slots=True)
class Paper:
    """Writes a door's pages: its own templates, the shared frame, its own words over the shared ones."""

    package: str
    words: Mapping[str, Sentence]
    _environment: Environment = field(init=False)

    def __post_init__(self) -> None:
        loader = ChoiceLoader([PackageLoader(self.package), PackageLoader("aldaba.pages")])
        environment = Environment(
            loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        object.__setattr__(self, "words", {**shared(), **self.words})
        object.__setattr__(self, "_environment", environment)

    def write(self, template: str, chosen: Chosen, path: str, **told: Any) -> str:
        """The page; ``path`` is its own address, for the link to the other language."""
        return self._environment.get_template(template).render(
            path=path,
            language=chosen.language,
            other=chosen.other,
            kept=chosen.kept,
            word=lambda key: self.words[key][chosen.language],
            **told,
        )
