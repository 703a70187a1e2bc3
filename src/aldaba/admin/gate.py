"""Whose request it is: a bearer token or the session cookie, the latter with proof that our page sent it."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from aldaba.admin.answers import Wrong
from aldaba.crypto.digests import Secret
from aldaba.domain.addresses import last_told
from aldaba.domain.operators import Actor
from aldaba.service.operator_sign_in import OperatorSignIn, csrf_of

CSRF_HEADER = "csrf-token"
SAFE = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Entered:
    """The operator, and for a browser what his acts must bring."""

    actor: Actor
    csrf: Secret | None


class Gate:
    """``secure`` is whether operators come by https: the cookie then binds itself to this host.

    ``address_header`` is where a proxy in front tells an operator's address; None where there is no proxy.
    """

    def __init__(self, sign_in: OperatorSignIn, *, secure: bool, address_header: str | None = None) -> None:
        self._sign_in = sign_in
        self._secure = secure
        self._address_header = address_header
        self.cookie = "__Host-aldaba-operator" if secure else "aldaba-operator"

    async def enter(self, http: Request) -> Entered:
        """Raises ``Refused`` (``SESSION_EXPIRED``, ``DAY_LIMIT``), ``Wrong`` for a missing proof."""
        scheme, _, bearer = http.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return Entered(await self._sign_in.admit(Secret(bearer.strip()), self.address(http)), None)
        token = self.token(http)
        csrf = csrf_of(token)
        # Before the session is touched: another page's request must not even keep it alive.
        if self.cookie in http.cookies and http.method not in SAFE and not _brings(http, csrf):
            raise Wrong(403, "csrf", f"an act by cookie brings the {CSRF_HEADER} header")
        return Entered(await self._sign_in.admit(token, self.address(http)), csrf)

    def token(self, http: Request) -> Secret:
        """The cookie's; empty without one."""
        return Secret(http.cookies.get(self.cookie, ""))

    def address(self, http: Request) -> str | None:
        """Where the operator sits."""
        if self._address_header is not None:
            return last_told(http.headers.getlist(self._address_header))
        return None if http.client is None else http.client.host

    def hand_out(self, response: Response, token: Secret) -> None:
        response.set_cookie(
            self.cookie, token.reveal(), path="/", secure=self._secure, httponly=True, samesite="strict"
        )

    def take_back(self, response: Response) -> None:
        response.delete_cookie(self.cookie, path="/", secure=self._secure, httponly=True, samesite="strict")


def _brings(http: Request, csrf: Secret) -> bool:
    return Secret(http.headers.get(CSRF_HEADER, "")) == csrf
