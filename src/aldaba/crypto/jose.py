"""Answers for signed tokens: signing ours with ES256, and verifying any with algorithms the caller pins."""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache

from joserfc import jwk as josekey
from joserfc import jws
from joserfc.errors import InvalidKeyCurveError, InvalidKeyTypeError, JoseError
from joserfc.jws import JWSAlgModel  # type: ignore[attr-defined]  # named by no __all__ of theirs

from aldaba.crypto import base64text, strict_json
from aldaba.crypto.jwk import (
    ALLOWED_KEYS,
    SigningKey,
    UnacceptableKey,
    check_public_jwk,
    generate_signing_key,
    private_key_of,
    thumbprint,
)

__all__ = [
    "ALLOWED_KEYS",
    "MAX_TOKEN_LENGTH",
    "InvalidToken",
    "SigningKey",
    "UnacceptableKey",
    "check_public_jwk",
    "check_times",
    "generate_signing_key",
    "sign",
    "thumbprint",
    "verify",
]

MAX_TOKEN_LENGTH = 8192
# A header that brings its own key, names a place to fetch one, or changes what the signature covers.
REFUSED_HEADERS = frozenset({"crit", "jku", "jwk", "x5u", "x5c", "b64", "zip"})

# What a verification key is made of; a private half is never read.
_MEMBERS = ("kty", "crv", "x", "y", "n", "e", "k")


