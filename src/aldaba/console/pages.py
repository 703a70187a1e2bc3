"""Writes the console's pages: words of the reader's language, moments, what is shown once, strict headers."""

from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from aldaba.console.troubles import Trouble
from aldaba.console.visit import Stranger, Visit
from aldaba.console.wording import wording
from aldaba.crypto.digests import Secret
from aldaba.domain.operators import Act, may
from aldaba.pages.answers import Paper, page
from aldaba.pages.language import Chosen

ROOT = "/admin"
HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "same-origin"}
"""A form's ``Origin`` is told only where the referrer may be; nothing of either leaves the house."""

MENU: tuple[tuple[str, str, Act | None], ...] = (
    ("home", "", None),
    ("customers", "/customers", Act.CUSTOMER_READ),
    ("grants", "/grants", Act.GRANT_READ),
    ("tokens", "/tokens", Act.TOKEN_REVOKE),
    ("applications", "/applications", Act.APPLICATION_READ),
    ("audit", "/audit", Act.AUDIT_READ),
    ("policy", "/policy", Act.POLICY_READ),
    ("operators", "/operators", Act.OPERATOR_READ),
)
"""Each with the act that opens it."""


def write(
    template: str, stranger: Stranger, status: int = 200, *, path: str | None = None, **told: Any
) -> Response:
    """The page; ``path`` is where its other language stands, its own address where nothing is said."""
    address = stranger.http.url
    here = path or (f"{address.path}?{_query(stranger)}" if _query(stranger) else address.path)
    text = _paper().write(template, stranger.chosen, here, **_said(stranger.chosen), **_who(stranger), **told)
    return page(text, stranger.chosen.language, status, HEADERS)


def write_trouble(stranger: Stranger, trouble: Trouble) -> Response:
    return write("trouble.html", stranger, trouble.status, path=ROOT, trouble=trouble)


def gone_to(path: str, chosen: Chosen) -> RedirectResponse:
    """To another page of the console, as a fresh look."""
    return RedirectResponse(f"{path}{chosen.kept}", 303, {**HEADERS})


def _query(stranger: Stranger) -> str:
    pairs = [pair for pair in stranger.http.url.query.split("&") if pair and not pair.startswith("lang=")]
    return "" if stranger.http.method == "POST" else "&".join(pairs)


def _who(stranger: Stranger) -> dict[str, Any]:
    if not isinstance(stranger, Visit):
        return {"actor": None, "csrf": None, "menu": (), "audits": False}
    menu = [
        (key, f"{ROOT}{path}") for key, path, act in MENU if act is None or may(stranger.actor.roles, act)
    ]
    return {
        "actor": stranger.actor,
        "csrf": stranger.csrf,
        "menu": menu,
        "audits": stranger.may(Act.AUDIT_READ),
    }


def _said(chosen: Chosen) -> dict[str, Any]:
    """What templates say words by."""
    said, told = chosen.language, wording()

    def term(value: object) -> str:
        known = told.terms.get(str(value))
        return str(value) if known is None else known[said]

    def place_name(on: str) -> str:
        """What a lock stands on, as ``Obstacle`` says it: a term, or one with digits after it."""
        what, _, which = on.partition(" ")
        return term(on) if on in told.terms else f"{term(what)} {which}".rstrip()

    return {
        "root": ROOT,
        "term": term,
        "place_name": place_name,
        "act_name": lambda act: told.acts[act][0][said] if act in told.acts else act,
        "act_will": lambda act: told.acts[act][1][said],
        "field_name": lambda name: told.fields[name][said] if name in told.fields else name,
        "rule_name": lambda rule: told.rules[rule][0][said],
        "rule_means": lambda rule: told.rules[rule][1][said],
        "trouble_what": lambda key: told.troubles[key][0][said],
        "trouble_cure": lambda key: told.troubles[key][1][said],
        "moment": _moment,
        "once": Secret.reveal,
        "linked": lambda path, **query: _linked(path, chosen, query),
    }


def _linked(path: str, chosen: Chosen, query: dict[str, object]) -> str:
    kept = {"lang": chosen.language} if chosen.by_hand else {}
    pairs = {name: value for name, value in {**query, **kept}.items() if value not in {None, ""}}
    return f"{ROOT}{path}" + (f"?{urlencode(pairs)}" if pairs else "")


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


@cache
def _paper() -> Paper:
    return Paper("aldaba.console", wording().words)
