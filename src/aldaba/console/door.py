"""The routes of the console: which need a session, and how whatever goes wrong becomes a page."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from aldaba.console.acts import Acts
from aldaba.console.entrance import INVITATION, SIGN_IN, Entrance
from aldaba.console.home import Home
from aldaba.console.pages import ROOT, gone_to, write_trouble
from aldaba.console.rooms import Rooms
from aldaba.console.troubles import FAULT, Stopped, trouble_of
from aldaba.console.visit import (
    MAX_BYTES,
    Form,
    Keeper,
    Stranger,
    Visit,
    demand_own_page,
    demand_proof,
    form_of,
)
from aldaba.crypto.digests import Secret
from aldaba.domain.operators import Act
from aldaba.domain.refusals import Reason, Refused
from aldaba.pages.assets import asset_routes
from aldaba.pages.language import chosen
from aldaba.service.operator_sign_in import OperatorSignIn, csrf_of

ACT_BYTES = 6 * 1024 * 1024
"""A delivery of tokens, 4 MiB at most, is pasted into a form."""

IMPORT = f"{ROOT}/acts/{Act.TOKEN_IMPORT}"

NOBODY = Secret("")
Crash = Callable[[str, BaseException], None]
Open = Callable[[Stranger], Awaitable[Response]]
Guarded = Callable[[Visit], Awaitable[Response]]


class Console:
    """Mounted on the operators' listener, after the administration API."""

    def __init__(
        self,
        keeper: Keeper,
        sign_in: OperatorSignIn,
        entrance: Entrance,
        home: Home,
        rooms: Rooms,
        acts: Acts,
        crash: Crash,
    ) -> None:
        self._keeper = keeper
        self._sign_in = sign_in
        self._entrance = entrance
        self._home = home
        self._rooms = rooms
        self._acts = acts
        self._crash = crash

    def routes(self) -> list[BaseRoute]:
        return [
            *asset_routes("aldaba.pages", "/assets"),
            *asset_routes("aldaba.console", f"{ROOT}/assets"),
            *(
                Route(path, self._to_all(path, door), methods=[method])
                for method, path, door in self.open_to_all()
            ),
            *(
                Route(path, self._to_operators(path, door), methods=[method])
                for method, path, door in self.to_operators()
            ),
        ]

    def open_to_all(self) -> tuple[tuple[str, str, Open], ...]:
        """What needs no session."""
        entrance = self._entrance
        return (
            ("GET", SIGN_IN, entrance.show_sign_in),
            ("POST", SIGN_IN, entrance.sign_in),
            ("GET", INVITATION, entrance.show_invitation),
            ("POST", INVITATION, entrance.accept),
        )

    def to_operators(self) -> tuple[tuple[str, str, Guarded], ...]:
        """Everything else, in the order it is matched."""
        entrance, rooms, acts = self._entrance, self._rooms, self._acts
        return (
            ("GET", ROOT, self._home.show),
            ("POST", f"{ROOT}/sign-out", entrance.sign_out),
            ("GET", f"{ROOT}/password", entrance.show_password),
            ("POST", f"{ROOT}/password", entrance.change_password),
            ("GET", f"{ROOT}/customers", rooms.customers),
            ("POST", f"{ROOT}/customers", rooms.find),
            ("GET", f"{ROOT}/customers/{{customer_id}}", rooms.customer),
            ("GET", f"{ROOT}/customers/{{customer_id}}/timeline", rooms.timeline),
            ("GET", f"{ROOT}/acts/{{act}}", acts.show),
            ("POST", f"{ROOT}/acts/{{act}}", acts.ask),
            ("GET", f"{ROOT}/grants", rooms.grants),
            ("POST", f"{ROOT}/grants/{{grant_id}}/withdraw", acts.withdraw),
            ("GET", f"{ROOT}/tokens", rooms.tokens),
            ("GET", f"{ROOT}/applications", rooms.applications),
            ("GET", f"{ROOT}/audit", rooms.audit),
            ("GET", f"{ROOT}/policy", rooms.policy),
            ("GET", f"{ROOT}/operators", rooms.operators),
            ("GET", f"{ROOT}/keyboard", rooms.keyboard),
            ("GET", f"{ROOT}/{{rest:path}}", _no_page),
            ("POST", f"{ROOT}/{{rest:path}}", _no_page),
        )

    def _to_all(self, path: str, door: Open) -> Callable[[Request], Awaitable[Response]]:
        async def answered(http: Request) -> Response:
            stranger = Stranger(http, chosen(http), {})
            try:
                form = await self._form(http, MAX_BYTES)
                return await door(Stranger(http, stranger.chosen, form))
            except Exception as raised:  # noqa: BLE001 - no door lets an exception out, whatever went wrong
                return self._trouble(path, stranger, raised)

        return answered

    def _to_operators(self, path: str, door: Guarded) -> Callable[[Request], Awaitable[Response]]:
        async def answered(http: Request) -> Response:
            stranger = Stranger(http, chosen(http), {})
            try:
                visit = await self._visit(stranger)
            except Exception as raised:  # noqa: BLE001 - as above
                return self._turned_away(path, stranger, raised)
            try:
                return await door(visit)
            except Exception as raised:  # noqa: BLE001 - as above
                return self._trouble(path, visit, raised)

        return answered

    async def _visit(self, stranger: Stranger) -> Visit:
        http, token = stranger.http, self._keeper.token(stranger.http)
        if token == NOBODY:
            raise Refused(Reason.SESSION_EXPIRED)
        csrf = csrf_of(token)
        form: Form = {}
        if http.method == "POST":
            demand_own_page(http)
            # A stranger's body is not read, and a long one for the form alone that takes a delivery.
            if not await self._sign_in.alive(token):
                raise Refused(Reason.SESSION_EXPIRED)
            form = await form_of(http, ACT_BYTES if http.url.path == IMPORT else MAX_BYTES)
            # Before the session is touched: another page's request must not even keep it alive.
            demand_proof(http, form, csrf)
        actor = await self._sign_in.admit(token, self._keeper.address(http))
        return Visit(http, stranger.chosen, form, actor, csrf)

    async def _form(self, http: Request, most: int) -> Form:
        if http.method != "POST":
            return {}
        demand_own_page(http)
        return await form_of(http, most)

    def _turned_away(self, path: str, stranger: Stranger, raised: Exception) -> Response:
        over = isinstance(raised, Refused) and raised.reason is Reason.SESSION_EXPIRED
        if not over:
            return self._trouble(path, stranger, raised)
        if stranger.http.headers.get("hx-request") == "true":
            return Response(status_code=401, headers={"HX-Redirect": f"{SIGN_IN}{stranger.chosen.kept}"})
        if stranger.http.method == "POST":
            return self._entrance.session_over(stranger)
        return gone_to(SIGN_IN, stranger.chosen)

    def _trouble(self, path: str, stranger: Stranger, raised: Exception) -> Response:
        found = trouble_of(raised)
        if found is None:
            self._crash(path, raised)
        return write_trouble(stranger, found or FAULT)


async def _no_page(_: Visit) -> Response:
    raise Stopped(404, "no_page")
