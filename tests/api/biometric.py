"""Biometric tokens as a phone makes them: a compact JWS by the key that the sandbox tells."""

import json
from datetime import datetime
from typing import Any

import httpx
from joserfc import jws
from joserfc.jwk import ECKey
from tests.conftest import Bank
from tests.front_end import FrontEnd

from aldaba.sandbox.bank import application_device_id


async def phone_key(bank: Bank, customer: str) -> dict[str, str]:
    """The private key on that customer's phone."""
    told = (await bank.http.get("/sandbox/customers")).json()
    key: dict[str, str] = next(one["deviceKeyJwk"] for one in told if one["customerId"] == customer)
    return key


def token(key: dict[str, str], claims: dict[str, Any], **header: Any) -> str:
    sent = {"alg": "ES256", "typ": "biotoken+jwt", **header}
    return jws.serialize_compact(sent, json.dumps(claims), ECKey.import_key(dict(key)), algorithms=["ES256"])


def claims_for(
    customer: str, headers: dict[str, str], now: datetime, *, life: int = 60, **changes: Any
) -> dict[str, Any]:
    """The claims of a token for the request with these headers."""
    issued = int(now.timestamp())
    right = {"sub": customer, "sid": headers["sid"], "jti": headers["uuid"]}
    return right | {"iat": issued, "exp": issued + life} | changes


async def biometric_login(
    bank: Bank,
    front: FrontEnd,
    customer: str,
    *,
    phone_of: str | None = None,
    header: dict[str, Any] | None = None,
    device: str | None = None,
    **changes: Any,
) -> httpx.Response:
    """A login by fingerprint; ``phone_of`` is whose phone signs, the other changes go into the claims."""
    owner = phone_of or customer
    kid = device or application_device_id(owner)
    headers = front.headers()
    claims = claims_for(customer, headers, bank.house.clock(), **changes)
    signed = token(await phone_key(bank, owner), claims, **({"kid": kid} | (header or {})))
    return await front.login(customer, signed, "biometric", headers=headers, applicationDeviceId=kid)
