"""The token endpoint, its metadata and keys, and session introspection: RFC 6749, 7523, 8414, 9068, 7662."""

import asyncio
import base64
import re
from urllib.parse import parse_qsl, unquote_plus

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from aldaba.api.in_flight import InFlight
from aldaba.api.pipeline import BUDGET_SECONDS, bearer_client
from aldaba.api.refusals import rfc3339
from aldaba.crypto.digests import Secret
from aldaba.domain.application import Application
from aldaba.domain.refusals import HouseUnavailable, Refused
from aldaba.pages.bodies import TooLarge, body_within
from aldaba.service.applications import ASSERTION_ALGORITHMS, Applications, IssuedToken, NotThisApplication
from aldaba.service.introspection import Introspection, SessionTold
from aldaba.service.key_supply import KeySupply

MAX_FORM_BYTES = 16 * 1024
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_CLIENT_ID = re.compile(r"[!-~]{1,256}", re.ASCII)


class OAuthTrouble(Exception):
    """An RFC 6749 section 5.2 error."""

    def __init__(self, error: str, status: int = 400, *, basic: bool = False) -> None:
        super().__init__(error)
        self.error = error
        self.status = status
        self.basic = basic


class OAuth:
    """Applications sign in here."""

    def __init__(
        self,
        applications: Applications,
        supply: KeySupply,
        introspection: Introspection,
        in_flight: InFlight,
        *,
        budget_seconds: float = BUDGET_SECONDS,
    ) -> None:
        self._applications = applications
        self._supply = supply
        self._introspection = introspection
        self._in_flight = in_flight
        self._budget_seconds = budget_seconds

    async def token(self, http: Request) -> Response:
        """``POST /api/v1/oauth/token``."""
        try:
            async with asyncio.timeout(self._budget_seconds):
                form = await self._form(http)
                with self._in_flight.one_unknown():
                    issued = await self._sign_in(http, form)
        except OAuthTrouble as trouble:
            return _trouble(trouble)
        except (HouseUnavailable, TimeoutError):
            return _json({"error": "temporarily_unavailable"}, 503)
        return _json({"access_token": issued.token, "token_type": "Bearer", "expires_in": issued.expires_in})

    async def _form(self, http: Request) -> dict[str, str]:
        """Read before a place is taken: bodies that never end would hold them all, and keep everybody out."""
        self._in_flight.demand_room()
        return await _form(http)

    async def _sign_in(self, http: Request, form: dict[str, str]) -> IssuedToken:
        basic = _basic(http)
        assertion = form.get("client_assertion")
        ways = [basic is not None, "client_secret" in form, assertion is not None]
        if sum(ways) > 1:
            raise OAuthTrouble("invalid_request")
        grant = form.get("grant_type")
        if grant is None:
            raise OAuthTrouble("invalid_request")
        if grant != "client_credentials":
            raise OAuthTrouble("unsupported_grant_type")
        if assertion is not None and form.get("client_assertion_type") != ASSERTION_TYPE:
            raise OAuthTrouble("invalid_request")
        try:
            if assertion is not None:
                return await self._applications.sign_in_by_assertion(assertion, form.get("client_id"))
            client_id, secret = basic or (form.get("client_id", ""), Secret(form.get("client_secret", "")))
            if not _CLIENT_ID.fullmatch(client_id):
                raise OAuthTrouble("invalid_client", 401, basic=basic is not None)
            return await self._applications.sign_in_by_secret(client_id, secret)
        except NotThisApplication:
            raise OAuthTrouble("invalid_client", 401, basic=basic is not None) from None

    async def introspect(self, http: Request) -> Response:
        """``POST /api/v1/sessions/introspect``; whatever is no live session is ``active: false``."""
        try:
            async with asyncio.timeout(self._budget_seconds):
                with self._in_flight.one_unknown():
                    application = await self._asking(http)
                form = await self._form(http)
                with self._in_flight.one_unknown():
                    told = await self._introspected(application, form)
        except OAuthTrouble as trouble:
            return _trouble(trouble)
        except Refused as refused:
            status = 403 if refused.location == "operation" else 401
            return _trouble(OAuthTrouble("insufficient_scope" if status == 403 else "invalid_token", status))
        except (HouseUnavailable, TimeoutError):
            return _json({"error": "temporarily_unavailable"}, 503)
        if told is None:
            return _json({"active": False})
        body: dict[str, object] = {
            "active": True,
            "customerId": told.customer_id,
            "channel": told.channel,
            "aal": told.aal,
            "exp": int(told.expires_at.timestamp()),
        }
        if told.representative:
            body["representative"] = told.representative
        if told.strong_until is not None:
            body["strong_until"] = rfc3339(told.strong_until)
        return _json(body)

    async def _asking(self, http: Request) -> Application:
        client_id = await bearer_client(self._applications, http.headers.get("authorization", ""))
        application = await self._applications.find(client_id)
        if application is None:
            raise OAuthTrouble("invalid_token", 401)
        return application

    async def _introspected(self, application: Application, form: dict[str, str]) -> SessionTold | None:
        if "token" not in form:
            raise OAuthTrouble("invalid_request")
        return await self._introspection.tell(application, Secret(form["token"]))

    async def metadata(self, http: Request) -> Response:  # noqa: ARG002 - the same for everybody
        """``/.well-known/oauth-authorization-server`` (RFC 8414)."""
        issuer = self._applications.issuer
        return _public(
            {
                "issuer": issuer,
                "token_endpoint": self._applications.token_endpoint,
                "jwks_uri": f"{issuer}/.well-known/jwks.json",
                "introspection_endpoint": f"{issuer}/api/v1/sessions/introspect",
                "grant_types_supported": ["client_credentials"],
                "response_types_supported": [],
                "token_endpoint_auth_methods_supported": [
                    "client_secret_basic",
                    "client_secret_post",
                    "private_key_jwt",
                ],
                "token_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
            }
        )

    async def jwks(self, http: Request) -> Response:  # noqa: ARG002 - the same for everybody
        """``/.well-known/jwks.json`` (RFC 7517): the keys access tokens are signed with."""
        return _public({"keys": list(self._supply.verification_keys().values())})

    async def e2e_root(self, http: Request) -> Response:  # noqa: ARG002 - the same for everybody
        """``/.well-known/aldaba-e2e-root.json``: what front ends pin."""
        return _public(self._supply.root_jwk())


