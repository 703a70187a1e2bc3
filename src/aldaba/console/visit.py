"""One request at the console: who asks, in which language, what the form says, and that it is our form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from aldaba.console.troubles import Stopped
from aldaba.crypto.digests import Secret
from aldaba.domain.operators import Act, Actor, may
from aldaba.pages.bodies import TooLarge, body_within
from aldaba.pages.language import Chosen

MAX_BYTES = 64 * 1024
MOST_FIELDS = 200
FORM = "application/x-www-form-urlencoded"
CSRF_FIELD = "csrf"
CSRF_HEADER = "csrf-token"

Form = Mapping[str, list[str]]


class Keeper(Protocol):
    """The session's cookie, the same as the administration API's, and where the operator sits."""

    def token(self, http: Request) -> Secret: ...
    def address(self, http: Request) -> str | None: ...
    def hand_out(self, response: Response, token: Secret) -> None: ...
    def take_back(self, response: Response) -> None: ...


@dataclass(frozen=True, slots=True)
class Stranger:
    """A request without a session, or before it is looked at."""

    http: Request
    chosen: Chosen
    form: Form

    def given(self, name: str) -> str:
        """The form's one value of this name; empty where there is none."""
        return next(iter(self.form.get(name, ())), "")

    def asked(self, name: str) -> str:
        """The same of the address."""
        return self.http.query_params.get(name, "")


@dataclass(frozen=True, slots=True)
class Visit(Stranger):
    """A request in a live session; ``csrf`` stands in every form of its pages."""

    actor: Actor
    csrf: Secret

    def may(self, act: Act) -> bool:
        return may(self.actor.roles, act)

    @property
    def by_htmx(self) -> bool:
        """Whether a part of a page is asked for, to be put into the one that is open."""
        return self.http.headers.get("hx-request") == "true"


async def form_of(http: Request, most: int) -> Form:
    """What a form sent. Raises ``Stopped``: 413, 415, 400."""
    if http.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise Stopped(415, "no_form")
    try:
        sent = (await body_within(http, most)).decode("utf-8")
        pairs = parse_qsl(sent, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except TooLarge:
        raise Stopped(413, "too_large") from None
    except (ClientDisconnect, ValueError):
        raise Stopped(400, "no_form") from None
    form: dict[str, list[str]] = {}
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    return form


def demand_own_page(http: Request) -> None:
    """A form is taken from our own pages alone, also before there is a session. Raises ``Stopped``: 403.

    The browser says where it comes from: ``Sec-Fetch-Site``, or ``Origin`` where the page is not by https.
    """
    site = http.headers.get("sec-fetch-site")
    if site is not None:
        own = site == "same-origin"
    else:
        own = urlsplit(http.headers.get("origin", "")).netloc == http.headers.get("host", "")
    if not own:
        raise Stopped(403, "csrf")


def demand_proof(http: Request, form: Form, csrf: Secret) -> None:
    """What only a page of this session knows, in the form or htmx' header. Raises ``Stopped``: 403."""
    brought = next(iter(form.get(CSRF_FIELD, ())), http.headers.get(CSRF_HEADER, ""))
    if Secret(brought) != csrf:
        raise Stopped(403, "csrf")
