"""In and out: sign-in, invitation and second factor, password, sign-out."""

import segno
from starlette.responses import Response

from aldaba.console.pages import ROOT, gone_to, write
from aldaba.console.troubles import SESSION_OVER, Trouble, of_refusal
from aldaba.console.visit import Keeper, Stranger, Visit
from aldaba.crypto.digests import Secret
from aldaba.domain.refusals import Reason, Refused
from aldaba.service.operator_accounts import OperatorAccounts
from aldaba.service.operator_sign_in import OperatorSignIn

INVITATION = f"{ROOT}/invitation/{{token}}"
SIGN_IN = f"{ROOT}/sign-in"
_STEP_BACK = {Reason.SECRET_UNFIT, Reason.CREDENTIAL_REFUSED, Reason.INVALID_REQUEST}


class Entrance:
    """Every failure of a sign-in reads the same."""

    def __init__(self, keeper: Keeper, sign_in: OperatorSignIn, accounts: OperatorAccounts) -> None:
        self._keeper = keeper
        self._sign_in = sign_in
        self._accounts = accounts

    async def show_sign_in(self, stranger: Stranger) -> Response:
        return write("sign_in.html", stranger, trouble=None)

    def session_over(self, stranger: Stranger) -> Response:
        """What was sent is lost: the session had ended."""
        return write("sign_in.html", stranger, 401, path=SIGN_IN, trouble=SESSION_OVER)

    async def sign_in(self, stranger: Stranger) -> Response:
        given = stranger.given
        try:
            entered = await self._sign_in.sign_in(
                given("name").strip(),
                Secret(given("password")),
                Secret(given("code").strip()),
                self._keeper.address(stranger.http),
            )
        except Refused as refused:
            trouble = of_refusal(refused)
            return write("sign_in.html", stranger, trouble.status, trouble=trouble)
        response = gone_to(ROOT, stranger.chosen)
        # A session of its own, whatever cookie was brought: none that somebody else planted becomes ours.
        self._keeper.hand_out(response, entered.token)
        return response

    async def sign_out(self, visit: Visit) -> Response:
        await self._sign_in.sign_out(visit.actor)
        response = gone_to(SIGN_IN, visit.chosen)
        self._keeper.take_back(response)
        return response

    async def show_invitation(self, stranger: Stranger) -> Response:
        return await self._invitation(stranger, None)

    async def accept(self, stranger: Stranger) -> Response:
        given = stranger.given
        try:
            _demand_same(given("password"), given("again"))
            enrolled = await self._accounts.accept(
                Secret(stranger.http.path_params["token"]),
                Secret(given("password")),
                Secret(given("code").strip()),
                self._keeper.address(stranger.http),
            )
        except Refused as refused:
            if refused.reason not in _STEP_BACK:
                raise
            return await self._invitation(stranger, of_refusal(refused))
        return write("enrolled.html", stranger, path=SIGN_IN, enrolled=enrolled)

    async def _invitation(self, stranger: Stranger, trouble: Trouble | None) -> Response:
        # After a bad password the app keeps what it scanned: the page says which second factor it showed.
        shown = await self._accounts.open_invitation(
            Secret(stranger.http.path_params["token"]),
            self._keeper.address(stranger.http),
            seen=Secret(stranger.given("seen")),
        )
        qr = segno.make(shown.uri.reveal(), micro=False).svg_data_uri(scale=5, light="white")
        status = 200 if trouble is None else trouble.status
        return write("invitation.html", stranger, status, shown=shown, qr=qr, trouble=trouble)

    async def show_password(self, visit: Visit) -> Response:
        return write("password.html", visit, trouble=None)

    async def change_password(self, visit: Visit) -> Response:
        given = visit.given
        try:
            _demand_same(given("new"), given("again"))
            await self._accounts.change_password(
                visit.actor, Secret(given("current")), Secret(given("new")), Secret(given("code").strip())
            )
        except Refused as refused:
            trouble = of_refusal(refused)
            return write("password.html", visit, trouble.status, trouble=trouble)
        response = gone_to(SIGN_IN, visit.chosen)
        self._keeper.take_back(response)
        return response


def _demand_same(password: str, again: str) -> None:
    if password != again:
        raise Refused(Reason.INVALID_REQUEST, "again")
