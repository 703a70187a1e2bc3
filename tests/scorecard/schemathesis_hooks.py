"""Makes most generated calls come as an application in good standing, each with a request id of its own."""

import os
import time
import uuid
from typing import Any

import httpx
import schemathesis


class _Signed:
    """The bearer token, fetched anew well before its fifteen minutes are over."""

    token = ""
    until = 0.0


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: Any, kwargs: object) -> None:
    del context, kwargs
    if time.monotonic() > _Signed.until:
        form = {"grant_type": "client_credentials"}
        auth = (os.environ["FUZZED_CLIENT"], os.environ["FUZZED_SECRET"])
        answer = httpx.post(f"{os.environ['FUZZED_URL']}/api/v1/oauth/token", data=form, auth=auth)
        _Signed.token, _Signed.until = answer.json()["access_token"], time.monotonic() + 600
    headers = dict(case.headers or {})
    # Three of four calls get past the headers; the rest keep what was generated.
    if uuid.uuid4().int % 4:
        headers |= {
            "Authorization": f"Bearer {_Signed.token}",
            "client_id": os.environ["FUZZED_CLIENT"],
            "uuid": str(uuid.uuid4()),
            "channelId": "MOVIL",
            "countryCode": "MX",
            "businessCode": "GCB",
            "Accept": "application/json",
            "Accept-Language": "es-MX",
        }
        headers.pop("sid", None)
    case.headers = headers
