"""The soft-token vendor's JWTs: whose each is, what it is for, that it serves once (RFC 7519, RFC 8725)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import cast

from aldaba.crypto import base64text, jose, strict_json
from aldaba.crypto.jose import InvalidToken
from aldaba.crypto.keyring import Keyring
from aldaba.domain.customer import Customer
from aldaba.domain.identifiers import CustomerName
from aldaba.domain.policy import VendorPolicy
from aldaba.domain.refusals import Reason, Refused
from aldaba.domain.session import Subject
from aldaba.service.calls import Call
from aldaba.service.ports import Transaction, VendorKeys
from aldaba.service.records import ccs_id_of

AUDIENCES: Mapping[str, str] = MappingProxyType({str(grant): f"fid:{grant}" for grant in range(1, 8)})
"""Functional id → the audience its tokens carry, where the bank configures nothing else."""

MAX_ID_LENGTH = 256
MAX_LIFE_SECONDS = 86_400
"""A token that claims to expire later than this from now would keep its mark in the store for as long."""

_MARK = "vendor token"
_REPRESENTATIVE = re.compile(r"[0-9]{1,2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class VendorClaims:
    """What a good token says. ``used_until``: from then on it could not be accepted again anyway."""

    token_id: str
    representative: str | None
    used_until: datetime


class VendorTokens:
    """Judges the vendor's tokens, and spends them inside an act of the caller's."""

    def __init__(
        self,
        keys: VendorKeys,
        policy: VendorPolicy,
        issuer: str,
        audiences: Mapping[str, str] = AUDIENCES,
    ) -> None:
        self._keys = keys
        self._policy = policy
        self._issuer = issuer
        self._audiences = audiences

    def configured(self, grant: str) -> bool:
        """Whether tokens for this functional id have an audience here."""
        return grant in self._audiences

    async def judge(self, call: Call, token: str, subject: CustomerName, grant: str) -> VendorClaims:
        """The claims of a token for this customer and functional id; whether it was used is not looked at.

        Raises ``Refused`` (functional id not configured, token not valid), ``HouseUnavailable``.
        """
        if not self.configured(grant):
            raise Refused(Reason.NOT_FOUND, "grantType")
        return await self.verify(call, token, subject, grant)

    async def verify(self, call: Call, token: str, subject: CustomerName, grant: str) -> VendorClaims:
        """As ``judge``, for a functional id that the caller looks at later."""
        try:
            algorithms = self._policy.algorithms
            keys = await self._keys.keys(_key_id(token, algorithms), call.now)
            claims = jose.verify(token, keys, algorithms=algorithms, typ=None, kid_required=True)
            self._check_parties(claims, subject, grant)
            used_until = self._check_times(claims, call.now)
            return VendorClaims(_token_id(claims), _representative(claims, subject), used_until)
        except InvalidToken:
            raise Refused(Reason.TOKEN_INVALID) from None

    def _check_parties(self, claims: Mapping[str, object], subject: CustomerName, grant: str) -> None:
        if claims.get("iss") != self._issuer or claims.get("sub") != subject.number:
            raise InvalidToken("claims")
        wanted = self._audiences.get(grant, f"fid:{grant}")
        named = claims.get("aud")
        audiences = named if isinstance(named, list) else [named]
        if wanted not in audiences or not all(isinstance(each, str) for each in audiences):
            raise InvalidToken("claims")

    def _check_times(self, claims: Mapping[str, object], now: datetime) -> datetime:
        skew, seconds = self._policy.skew_seconds, int(now.timestamp())
        jose.check_times(claims, seconds, leeway=skew, max_age=self._policy.max_age_seconds)
        # Numbers both, as has just been checked.
        issued, expires = cast("float", claims["iat"]), cast("float", claims["exp"])
        if expires <= issued or expires > seconds + MAX_LIFE_SECONDS:
            raise InvalidToken("claims")
        # A second more than exp and skew: times are compared in whole seconds.
        return datetime.fromtimestamp(expires, tz=now.tzinfo) + timedelta(seconds=skew + 1)

    def claim(self, act: Transaction, claims: VendorClaims, now: datetime) -> bool:
        """Spend the token together with what the act does for it; False when it was spent before."""
        return act.replays.claim(_MARK, self._mark(claims), claims.used_until, now)

    def used(self, act: Transaction, claims: VendorClaims, now: datetime) -> bool:
        """Whether the token was spent; a refusal asks, so that it spends none."""
        # A mark that ends as it begins keeps nobody out.
        return not act.replays.claim(_MARK, self._mark(claims), now, now)

    def _mark(self, claims: VendorClaims) -> str:
        return f"{self._issuer}\n{claims.token_id}"


def vendor_customer(act: Transaction, keyring: Keyring, customer: Customer, subject: Subject) -> bool:
    """Whether the vendor runs the customer's soft token: the directory says so, or it was registered here.

    Of a company named without one of its representatives any of them counts.
    """
    profiles = (act.profiles.find(ccs_id) for ccs_id in profile_ids(keyring, customer, subject))
    return customer.transmit_customer or any(
        profile is not None and profile.vendor_registered for profile in profiles
    )


def profile_ids(keyring: Keyring, customer: Customer, subject: Subject) -> tuple[str, ...]:
    """The access profiles a subject may mean: its own, and all of a company's where it names none of them."""
    if not subject.ambiguous:
        return (subject.ccs_id,)
    people = ("", *(person.id for person in customer.representatives))
    return tuple(ccs_id_of(keyring, customer.customer_id, person) for person in people)


def claimed_subject(keyring: Keyring, name: CustomerName) -> Subject:
    """Whom a request named that proved nothing: the audit knows them by digest alone."""
    representative = name.representative or ""
    return Subject(name.number, representative, ccs_id_of(keyring, name.number, representative), decoy=True)


def _key_id(token: str, algorithms: Sequence[str]) -> str:
    """The kid a token's header names, once nothing else in that header speaks against the token.

    A hostile header never has keys fetched on its behalf. Raises ``InvalidToken``.
    """
    try:
        jose.verify(token, {}, algorithms=algorithms, typ=None, kid_required=True)
    except InvalidToken as flaw:
        if flaw.reason != "key":
            raise
    kid = strict_json.loads(base64text.decode_url(token.partition(".")[0])).get("kid")
    if not isinstance(kid, str):
        raise InvalidToken("key")
    return kid


def _token_id(claims: Mapping[str, object]) -> str:
    token_id = claims.get("jti")
    if not isinstance(token_id, str) or not 1 <= len(token_id) <= MAX_ID_LENGTH or not token_id.isprintable():
        raise InvalidToken("claims")
    return token_id


def _representative(claims: Mapping[str, object], subject: CustomerName) -> str | None:
    """The representative a token names; never another one than the request does."""
    if "lrid" not in claims:
        return None
    named = claims["lrid"]
    if not isinstance(named, str) or not _REPRESENTATIVE.fullmatch(named):
        raise InvalidToken("claims")
    representative = str(int(named))
    if subject.representative not in (None, representative):
        raise InvalidToken("claims")
    return representative