async def _form(http: Request) -> dict[str, str]:
    kind = http.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise OAuthTrouble("invalid_request")
    try:
        sent = (await body_within(http, MAX_FORM_BYTES)).decode("ascii")
        pairs = parse_qsl(sent, keep_blank_values=True, strict_parsing=bool(sent), errors="strict")
    except (TooLarge, ValueError):
        raise OAuthTrouble("invalid_request") from None
    form = dict(pairs)
    # RFC 6749 section 3.2: parameters must not be included more than once.
    if len(form) != len(pairs):
        raise OAuthTrouble("invalid_request")
    return {name: value for name, value in form.items() if value}


def _basic(http: Request) -> tuple[str, Secret] | None:
    scheme, _, encoded = http.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:
        raise OAuthTrouble("invalid_client", 401, basic=True) from None
    if not colon:
        raise OAuthTrouble("invalid_client", 401, basic=True)
    return unquote_plus(client_id), Secret(unquote_plus(secret))


def _trouble(trouble: OAuthTrouble) -> Response:
    response = _json({"error": trouble.error}, trouble.status)
    if trouble.status == 401:
        scheme = "Basic" if trouble.basic or trouble.error == "invalid_client" else "Bearer"
        response.headers["WWW-Authenticate"] = f'{scheme} realm="aldaba"'
    return response


def _json(body: object, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
    return Response(msgspec.json.encode(body), status, headers, media_type="application/json")


def _public(body: object) -> Response:
    headers = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
    return Response(msgspec.json.encode(body), 200, headers, media_type="application/json")
