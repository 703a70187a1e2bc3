"""The protocol without a network: writes the requests of one session and digests the answers to them."""

from collections import deque
from dataclasses import replace
from typing import TypeVar

from aldaba_client import calls, trust
from aldaba_client._generated import KeyExchangeResponse, PublicKeyResponse
from aldaba_client.application import Application
from aldaba_client.decoding import Undecodable, json_object
from aldaba_client.envelope import CannotOpen, Profile, SessionKeys, open_event_id
from aldaba_client.errors import (
    AldabaError,
    BackendFailed,
    BadAnswer,
    CannotDecryptData,
    InvalidRequest,
    NoSession,
    ResourceNotFound,
    SessionLost,
    Unauthorized,
    Unreachable,
)
from aldaba_client.messages import Answer, Attempt, Call, Lost, Request, Steps
from aldaba_client.operation import Operation
from aldaba_client.options import Place
from aldaba_client.refusals import refusal
from aldaba_client.retrying import Tries
from aldaba_client.trust import ROOT_PATH, pinned
from aldaba_client.writing import Written, new_uuid, opened, resolved, sealed, to_request

T = TypeVar("T")

WINDOW = 4
"""So many unspent server randoms the server accepts (profile ``portal``)."""

BEGINNINGS = frozenset({"prelogin_v1", "prelogin_v2", "validate_credentials", "generate_rao_token"})
"""What begins a journey: where the old session has expired, a new one takes its place unasked."""

KEY_CALLS = frozenset({"retrieve_public_key", "exchange_keys"})


