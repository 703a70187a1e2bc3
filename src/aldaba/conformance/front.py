"""A front end with one session: token, handle, keys; it writes requests and remembers what answers bring."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx
import msgspec

from aldaba.conformance.envelope import Keys, fresh_keys, offer
from aldaba.conformance.link import Lines, Link
from aldaba.conformance.verdicts import Broken
from aldaba.conformance.wear import Wear
from aldaba.contract import Contract, Operation
from aldaba.crypto.envelope import Binding, Rendering

FACTORS = {"pin": (1, "a"), "password": (2, "b"), "biometric": (3, "c")}
KINDS = {
    "encryptedCredentialAccess": "a",
    "newEncryptedAccessNumber": "a",
    "newEncryptedAccessCredential": "b",
}
"""The portal profile's letter of sealed fields; c for all others."""


def new_uuid() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True)
class Letter:
    """A request ready to be sent; a check changes what it is about and sends the rest as it is."""

    operation: Operation
    headers: dict[str, str]
    body: Any

    def with_headers(self, changes: Mapping[str, str]) -> "Letter":
        """The same with these headers, whatever the case in which they stood there before."""
        return replace(self, headers=self.without(*changes).headers | dict(changes))

    def without(self, *names: str) -> "Letter":
        lowered = {name.lower() for name in names}
        kept = {name: value for name, value in self.headers.items() if name.lower() not in lowered}
        return replace(self, headers=kept)

    def with_body(self, body: Any) -> "Letter":
        return replace(self, body=body)

    @property
    def content(self) -> bytes | None:
        return None if self.body is None else msgspec.json.encode(self.body)


@dataclass(slots=True)
class Application:
    """An application of the server, with the token it got."""

    client_id: str
    secret: str
    token: str = ""


@dataclass(slots=True)
class Front:
    """What a front end keeps: an application's token, a session handle, keys, the customer it identified."""

    link: Link
    contract: Contract
    application: Application
    profile: str
    language: str
    channel: str
    wear: Wear
    sid: str | None = None
    keys: Keys | None = None
    ccs_id: str = ""
    public: dict[str, str] | None = None
    inside: bool = False
    """Whether a customer is logged in, so that the session can be ended afterwards."""

    def headers(self) -> dict[str, str]:
        """What every request says, with a fresh uuid."""
        usual: dict[str, str | None] = {
            "client_id": self.application.client_id,
            "Authorization": f"Bearer {self.application.token}",
            "uuid": new_uuid(),
            "channelId": self.channel,
            "countryCode": "MX",
            "businessCode": "GCB",
            "Accept": "application/json",
            "Accept-Language": self.language,
            "sid": self.sid,
        }
        return {name: value for name, value in usual.items() if value is not None}

    def letter(self, operation_id: str, body: Any = None, headers: dict[str, str] | None = None) -> Letter:
        sent = dict(headers or self.headers())
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        return Letter(self.contract.operation(operation_id), sent, body)

    def send(
        self, letter: Letter, *, lines: Lines | None = None, raw: bytes | None = None, keep: bool = True
    ) -> httpx.Response:
        """The answer, of which handle and server random are kept."""
        operation = letter.operation
        content = letter.content if raw is None else raw
        answer = self.link.send(
            operation.method, operation.path, lines or list(letter.headers.items()), content
        )
        if keep:
            self._remember(operation.id, answer)
        return answer

    def call(
        self, operation_id: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        return self.send(self.letter(operation_id, body, headers))

    def _remember(self, operation_id: str, answer: httpx.Response) -> None:
        self.wear.note(operation_id, answer)
        self.sid = answer.headers.get("sid", self.sid)
        if "eventId" in answer.headers and self.keys is not None and self.keys.portal:
            self.keys.learn(answer.headers["eventId"])
        if not answer.is_success:
            return
        if operation_id in {"prelogin_v1", "prelogin_v2", "validate_credentials"}:
            self.ccs_id = str(json_of(answer).get("ccsId", ""))
        if operation_id in {"login", "logout"}:
            self.inside = operation_id == "login"

    def binding(self, operation_id: str, headers: dict[str, str], field: str, direction: str) -> Binding:
        """What a field belongs to, by the request's own headers."""
        path = self.contract.operation(operation_id).bound_path
        return Binding(direction, path, headers.get("sid", ""), headers["uuid"], field)

    def seal(
        self,
        headers: dict[str, str],
        operation_id: str,
        field: str,
        text: str,
        kind: str | None = None,
        rendering: Rendering | None = None,
    ) -> str:
        """A field sealed for the request with these headers, in the operation's own rendering."""
        if self.keys is None:
            raise Broken("a field was to be sealed before keys were exchanged")
        own = Rendering(self.contract.operation(operation_id).rendering)
        binding = self.binding(operation_id, headers, field, "request")
        return self.keys.seal(text, binding, kind or KINDS.get(field, "c"), rendering or own)

    def sealed(self, headers: dict[str, str], operation_id: str, **fields: str) -> dict[str, str]:
        return {name: self.seal(headers, operation_id, name, text) for name, text in fields.items()}

    def fetch_key(self) -> dict[str, str]:
        self.public = json_of(succeeded(self.call("retrieve_public_key")))
        return self.public

    def exchange(self) -> "Front":
        """Fetch the public key and agree on session keys."""
        session = fresh_keys(self.profile)
        self.keys = Keys(session)
        succeeded(self.call("exchange_keys", offer(self.fetch_key(), session)))
        return self


def json_of(answer: httpx.Response) -> dict[str, Any]:
    """The object an answer says; `Broken` where it says none."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Broken(f"expected a JSON object with status {answer.status_code}, found {answer.text[:80]!r}")
    return body


def succeeded(answer: httpx.Response) -> httpx.Response:
    """The answer of a step on the way; `Broken` names the step that went wrong."""
    if not answer.is_success:
        path = answer.request.url.path
        raise Broken(f"on the way, {path} answered {answer.status_code}: {answer.text[:160]}")
    return answer
