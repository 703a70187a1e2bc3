"""Answers for the application's own standing: its credentials, and the access token kept until it is old."""

import base64
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.asymmetric import ec

from aldaba_client.decoding import Undecodable, json_object
from aldaba_client.envelope import SessionKeys
from aldaba_client.errors import BadAnswer, SignInRefused, Unreachable
from aldaba_client.messages import Answer, Request, Steps
from aldaba_client.options import Clock, Retry
from aldaba_client.signatures import sign
from aldaba_client.trust import Pinned

TOKEN_PATH = "/api/v1/oauth/token"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS = 60
EARLY_SECONDS = 30.0
"""A token is renewed this long before it ends, so that it does not end on the way."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """How the application proves itself: a secret, or a key whose public half the server knows."""

    client_id: str
    secret: str | None = field(default=None, repr=False)
    key: ec.EllipticCurvePrivateKey | None = field(default=None, repr=False)
    key_id: str | None = None
    audience: str = ""

    def form(self, now: float) -> tuple[dict[str, str], dict[str, str]]:
        """Headers and form of a sign-in (RFC 6749 §2.3.1, RFC 7523 §2.2)."""
        grant = {"grant_type": "client_credentials"}
        if self.key is None:
            pair = f"{quote(self.client_id, safe='')}:{quote(self.secret or '', safe='')}"
            return {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}, grant
        moment = {"iat": int(now), "exp": int(now) + ASSERTION_SECONDS, "jti": str(uuid.uuid4())}
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": self.audience, **moment}
        assertion = sign(claims, {} if self.key_id is None else {"kid": self.key_id}, self.key)
        return {}, grant | {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}


@dataclass(slots=True)
class Application:
    """The application and what all of its sessions share."""

    credentials: Credentials
    roots: Pinned
    retry: Retry
    clock: Clock
    registered: SessionKeys | None = field(default=None, repr=False)
    """Keys registered for calls without a session (profile ``bound-1``)."""
    _token: str | None = field(default=None, repr=False)
    _until: float = 0.0

    @property
    def client_id(self) -> str:
        return self.credentials.client_id

    def token(self) -> str | None:
        """The access token, unless there is none or it is about to end."""
        return self._token if self.clock() < self._until else None

    def forget_token(self) -> None:
        self._token, self._until = None, 0.0

    def sign_in(self) -> Steps[None]:
        """Fetch an access token. Raises ``SignInRefused``, ``Unreachable`` or ``BadAnswer``."""
        answer = yield from self._asked()
        if answer.status != 200:
            raise SignInRefused(answer.status, _word(answer))
        try:
            told = json_object(answer.content)
        except Undecodable as trouble:
            raise BadAnswer("sign_in", str(trouble)) from None
        token, seconds = told.get("access_token"), told.get("expires_in")
        if not isinstance(token, str) or not isinstance(seconds, int):
            raise BadAnswer("sign_in", "no access token in the answer")
        self._token = token
        self._until = self.clock() + max(seconds - EARLY_SECONDS, seconds / 2)

    def _asked(self) -> Steps[Answer]:
        trouble = ""
        for attempt in range(self.retry.attempts):
            # A fresh assertion each time: its jti is good once.
            headers, form = self.credentials.form(self.clock())
            content_type = {"content-type": "application/x-www-form-urlencoded"}
            content = urlencode(form).encode()
            headers = headers | content_type
            reply = yield Request("POST", TOKEN_PATH, headers, content, self.retry.wait(attempt))
            if isinstance(reply, Answer) and (reply.status < 500 or attempt + 1 == self.retry.attempts):
                return reply
            trouble = str(reply.status) if isinstance(reply, Answer) else reply.trouble
        raise Unreachable("sign_in", trouble, may_have_acted=False)


def bearer_post(path: str, token: str, form: Mapping[str, str]) -> Request:
    """A form sent with the application's token."""
    headers = {"authorization": f"Bearer {token}", "content-type": "application/x-www-form-urlencoded"}
    return Request("POST", path, headers, urlencode(form).encode())


def _word(answer: Answer) -> str:
    """The error of an RFC 6749 answer, of the alphabet such words have."""
    try:
        told: Any = json_object(answer.content).get("error")
    except Undecodable:
        return ""
    return told if isinstance(told, str) and told.replace("_", "").isalnum() else ""
