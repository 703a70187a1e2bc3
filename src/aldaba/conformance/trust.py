"""Whether a session's public key is signed by the root key that is pinned."""

import json
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from aldaba.conformance.verdicts import Broken
from aldaba.crypto import base64text

TYPE = "e2e-key+jwt"


def signed_by(root_keys: list[dict[str, Any]], public: dict[str, str], now: float) -> None:
    """Raise `Broken` unless one of the root keys signed just this public key, and still does."""
    claims = _claims(root_keys, public.get("signedKey", ""))
    told = {"kid": public.get("keyId"), "n": _url(public["modulus"]), "e": _url(public["exponent"])}
    if {name: claims.get(name) for name in told} != told:
        raise Broken("signedKey is about another key than the one answered")
    if not isinstance(claims.get("exp"), int) or claims["exp"] <= now:
        raise Broken(f"expected a signedKey with an exp later than {now:.0f}, found {claims.get('exp')}")


def _claims(root_keys: list[dict[str, Any]], signed: str) -> dict[str, Any]:
    for root in root_keys:
        try:
            opened = jws.deserialize_compact(signed, ECKey.import_key(root), algorithms=["ES256"])
        except (JoseError, ValueError):
            continue
        if opened.headers().get("typ") == TYPE:
            claims = json.loads(opened.payload)
            return claims if isinstance(claims, dict) else {}
    raise Broken("signedKey is not signed by the pinned root key")


def _url(digits: str) -> str:
    return base64text.encode_url(bytes.fromhex(digits).lstrip(b"\0"))