class InvalidToken(Exception):
    """The token is not to be believed.

    `reason` is `length`, `malformed`, `header`, `type`, `algorithm`, `key`, `signature`, `claims`, `expired`,
    `not_yet_valid` or `too_old`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def sign(claims: Mapping[str, object], key: SigningKey, *, typ: str) -> str:
    """A compact ES256 JWS over the claims, with `typ` and `kid` in its header (RFC 7515 §7.1)."""
    header = {"alg": "ES256", "typ": typ, "kid": key.kid}
    return jws.serialize_compact(
        header, strict_json.dumps(dict(claims)), private_key_of(key.private_pem), algorithms=["ES256"]
    )


def verify(
    token: str,
    keys: Mapping[str, Mapping[str, object]],
    *,
    algorithms: Sequence[str],
    typ: str | None,
    kid_required: bool = False,
    max_length: int = MAX_TOKEN_LENGTH,
) -> dict[str, object]:
    """The claims of a compact JWS signed by one of `keys` (kid → JWK) with one of `algorithms` (RFC 8725).

    A token without `kid` is taken only when there is one key and `kid_required` is not set. `typ` is compared
    without case and without `application/`; None takes any. Times are not looked at: see `check_times`.
    Raises `InvalidToken`.
    """
    if len(token) > max_length:
        raise InvalidToken("length")
    header_part, payload_part = _parts(token)
    header = _json_object(header_part, "malformed")
    algorithm = _check_header(header, algorithms, typ)
    if kid_required and "kid" not in header:
        raise InvalidToken("key")
    key = _key_for(header, keys, algorithm)
    _check_signature(token, key, algorithm)
    return _json_object(payload_part, "claims")


def check_times(
    claims: Mapping[str, object],
    now: int,
    *,
    leeway: int,
    max_age: int | None = None,
    require_exp: bool = True,
) -> None:
    """Passes claims that hold at `now` (Unix seconds), give or take `leeway` (RFC 7519 §4.1.4 to 4.1.6).

    `max_age` bounds the time since `iat`, which is then required. Raises `InvalidToken`.
    """
    exp, nbf, iat = (_moment(claims, name) for name in ("exp", "nbf", "iat"))
    if (exp is None and require_exp) or (iat is None and max_age is not None):
        raise InvalidToken("claims")
    if exp is not None and now >= exp + leeway:
        raise InvalidToken("expired")
    if any(start is not None and now < start - leeway for start in (nbf, iat)):
        raise InvalidToken("not_yet_valid")
    if max_age is not None and iat is not None and now - iat > max_age + leeway:
        raise InvalidToken("too_old")


def unverified_claims(token: str, *, max_length: int = MAX_TOKEN_LENGTH) -> dict[str, object]:
    """What a token claims before anybody checked it: good only for choosing the keys to check it with.

    Raises `InvalidToken`.
    """
    if len(token) > max_length:
        raise InvalidToken("length")
    return _json_object(_parts(token)[1], "claims")


def _parts(token: str) -> tuple[str, str]:
    parts = token.split(".")
    if len(parts) != 3:
        raise InvalidToken("malformed")
    return parts[0], parts[1]


def _json_object(part: str, reason: str) -> dict[str, object]:
    try:
        value = strict_json.loads(base64text.decode_url(part))
    except ValueError:
        raise InvalidToken(reason) from None
    if not isinstance(value, dict):
        raise InvalidToken(reason)
    return value


def _check_header(header: dict[str, object], algorithms: Sequence[str], typ: str | None) -> str:
    if REFUSED_HEADERS & set(header):
        raise InvalidToken("header")
    if typ is not None and _plain_type(header.get("typ")) != _plain_type(typ):
        raise InvalidToken("type")
    algorithm = header.get("alg")
    # "none" is refused even where a caller lists it by mistake.
    if not isinstance(algorithm, str) or algorithm not in algorithms or algorithm.lower() == "none":
        raise InvalidToken("algorithm")
    return algorithm


def _plain_type(typ: object) -> str | None:
    return typ.lower().removeprefix("application/") if isinstance(typ, str) else None


def _key_for(
    header: dict[str, object], keys: Mapping[str, Mapping[str, object]], algorithm: str
) -> Mapping[str, object]:
    kid = header.get("kid")
    if kid is None and "kid" not in header and len(keys) == 1:
        (jwk,) = keys.values()
    elif isinstance(kid, str) and kid in keys:
        jwk = keys[kid]
    else:
        raise InvalidToken("key")
    if jwk.get("use", "sig") != "sig" or jwk.get("alg", algorithm) != algorithm:
        raise InvalidToken("algorithm")
    return jwk


class _Named(jws.JWSRegistry):
    """A registry that takes what its caller named, and has no opinion of its own (it warns of EdDSA)."""

    def get_alg(self, name: str) -> JWSAlgModel:
        return self.algorithms[name]


def _check_signature(token: str, jwk: Mapping[str, object], algorithm: str) -> None:
    registry = _Named(algorithms=[algorithm], strict_check_header=False)
    key = _public_key(jwk)
    try:
        # joserfc refuses a key whose type or curve the algorithm does not take.
        jws.deserialize_compact(token, key, registry=registry)
    except (InvalidKeyTypeError, InvalidKeyCurveError):
        raise InvalidToken("algorithm") from None
    except (JoseError, ValueError):
        raise InvalidToken("signature") from None


def _public_key(jwk: Mapping[str, object]) -> josekey.Key:
    members = tuple((name, value) for name in _MEMBERS if isinstance(value := jwk.get(name), str))
    try:
        return _imported(members)
    except (JoseError, ValueError):
        raise InvalidToken("key") from None


@lru_cache(maxsize=256)
def _imported(members: tuple[tuple[str, str], ...]) -> josekey.Key:
    return josekey.import_key({**dict(members)})


def _moment(claims: Mapping[str, object], name: str) -> float | None:
    value = claims.get(name)
    if value is None and name not in claims:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidToken("claims")
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidToken("claims")
    return value


def kid_of(token: str) -> str | None:
    """Which key the token says signed it; nothing of it is believed before ``verify``."""
    try:
        header = strict_json.loads(base64text.decode_url(token.partition(".")[0]))
    except (ValueError, strict_json.NotStrictJson):
        return None
    kid = header.get("kid") if isinstance(header, dict) else None
    return kid if isinstance(kid, str) else None