class Session:
    """One session of one front end: its ``sid``, its keys, and what its answers told.

    Its methods are conversations (``Steps``); whoever drives one sends the requests and hands in the answers.
    """

    def __init__(self, application: Application, place: Place, profile: Profile) -> None:
        self.application = application
        self.place = place
        self.profile = profile
        self.forget()

    def forget(self) -> None:
        """Begin anew with the next call."""
        self.sid: str | None = None
        self.ccs_id: str | None = None
        self._offered: SessionKeys | None = None
        self._take(None)

    def _take(self, keys: SessionKeys | None) -> None:
        self._keys, self._offered = keys, None
        self._randoms: deque[str] = deque(maxlen=WINDOW)

    def set_up(self, call: Call[T]) -> Steps[None]:
        """What must stand before this call can be written: an access token, keys for what comes sealed."""
        if self.application.token() is None:
            yield from self.application.sign_in()
        operation = call.operation
        if self._keys is not None or operation.id in KEY_CALLS:
            return
        if operation.session != "none" or (operation.sealed and self.application.registered is None):
            yield from self.exchange_keys()

    def in_turn(self, call: Call[T]) -> bool:
        """Whether such calls go one after the other: those that spend one of the few server randoms."""
        return self.profile is Profile.PORTAL and bool(call.operation.sealed)

    def perform(self, call: Call[T]) -> Steps[T]:
        """The call, made again where that is allowed. Raises an ``AldabaError``."""
        tries = Tries(self.application.retry, call.operation.id)
        mended: set[type[AldabaError]] = set()
        while True:
            yield from self._refill(call, tries)
            written = self._write(call, tries.wait)
            reply = yield written.request
            outcome = self._outcome(call, written, reply)
            if not isinstance(outcome, AldabaError):
                return outcome
            if call.operation.id == "logout" and _over(outcome):
                self.forget()
                if tries.lost:
                    return call.result({})
            if type(outcome) not in mended and (yield from self._mend(call, outcome, written)):
                mended.add(type(outcome))
            elif not tries.again(outcome):
                raise outcome

    def retrieve_public_key(self) -> Steps[PublicKeyResponse]:
        """The server's current public key, its signature checked. Raises ``UntrustedKey`` too."""
        told = yield from self._public_key()
        yield from self._trusted(told)
        return told

    def exchange_keys(self) -> Steps[KeyExchangeResponse]:
        """Fresh keys for this session, under a public key that the root key has signed."""
        for last in (False, True):
            told = yield from self._public_key()
            modulus, exponent = yield from self._trusted(told)
            self._offered = SessionKeys.draw(self.profile)
            call = calls.exchange_keys(self._offered, told.key_id, modulus, exponent)
            try:
                return (yield from self.perform(call))
            except ResourceNotFound:
                # The key was retired between the two calls.
                if last:
                    raise
            except Unreachable:
                # Nobody knows which keys the server holds now.
                self._take(None)
                raise
        raise AssertionError("unreachable")

    def _public_key(self) -> Steps[PublicKeyResponse]:
        try:
            return (yield from self.perform(calls.retrieve_public_key()))
        except SessionLost:
            self.forget()
        return (yield from self.perform(calls.retrieve_public_key()))

    def _trusted(self, told: PublicKeyResponse) -> Steps[tuple[int, int]]:
        application = self.application
        if not application.roots:
            reply = yield Request("GET", ROOT_PATH, {"accept": "application/json"})
            application.roots = _first_seen(reply)
        return trust.check(told, application.roots, application.clock())

    def _mend(self, call: Call[T], trouble: AldabaError, written: Written) -> Steps[bool]:
        """Whether what the call lacked has been put in place; none of these refusals has acted."""
        if isinstance(trouble, SessionLost):
            if call.operation.id not in BEGINNINGS or not written.sid:
                return False
            if self.sid == written.sid:
                self.forget()
            yield from self.set_up(call)
            return True
        if isinstance(trouble, Unauthorized) and trouble.location == "Authorization":
            self.application.forget_token()
            yield from self.application.sign_in()
            return True
        if isinstance(trouble, CannotDecryptData) and self.in_turn(call):
            # Four other answers overtook this request, and its random with them.
            self._randoms.clear()
            return True
        return False

    def _refill(self, call: Call[T], tries: Tries) -> Steps[None]:
        """In ``portal`` each request with sealed fields spends a random; any answer brings one.

        What may be made again after a success nobody saw gets its randoms beforehand: a ``sid`` that a login
        has replaced takes that login once more and nothing else.
        """
        keys = self._keys
        if keys is None or keys.profile is not Profile.PORTAL or not call.operation.sealed:
            return
        for _ in range(min(tries.stock, WINDOW) - len(self._randoms)):
            yield from self.perform(calls.retrieve_public_key())
        if not self._randoms:
            raise BadAnswer(call.operation.id, "the server hands out no eventId")

    def _write(self, call: Call[T], after: float) -> Written:
        operation, application = call.operation, self.application
        keys, sid = self._keys, self.sid or ""
        if operation.session == "none" and (keys is None or not operation.sealed):
            keys, sid = application.registered, ""
        attempt = Attempt(sid, new_uuid(application.clock()), application.clock())
        body = None if call.body is None else resolved(call.body, attempt, self.ccs_id)
        if body is not None and operation.sealed:
            if keys is None:
                raise NoSession(f"{operation.id}: no keys to seal with")
            spent = self._randoms.pop() if keys.profile is Profile.PORTAL else ""
            body = sealed(operation, body, keys, attempt, spent)
        request = to_request(
            operation, application.client_id, application.token() or "", self.place, attempt, body
        )
        return Written(replace(request, after=after), attempt.uuid, sid, keys)

    def _outcome(self, call: Call[T], written: Written, reply: Answer | Lost) -> T | AldabaError:
        operation = call.operation
        if isinstance(reply, Lost):
            return Unreachable(operation.id, reply.trouble, may_have_acted=reply.sent)
        try:
            self._learn(operation, written, reply)
            if reply.status >= 300:
                return refusal(operation.id, reply)
            if reply.status != operation.success:
                return BadAnswer(operation.id, f"status {reply.status} in place of {operation.success}")
            body = {} if operation.success == 204 else json_object(reply.content)
            result = call.result(opened(operation, body, written))
        except CannotOpen:
            return BadAnswer(operation.id, "a sealed value in the answer does not open")
        except Undecodable as trouble:
            return BadAnswer(operation.id, str(trouble))
        self._note(operation.id, body.get("ccsId"))
        return result

    def _learn(self, operation: Operation, written: Written, answer: Answer) -> None:
        told = answer.headers.get("sid")
        # An answer that was overtaken by a login's must not bring the old sid back.
        if told and (self.sid or "") == written.sid:
            self.sid = told
        # A refused exchange leaves the old keys in place, and its eventId is under them.
        if operation.id == "exchange_keys" and answer.status == operation.success:
            self._take(self._offered)
        event_id = answer.headers.get("eventid")
        if event_id and self._keys is not None and self._keys.profile is Profile.PORTAL:
            self._randoms.append(open_event_id(self._keys, event_id))

    def _note(self, operation: str, ccs_id: object) -> None:
        if operation == "logout":
            self.forget()
        if isinstance(ccs_id, str):
            self.ccs_id = ccs_id


def _over(trouble: AldabaError) -> bool:
    """Whether this refusal of a logout says that the session is over."""
    return isinstance(trouble, BackendFailed) or (
        isinstance(trouble, InvalidRequest) and trouble.location == "sid"
    )


def _first_seen(reply: Answer | Lost) -> trust.Pinned:
    """The root key that is believed because nobody gave one. Raises ``Unreachable`` or ``BadAnswer``."""
    if isinstance(reply, Lost):
        raise Unreachable("root_key", reply.trouble, may_have_acted=False)
    try:
        return pinned(json_object(reply.content), trust_on_first_use=False)
    except ValueError:
        raise BadAnswer("root_key", "the answer is no key") from None
