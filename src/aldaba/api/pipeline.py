"""The nine steps of every request, one visible line each, in order.

1 route (``app.py``) · 2 application · 3 headers, request id · 4 access · 5 body · 6 session ·
7 encrypted fields · 8 the operation's own rules · 9 answer
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from aldaba.api.access_log import AccessLog, Line
from aldaba.api.fields import MAX_BYTES, BadBody, BodyReader
from aldaba.api.headers import (
    BadHeader,
    HeaderReader,
    Headers,
    claimed_application,
    language_of,
    uuid_or_none,
)
from aldaba.api.in_flight import InFlight
from aldaba.api.refusals import ErrorAnswer, Refusals
from aldaba.api.sealed_fields import SealedFields
from aldaba.contract import Contract, Operation, SessionNeed
from aldaba.domain.addresses import last_told
from aldaba.domain.application import Application, Denied, denied
from aldaba.domain.refusals import BackendFailed, HouseUnavailable, Reason, Refused
from aldaba.domain.session import Stage
from aldaba.pages.bodies import TooLarge, body_within
from aldaba.service.applications import Applications, NotThisApplication
from aldaba.service.arrivals import Arrivals, Request
from aldaba.service.calls import Call, serving
from aldaba.service.charges import Charges
from aldaba.service.end_to_end import EndToEnd
from aldaba.service.ports import Clock
from aldaba.service.throttle import AddressThrottle

BUDGET_SECONDS = 9.0
"""An answer leaves within ten seconds, whatever hangs behind it.

But for an act that was begun: its end is waited for, or its charge could not be told. A database that takes
packets and answers none holds it some four seconds more (``store/sql/postgres/connecting.py``).
"""

_EVERYBODYS = frozenset({"retrieve_public_key", "exchange_keys"})
"""Granted to every application: without keys none could use what it was granted."""

_STAGES: Mapping[SessionNeed, Stage | None] = {
    SessionNeed.NONE: None,
    SessionNeed.OPENS: Stage.ANONYMOUS,
    SessionNeed.EXISTING: Stage.ANONYMOUS,
    SessionNeed.KEYED: Stage.KEYED,
    SessionNeed.IDENTIFIED: Stage.IDENTIFIED,
    SessionNeed.AUTHENTICATED: Stage.AUTHENTICATED,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a use case's room answers: a body (None for 204) and the session's new handle, if it has one."""

    body: dict[str, Any] | None = None
    sid: str | None = None
    ended: bool = False
    """The session is over: no handle is told."""


Room = Callable[[Call, Mapping[str, Any]], Awaitable[Answer]]
"""Body → command, use case, result → body: one for each operation."""


@dataclass(frozen=True, slots=True)
class House:
    """What the pipeline needs of the house."""

    contract: Contract
    applications: Applications
    arrivals: Arrivals
    end_to_end: EndToEnd
    refusals: Refusals
    clock: Clock
    log: AccessLog
    throttle: AddressThrottle
    in_flight: InFlight
    address_header: str | None


