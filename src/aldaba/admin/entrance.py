"""Sign-in, sign-out, password and invitations: the operations that need no role."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import segno
from starlette.requests import Request
from starlette.responses import Response

from aldaba.admin.answers import told
from aldaba.admin.gate import Gate
from aldaba.admin.reading import MAX_BYTES, body_of, made
from aldaba.crypto.digests import Secret
from aldaba.service.operator_accounts import Enrolled, OperatorAccounts
from aldaba.service.operator_sign_in import OperatorSignIn

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class SignInBody:
    """``code`` is the app's, or a recovery code. ``cookie`` is for browsers: no token in the answer then."""

    name: str
    password: Secret
    code: Secret
    cookie: bool = False


@dataclass(frozen=True, slots=True)
class SessionOpened:
    """``token`` for ``Authorization: Bearer``, or, with a cookie, ``csrf`` for the csrf-token header."""

    name: str
    roles: tuple[str, ...]
    expires_at: datetime
    recovery_codes_left: int
    token: Secret | None
    csrf: Secret | None


@dataclass(frozen=True, slots=True)
class SessionShown:
    name: str
    roles: tuple[str, ...]
    csrf: Secret | None


@dataclass(frozen=True, slots=True)
class PasswordBody:
    current: Secret
    new: Secret
    code: Secret


@dataclass(frozen=True, slots=True)
class InvitationBody:
    token: Secret


@dataclass(frozen=True, slots=True)
class InvitationShown:
    """``uri`` is the ``otpauth://`` address, ``qr`` the same as a picture (a data URI of SVG)."""

    name: str
    roles: tuple[str, ...]
    expires_at: datetime
    uri: Secret
    qr: Secret


@dataclass(frozen=True, slots=True)
class AcceptBody:
    token: Secret
    password: Secret
    code: Secret


@dataclass(frozen=True, slots=True)
class Way:
    """One of these operations; ``answer`` is None for 204, ``signed_in`` whether it takes a session."""

    id: str
    method: str
    path: str
    endpoint: Endpoint
    body: type | None
    answer: type | None
    signed_in: bool
    status: int = 200


class Entrance:
    """The ways in and out."""

    def __init__(self, gate: Gate, sign_in: OperatorSignIn, accounts: OperatorAccounts) -> None:
        self._gate = gate
        self._sign_in = sign_in
        self._accounts = accounts

    @property
    def ways(self) -> tuple[Way, ...]:
        return (
            Way("signIn", "POST", "/sessions", self.sign_in, SignInBody, SessionOpened, False, 201),
            Way("showSession", "GET", "/session", self.session, None, SessionShown, True),
            Way("signOut", "DELETE", "/session", self.sign_out, None, None, True, 204),
            Way(
                "changePassword",
                "POST",
                "/session/password",
                self.change_password,
                PasswordBody,
                None,
                True,
                204,
            ),
            Way(
                "openInvitation",
                "POST",
                "/invitations/open",
                self.open_invitation,
                InvitationBody,
                InvitationShown,
                False,
            ),
            Way("acceptInvitation", "POST", "/invitations/accept", self.accept, AcceptBody, Enrolled, False),
        )

    async def sign_in(self, http: Request) -> Response:
        asked = made(SignInBody, await body_of(http, MAX_BYTES), {})
        entered = await self._sign_in.sign_in(
            asked.name, asked.password, asked.code, self._gate.address(http)
        )
        response = told(
            SessionOpened(
                entered.actor.name,
                tuple(sorted(entered.actor.roles)),
                entered.expires_at,
                entered.recovery_codes_left,
                None if asked.cookie else entered.token,
                entered.csrf if asked.cookie else None,
            ),
            201,
        )
        if asked.cookie:
            self._gate.hand_out(response, entered.token)
        return response

    async def session(self, http: Request) -> Response:
        entered = await self._gate.enter(http)
        return told(SessionShown(entered.actor.name, tuple(sorted(entered.actor.roles)), entered.csrf))

    async def sign_out(self, http: Request) -> Response:
        entered = await self._gate.enter(http)
        await self._sign_in.sign_out(entered.actor)
        return self._gone()

    async def change_password(self, http: Request) -> Response:
        entered = await self._gate.enter(http)
        asked = made(PasswordBody, await body_of(http, MAX_BYTES), {})
        await self._accounts.change_password(entered.actor, asked.current, asked.new, asked.code)
        return self._gone()

    async def open_invitation(self, http: Request) -> Response:
        asked = made(InvitationBody, await body_of(http, MAX_BYTES), {})
        shown = await self._accounts.open_invitation(asked.token, self._gate.address(http))
        qr = segno.make(shown.uri.reveal(), micro=False).svg_data_uri(scale=4)
        return told(InvitationShown(shown.name, shown.roles, shown.expires_at, shown.uri, Secret(qr)))

    async def accept(self, http: Request) -> Response:
        asked = made(AcceptBody, await body_of(http, MAX_BYTES), {})
        return told(
            await self._accounts.accept(asked.token, asked.password, asked.code, self._gate.address(http))
        )

    def _gone(self) -> Response:
        response = Response(status_code=204)
        self._gate.take_back(response)
        return response
