"""The sandbox's pages: customers, inbox, clock, token, vendor, switches, crypto doctor, recipes."""

from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from aldaba.domain.refusals import Refused
from aldaba.pages.answers import Paper, page
from aldaba.pages.bodies import TooLarge, body_within
from aldaba.pages.language import chosen
from aldaba.sandbox.clock import parse_duration
from aldaba.sandbox.due import steps_ahead
from aldaba.sandbox.faults import MODES
from aldaba.sandbox.guard import Guard, Handler
from aldaba.sandbox.opening import Sandbox
from aldaba.sandbox.routes import MAX_BYTES, recipes, told
from aldaba.sandbox.soft_token import qr_code, scanned, seconds_left
from aldaba.sandbox.vendor import decoded
from aldaba.sandbox.wording import wording
from aldaba.service.vendor_tokens import AUDIENCES

HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "same-origin"}
"""Pages hold codes; and under ``no-referrer`` a browser would hide from us the page a form was sent from."""
RECENT = 20
SEE_OTHER = 303


class SandboxPages:
    """Writes a page for each thing of the sandbox, and does what its form asks for."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def routes(self, guard: Guard) -> list[Route]:
        pages: Mapping[str, Handler] = {
            "/sandbox": self.bank,
            "/sandbox/inbox": self.inbox,
            "/sandbox/inbox/list": self.inbox_list,
            "/sandbox/time": self.time,
            "/sandbox/token": self.token,
            "/sandbox/vendor": self.vendor,
            "/sandbox/switches": self.switches,
            "/sandbox/doctor": self.doctor,
            "/sandbox/recipes": self.recipes,
        }
        forms: Mapping[str, Handler] = {
            "/sandbox": self.put_back,
            "/sandbox/time": self.move_time,
            "/sandbox/token": self.use_token,
            "/sandbox/vendor": self.mint,
            "/sandbox/switches": self.switch,
        }
        return [
            *(Route(path, guard.guarded(door), methods=["GET"]) for path, door in pages.items()),
            *(Route(path, guard.for_forms(door), methods=["POST"]) for path, door in forms.items()),
        ]

    async def bank(self, http: Request) -> Response:
        return self._page(http, "bank.html", customers=self._sandbox.customers(), stories=wording().stories)

    async def put_back(self, http: Request) -> Response:
        await self._sandbox.reset()
        return _back(http)

    async def inbox(self, http: Request) -> Response:
        return self._page(http, "inbox.html", messages=await self._messages())

    async def inbox_list(self, http: Request) -> Response:
        return self._page(http, "inbox_list.html", messages=await self._messages())

    async def _messages(self) -> list[dict[str, Any]]:
        return [told(message) for message in await self._sandbox.messages()]

    async def time(self, http: Request, flaw: str | None = None) -> Response:
        steps = steps_ahead(self._sandbox.policy)
        return self._page(http, "time.html", steps=steps, flaw=flaw)

    async def move_time(self, http: Request) -> Response:
        wanted = await _form(http)
        if wanted.get("reset"):
            await self._sandbox.reset_clock()
            return _back(http)
        by = parse_duration(wanted.get("advance", "").strip().upper())
        if by is None:
            return await self.time(http, "bad_duration")
        moved = await self._sandbox.advance(by)
        return _back(http) if moved else await self.time(http, "too_far")

    async def token(self, http: Request) -> Response:
        return await self._token_page(http, http.query_params.get("customer", ""))

    async def use_token(self, http: Request) -> Response:
        """Shows a response, enrols, scans or activates; the seed is in the page only just after enrolment."""
        wanted = await _form(http)
        customer, challenge = wanted.get("customer", "").strip(), wanted.get("challenge", "").strip()
        token = await self._sandbox.token(customer)
        if token is None:
            return await self._token_page(http, customer, flaw="no_token" if customer else None)
        try:
            match wanted.get("act"):
                case "enrol":
                    uri = (await self._sandbox.enrol(token.serial)).uri().reveal()
                    return await self._token_page(http, customer, uri=uri, code=qr_code(uri))
                case "activate":
                    await self._sandbox.activate(token.serial)
                    return await self._token_page(http, customer, activated=True)
                case "scan":
                    return await self._scan(http, customer, wanted.get("uri", ""), challenge)
        except Refused:
            return await self._token_page(http, customer, flaw="not_pre_assigned")
        response = await self._sandbox.token_response(customer, challenge)
        flaw = "bad_challenge" if response is None else None
        return await self._token_page(http, customer, challenge=challenge, response=response, flaw=flaw)

    async def _scan(self, http: Request, customer: str, uri: str, challenge: str) -> Response:
        app = scanned(uri.strip())
        if app is None:
            return await self._token_page(http, customer, flaw="bad_code")
        shown = app.response(challenge, self._sandbox.now()) if challenge else None
        flaw = "bad_challenge" if challenge and shown is None else None
        told = {"uri": uri.strip(), "code": qr_code(uri.strip()), "app": app}
        return await self._token_page(http, customer, challenge=challenge, response=shown, flaw=flaw, **told)

    async def _token_page(self, http: Request, customer: str, **more: Any) -> Response:
        token = await self._sandbox.token(customer) if customer else None
        holders = [one for one in self._sandbox.customers() if one.get("token")]
        left = None if token is None else seconds_left(token.suite, self._sandbox.now())
        nothing = dict.fromkeys(("challenge", "response", "uri", "code", "app", "flaw", "activated"))
        told = nothing | {"customer": customer, "token": token, "holders": holders, "left": left} | more
        return self._page(http, "token.html", stories=wording().stories, **told)

    async def vendor(self, http: Request) -> Response:
        return self._vendor_page(http, http.query_params.get("customer", ""))

    async def mint(self, http: Request) -> Response:
        wanted = await _form(http)
        customer, grant = wanted.get("customer", "").strip(), wanted.get("grant", "")
        if not customer or grant not in AUDIENCES:
            return self._vendor_page(http, customer, flaw="bad_mint")
        jwt = self._sandbox.vendor_jwt(customer, grant)
        return self._vendor_page(http, customer, grant=grant, jwt=jwt, parts=decoded(jwt))

    def _vendor_page(self, http: Request, customer: str, **more: Any) -> Response:
        told = {"jwt": None, "parts": None, "flaw": None, "grant": "1"} | more
        customers, stories = self._sandbox.customers(), wording().stories
        return self._page(
            http,
            "vendor.html",
            customer=customer,
            customers=customers,
            stories=stories,
            grants=list(AUDIENCES),
            **told,
        )

    async def switches(self, http: Request, flaw: str | None = None) -> Response:
        parts = {part: sorted(modes, key=lambda mode: (mode != "ok", mode)) for part, modes in MODES.items()}
        return self._page(http, "switches.html", parts=parts, explained=wording().faults, flaw=flaw)

    async def switch(self, http: Request) -> Response:
        wanted = await _form(http)
        if not await self._sandbox.switch(wanted.get("part", ""), wanted.get("mode", "")):
            return await self.switches(http, "bad_switch")
        return _back(http)

    async def doctor(self, http: Request) -> Response:
        asked = http.query_params.get("uuid", "").strip()
        diagnoses = self._sandbox.diagnoses
        return self._page(
            http,
            "doctor.html",
            asked=asked,
            found=diagnoses.find(asked),
            recent=diagnoses.newest(RECENT),
            steps=wording().steps,
        )

    async def recipes(self, http: Request) -> Response:
        operation, status = http.query_params.get("operation", ""), http.query_params.get("status", "")
        rows = recipes()
        shown = [
            row for row in rows if operation in ("", row["operation"]) and status in ("", str(row["status"]))
        ]
        return self._page(
            http,
            "recipes.html",
            rows=shown,
            operation=operation,
            status=status,
            operations=sorted({row["operation"] for row in rows}),
            statuses=sorted({str(row["status"]) for row in rows}),
        )

    def _page(self, http: Request, template: str, **more: Any) -> Response:
        """``flaw`` names the sentence that says what was expected; such a page answers 400."""
        wanted = chosen(http)
        faults = {part: mode for part, mode in self._sandbox.faults.modes.items() if mode != "ok"}
        told = {"now": self._sandbox.now(), "faults": faults, "flaw": None} | more
        text = _paper().write(template, wanted, http.url.path, **told)
        return page(text, wanted.language, 400 if told["flaw"] else 200, HEADERS)


def _back(http: Request) -> Response:
    """The page again, asked for anew: going back or reloading sends no form twice."""
    return RedirectResponse(f"{http.url.path}{chosen(http).kept}", SEE_OTHER, {"Cache-Control": "no-store"})


async def _form(http: Request) -> dict[str, str]:
    """The fields of a form (WHATWG ``application/x-www-form-urlencoded``); none for anything else."""
    try:
        sent = (await body_within(http, MAX_BYTES)).decode("ascii")
        return dict(parse_qsl(sent, max_num_fields=8, errors="strict"))
    except (TooLarge, ValueError):
        return {}


@cache
def _paper() -> Paper:
    return Paper("aldaba.sandbox", wording().words)
