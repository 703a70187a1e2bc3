"""Application sign-in: OAuth 2.0 client credentials in, RFC 9068 access tokens out, and their check."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NoReturn

from aldaba.crypto import jose
from aldaba.crypto.digests import Secret, equal, handle_digest
from aldaba.crypto.jose import InvalidToken
from aldaba.domain.application import Application
from aldaba.domain.policy import Policy
from aldaba.service.audit import ApplicationRefused, Event, EventType
from aldaba.service.key_supply import KeySupply
from aldaba.service.ports import Clock, RandomBytes, Store, Transaction

ASSERTION_ALGORITHMS = ("ES256", "ES384", "PS256", "RS256", "EdDSA")
TOKEN_TYPE = "at+jwt"
LONGEST_ID = 256
REMEMBERED_TOKENS = 10_000
STANDING_SECONDS = 0.5
"""An application's standing is read again after so long: a change is seen within a second."""


class NotThisApplication(Exception):
    """The application did not prove itself; one failure for every cause."""


@dataclass(frozen=True, slots=True)
class IssuedToken:
    token: str
    expires_in: int


@dataclass(frozen=True, slots=True)
class _Remembered:
    client_id: str
    expires_at: float


class Applications:
    """Issues access tokens and recognises them."""

    def __init__(
        self,
        store: Store,
        supply: KeySupply,
        policy: Policy,
        issuer: str,
        clock: Clock,
        random_bytes: RandomBytes,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._supply = supply
        self._policy = policy
        self._issuer = issuer
        self._clock = clock
        self._random_bytes = random_bytes
        self._ticks = ticks
        self._known: dict[str, tuple[float, Application | None]] = {}
        self._tokens: dict[bytes, _Remembered] = {}
        self._origins: tuple[float, frozenset[str]] = (float("-inf"), frozenset())

    @property
    def issuer(self) -> str:
        return self._issuer

    @property
    def token_endpoint(self) -> str:
        return f"{self._issuer}/api/v1/oauth/token"

    async def find(self, client_id: str) -> Application | None:
        """The enabled application of that id, as of at most half a second ago."""
        now = self._ticks()
        read_at, application = self._known.get(client_id, (-1.0, None))
        if read_at < 0 or now - read_at > STANDING_SECONDS:
            application = await self._store.read(lambda transaction: transaction.applications.find(client_id))
            if len(self._known) > REMEMBERED_TOKENS:
                self._known.clear()
            self._known[client_id] = (now, application)
        return application if application is not None and application.enabled else None

    async def any_shares_with(self, origin: str) -> bool:
        """Whether some enabled application's pages live at this origin."""
        now = self._ticks()
        if now - self._origins[0] > STANDING_SECONDS:
            everyone = await self._store.read(lambda transaction: transaction.applications.all())
            shared = frozenset().union(*(one.cors_origins for one in everyone if one.enabled))
            self._origins = (now, shared)
        return origin in self._origins[1]

    async def sign_in_by_secret(self, client_id: str, secret: Secret) -> IssuedToken:
        """RFC 6749 section 4.4, secret by Basic or in the form. Raises ``NotThisApplication``."""
        application = await self.find(client_id)
        text = secret.reveal()
        # Ours are ASCII; another one has no digest, and is wrong like any.
        given = handle_digest(text) if text.isascii() else b""
        # An unknown client id is compared as well, so that it costs what a wrong secret costs.
        expected = (application.secret_digest if application else None) or bytes(32)
        if not equal(given, expected) or application is None:
            await self._refuse(client_id, "secret")
        return self._issue(client_id)

    async def sign_in_by_assertion(self, assertion: str, client_id: str | None) -> IssuedToken:
        """RFC 7523 (``private_key_jwt``); its ``jti`` is good once. Raises ``NotThisApplication``."""
        claimed = _claimed_issuer(assertion)
        if claimed is None or (client_id is not None and claimed != client_id):
            await self._refuse(client_id or "", "assertion: issuer")
        application = await self.find(claimed)
        if application is None or not application.public_jwks:
            await self._refuse(claimed, "assertion: application")
        now = self._clock()
        try:
            claims = self._verified(assertion, application, now)
        except InvalidToken as invalid:
            await self._refuse(claimed, f"assertion: {invalid.reason}")
        if not await self._claim(claimed, claims, now):
            await self._refuse(claimed, "assertion: used")
        return self._issue(claimed)

    def _verified(self, assertion: str, application: Application, now: datetime) -> dict[str, object]:
        keys = {jwk["kid"]: dict(jwk) for jwk in application.public_jwks}
        claims = jose.verify(assertion, keys, algorithms=ASSERTION_ALGORITHMS, typ=None)
        rules = self._policy.access_token
        jose.check_times(
            claims,
            int(now.timestamp()),
            leeway=rules.leeway_seconds,
            max_age=rules.assertion_max_age_seconds if "iat" in claims else None,
        )
        if claims.get("iss") != application.client_id or claims.get("sub") != application.client_id:
            raise InvalidToken("subject")
        audience = claims.get("aud")
        named = audience if isinstance(audience, list) else [audience]
        if not {self._issuer, self.token_endpoint} & {entry for entry in named if isinstance(entry, str)}:
            raise InvalidToken("audience")
        expires = claims["exp"]
        if not isinstance(expires, int | float) or expires > now.timestamp() + 3600:
            raise InvalidToken("exp too far")
        jti = claims.get("jti")
        if not isinstance(jti, str) or not 1 <= len(jti) <= 256:
            raise InvalidToken("jti")
        return claims

    async def _claim(self, client_id: str, claims: dict[str, object], now: datetime) -> bool:
        # The mark outlives the token by its leeway, or a replay would pass between the two moments.
        margin = self._policy.access_token.leeway_seconds + 1
        expires = claims["exp"]
        seconds = float(expires) if isinstance(expires, int | float) else 0.0
        until = datetime.fromtimestamp(seconds, tz=now.tzinfo) + timedelta(seconds=margin)
        value = f"{client_id}\n{claims['jti']}"
        return await self._store.run(lambda transaction: transaction.replays.claim("jti", value, until, now))

    async def recognise(self, token: str) -> str:
        """The client id an access token was issued to. Raises ``NotThisApplication``."""
        digest = sha256(token.encode("utf-8", "surrogatepass")).digest()
        now = self._clock().timestamp()
        remembered = self._tokens.get(digest)
        if remembered is None:
            remembered = self._checked(token, now)
            if len(self._tokens) >= REMEMBERED_TOKENS:
                self._tokens.clear()
            self._tokens[digest] = remembered
        if now >= remembered.expires_at:
            del self._tokens[digest]
            raise NotThisApplication
        return remembered.client_id

    def _checked(self, token: str, now: float) -> _Remembered:
        try:
            claims = jose.verify(
                token, self._supply.verification_keys(), algorithms=("ES256",), typ=TOKEN_TYPE
            )
            jose.check_times(claims, int(now), leeway=0)
        except InvalidToken:
            raise NotThisApplication from None
        client_id, expires = claims.get("client_id"), claims.get("exp")
        if claims.get("iss") != self._issuer or claims.get("aud") != self._issuer:
            raise NotThisApplication
        if not isinstance(client_id, str) or not isinstance(expires, int | float):
            raise NotThisApplication
        return _Remembered(client_id, float(expires))

    def _issue(self, client_id: str) -> IssuedToken:
        now = int(self._clock().timestamp())
        life = self._policy.access_token.life_seconds
        claims = {
            "iss": self._issuer,
            "aud": self._issuer,
            "sub": client_id,
            "client_id": client_id,
            "iat": now,
            "exp": now + life,
            "jti": self._random_bytes(16).hex(),
        }
        return IssuedToken(jose.sign(claims, self._supply.signing_key(), typ=TOKEN_TYPE), life)

    async def _refuse(self, client_id: str, reason: str) -> NoReturn:
        known = await self.find(client_id)
        event = Event(
            EventType.APPLICATION_REFUSED,
            self._clock(),
            ApplicationRefused(reason),
            application_id=known.client_id if known else None,
        )
        await self._store.run(_record(event))
        raise NotThisApplication


def _record(event: Event) -> Callable[[Transaction], None]:
    return lambda transaction: transaction.audit.record(event)


def _claimed_issuer(assertion: str) -> str | None:
    try:
        issuer = jose.unverified_claims(assertion).get("iss")
    except InvalidToken:
        return None
    named = (
        isinstance(issuer, str) and issuer.isascii() and issuer.isprintable() and len(issuer) <= LONGEST_ID
    )
    return str(issuer) if named else None