class Pipeline:
    """Takes one operation's requests through the nine steps."""

    def __init__(self, house: House, operation: Operation, room: Room) -> None:
        self._house = house
        self._operation = operation
        self._room = room
        self._header_reader = HeaderReader(house.contract, operation)
        self._body_reader = BodyReader(house.contract, operation)
        self._sealed = SealedFields(operation, house.end_to_end)
        self._stage = _STAGES[operation.session]

    async def __call__(self, http: HttpRequest) -> Response:
        """One request, one answer, one log line; nothing unexpected ever shows its insides."""
        began = time.perf_counter()
        told: dict[str, str] = {}
        line = Line(self._operation.id)
        try:
            async with asyncio.timeout(BUDGET_SECONDS):
                response = await self._answer(http, told, line)
        except Exception as trouble:  # noqa: BLE001 - the one place where everything becomes a documented row
            response = self._refusal(http, trouble, told, line)
        line.status, line.seconds = response.status_code, time.perf_counter() - began
        self._house.log.write(line.fields())
        return response

    async def _answer(self, http: HttpRequest, told: dict[str, str], line: Line) -> Response:
        # Turning somebody away must cost next to nothing: neither is the body read nor the token verified.
        self._house.in_flight.demand_room()
        body = await self._read_body(http)
        application = await self._application(http)
        line.application = application.client_id
        with self._house.in_flight.one_of(application.client_id):
            return await self._served(http, application, body, told, line)

    async def _served(
        self,
        http: HttpRequest,
        application: Application,
        body: bytes | None,
        told: dict[str, str],
        line: Line,
    ) -> Response:
        """Steps 3 to 9, for one of so many at once."""
        headers = self._headers(http, has_body=bool(body))
        line.uuid = headers.uuid
        flaw, fields = self._access_and_body(application, headers, body)
        proved = headers.authorization is not None
        try:
            call = await self._admit(http, application, headers, flaw, proved=proved)
        except Refused:
            if proved:
                await self._tell_event_of_refused(told, headers)
            raise
        serving(call.request_id)
        # A logout ends the session even where the core cannot be told of it: no answer tells its handle.
        self._tell(told, None if self._operation.id == "logout" else call.opened_sid or call.sid)
        try:
            opened, keys = await self._sealed.open(call, fields)
            if not proved:
                await self._house.arrivals.claim(call)
            # Whatever others at an address have tried, its people must be able to leave.
            leaving = self._operation.id == "logout"
            answer = await (self._room(call, opened) if leaving else self._throttled(call, opened))
            self._tell(told, None if answer.ended else (answer.sid or told.get("sid")))
            sealed = self._sealed.seal(call, answer.body, keys)
        finally:
            await self._tell_event(told, call)
        return _response(self._operation.success, sealed, told)

    async def _throttled(self, call: Call, body: Mapping[str, Any]) -> Answer:
        """Step 8, with an eye on the address the request came from."""
        throttle = self._house.throttle
        if not throttle.watches(call):
            return await self._room(call, body)
        async with Charges() as charges:
            # Cancelled while it is counted: the count is given back all the same.
            await charges.made(throttle.reserve(call), lambda _: throttle.settle(call, wrong=False))
        wrong = False
        try:
            return await self._room(call, body)
        except Refused as refused:
            wrong = refused.wrong
            raise
        finally:
            with suppress(HouseUnavailable):
                await throttle.settle(call, wrong=wrong)

    async def _application(self, http: HttpRequest) -> Application:
        """Step 2: the bearer token and the client id name one application that is in good standing."""
        client_id, authorization = claimed_application(http.headers.raw)
        if client_id is None:
            raise Refused(Reason.UNAUTHORIZED, "client_id")
        if authorization is None and not self._operation.anonymous_application:
            raise Refused(Reason.UNAUTHORIZED, "Authorization")
        if authorization is not None and await self._bearer(authorization) != client_id:
            raise Refused(Reason.UNAUTHORIZED, "Authorization")
        application = await self._house.applications.find(client_id)
        if application is None:
            raise Refused(Reason.UNAUTHORIZED, "client_id")
        if self._operation.anonymous_application:
            await self._house.arrivals.throttle(client_id, proved=authorization is not None)
        return application

    async def _bearer(self, authorization: str) -> str:
        return await bearer_client(self._house.applications, authorization)

    def _headers(self, http: HttpRequest, *, has_body: bool) -> Headers:
        """Step 3: presence, form, defaults."""
        try:
            headers = self._header_reader.read(http.headers.raw, has_body=has_body)
        except BadHeader as bad:
            raise Refused(Reason.INVALID_REQUEST, bad.location) from None
        if headers.uuid is None:
            raise Refused(Reason.INVALID_REQUEST, "uuid")
        if headers.channel_id is None and headers.sid is None and self._stage in (None, Stage.ANONYMOUS):
            raise Refused(Reason.INVALID_REQUEST, self._spelt("channelId"))
        return headers

    def _access_and_body(
        self, application: Application, headers: Headers, body: bytes | None
    ) -> tuple[Refused | None, Mapping[str, Any]]:
        """Steps 4 and 5. A flaw is told only once the request id has been claimed."""
        outside = denied(
            application,
            country=headers.country_code,
            business=headers.business_code,
            channel=headers.channel_id,
            operation=self._operation.id,
        )
        if outside is not None and not (outside is Denied.OPERATION and self._operation.id in _EVERYBODYS):
            return Refused(Reason.NOT_CONFIGURED, self._spelt(outside.value)), {}
        if body is None:
            return Refused(Reason.INVALID_REQUEST, "body"), {}
        try:
            return None, self._body_reader.read(body)
        except BadBody as bad:
            return Refused(Reason.INVALID_REQUEST, bad.location), {}

    async def _admit(
        self,
        http: HttpRequest,
        application: Application,
        headers: Headers,
        flaw: Refused | None,
        *,
        proved: bool,
    ) -> Call:
        """Step 6, with the claim of the request id that step 3 promised to whoever has proved itself."""
        arrivals = self._house.arrivals
        return await (arrivals.admit if proved else arrivals.admit_unproved)(
            Request(
                application=application,
                operation=self._operation.id,
                path=self._operation.bound_path,
                channel=headers.channel_id,
                language=headers.language,
                request_id=headers.uuid or "",
                sid=headers.sid,
                stage=self._stage,
                opens=self._operation.session is SessionNeed.OPENS,
                serves_tombstones=self._operation.id == "login",
                flaw=flaw,
                expired=Reason.SESSION_EXPIRED,
                too_little=Reason.NO_CUSTOMER if self._stage is Stage.AUTHENTICATED else Reason.UNAUTHORIZED,
                address=self._address(http, application),
            )
        )

    async def _read_body(self, http: HttpRequest) -> bytes | None:
        """The body; None for one over its cap."""
        if self._operation.request is None:
            return b""
        try:
            return await body_within(http, MAX_BYTES)
        except TooLarge:
            return None

    def _address(self, http: HttpRequest, application: Application) -> str | None:
        """The end user's address, where it is known to be one."""
        if self._house.address_header is not None:
            return last_told(http.headers.getlist(self._house.address_header))
        return http.client.host if application.faces_customers and http.client else None

    def _spelt(self, header: str) -> str:
        documented = self._operation.header(header)
        return documented.name if documented is not None else header

    @staticmethod
    def _tell(told: dict[str, str], sid: str | None) -> None:
        told.pop("sid", None)
        if sid:
            told["sid"] = sid

    async def _tell_event(self, told: dict[str, str], call: Call) -> None:
        """Step 9, part: every answer to a session with `portal` keys carries a fresh server random."""
        sid = told.get("sid")
        if sid is None:
            return
        # The verdict is out already: without a store there is no random to tell, but the answer stands.
        with suppress(HouseUnavailable):
            event_id = await self._house.end_to_end.event_id(call, sid)
            if event_id is not None:
                told["eventId"] = event_id

    async def _tell_event_of_refused(self, told: dict[str, str], headers: Headers) -> None:
        """The same for a request that never came as far as a call; its handle is not told again."""
        if headers.sid is None or headers.client_id is None:
            return
        with suppress(HouseUnavailable):
            event_id = await self._house.end_to_end.event_id_of_refused(
                headers.client_id, headers.sid, headers.channel_id, self._house.clock()
            )
            if event_id is not None:
                told["eventId"] = event_id

    def _refusal(self, http: HttpRequest, trouble: Exception, told: dict[str, str], line: Line) -> Response:
        reason, location, more = self._reason(trouble, line)
        row = self._house.refusals.row(self._operation.id, reason, location)
        raw = http.headers.raw
        error = self._house.refusals.answer(
            row,
            operation_id=self._operation.id,
            language=language_of(raw),
            uuid=uuid_or_none(raw),
            at=self._house.clock(),
            location=location,
            more=more,
        )
        line.code, line.location = error.code, location
        return error_response(error, told)

    def _reason(self, trouble: Exception, line: Line) -> tuple[Reason, str | None, str | None]:
        match trouble:
            case Refused():
                return trouble.reason, trouble.location, trouble.more
            case BackendFailed() if trouble.communication and self._operation.id == "login":
                return Reason.COMMUNICATION, None, None
            case BackendFailed():
                line.trouble = f"backend {trouble.backend}"
                return Reason.BACKEND_FAILED, None, None
            case HouseUnavailable():
                line.trouble = f"unavailable {trouble.part}"
            case TimeoutError():
                line.trouble = "out of time"
            case _:
                self._house.log.crash(self._operation.id, trouble)
                line.trouble = type(trouble).__name__
        return Reason.UNAVAILABLE, None, None


async def bearer_client(applications: Applications, authorization: str) -> str:
    """The client id of an RFC 6750 bearer token. Raises ``Refused`` (``UNAUTHORIZED``)."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise Refused(Reason.UNAUTHORIZED, "Authorization")
    try:
        return await applications.recognise(token.strip())
    except NotThisApplication:
        raise Refused(Reason.UNAUTHORIZED, "Authorization") from None


def error_response(error: ErrorAnswer, told: Mapping[str, str]) -> Response:
    """The contract's error object as JSON; never cached."""
    return Response(
        msgspec.json.encode(error.body),
        status_code=error.status,
        media_type="application/json",
        headers={**told, "Cache-Control": "no-store"},
    )


def _response(status: int, body: Mapping[str, Any] | None, told: Mapping[str, str]) -> Response:
    headers = {**told, "Cache-Control": "no-store"}
    if body is None:
        return Response(status_code=status, headers=headers)
    return Response(msgspec.json.encode(body), status, headers, media_type="application/json")
