"""Lets a request in: its id is claimed once, its session found or opened, in one durable act."""

from dataclasses import dataclass
from datetime import datetime

from aldaba.crypto.digests import handle_digest, new_handle
from aldaba.domain.application import Application
from aldaba.domain.policy import Policy
from aldaba.domain.quotas import stretch
from aldaba.domain.refusals import Reason, Refused
from aldaba.domain.session import Session, Stage, hindrance, open_session
from aldaba.service.calls import Call
from aldaba.service.ports import Arrival, Arrived, Clock, RandomBytes, Sessions
from aldaba.service.tally_ports import Tallies

HOUR = 3600
MINUTE = 60


@dataclass(frozen=True, slots=True)
class Request:
    """What a request says of itself once application, headers and body have been judged.

    ``stage`` is what its session must have reached, None where no session is needed; ``opens`` says that
    a request without a sid gets a new session. ``flaw`` is a refusal found before: it is raised once the
    request id has been claimed, because a repeated id is told first.
    """

    application: Application
    operation: str
    path: str
    channel: str | None
    language: str
    request_id: str
    sid: str | None
    stage: Stage | None
    opens: bool
    serves_tombstones: bool
    flaw: Refused | None
    expired: Reason = Reason.UNAUTHORIZED
    too_little: Reason = Reason.UNAUTHORIZED
    """Why a session that has not come far enough is refused."""
    address: str | None = None


class Arrivals:
    """Admits requests to their use cases."""

    def __init__(
        self, tallies: Tallies, sessions: Sessions, policy: Policy, clock: Clock, random_bytes: RandomBytes
    ) -> None:
        self._tallies = tallies
        self._sessions = sessions
        self._policy = policy
        self._clock = clock
        self._random_bytes = random_bytes

    async def admit(self, request: Request) -> Call:
        """The call this request makes.

        Raises ``Refused``: a repeated request id, the flaw found before, no session, too little of one.
        """
        now = self._clock()
        opened_sid = self._new_sid(request)
        handle = None if request.sid is None or request.flaw else handle_of(request.sid)
        opened = quota = None
        if opened_sid is not None and request.channel is not None:
            client_id, rules = request.application.client_id, self._policy.session
            opened = open_session(handle_of(opened_sid), client_id, request.channel, now, rules)
            hourly = stretch("sessions", client_id, now, HOUR)
            quota = (hourly.name, hourly.ends_at, rules.opened_per_application_and_hour)
        admission = await self._sessions.arrive(
            Arrival(
                application_id=request.application.client_id,
                request_id=request.request_id,
                remembered_until=now + self._policy.replay_memory,
                handle=handle,
                opens=opened,
                opened_quota=quota,
            ),
            now,
        )
        if admission.outcome is Arrived.REPEATED:
            raise Refused(Reason.INVALID_REQUEST, "uuid")
        if request.flaw is not None:
            raise request.flaw
        if admission.outcome is Arrived.FULL:
            raise Refused(Reason.NOT_CONFIGURED, "sid")
        return _call(request, _fit(request, admission.session), now, opened_sid)

    async def admit_unproved(self, request: Request) -> Call:
        """The call of a request without a bearer token: whose it is, its sealed fields have yet to prove.

        Nothing is claimed or touched for it, since anybody may send such requests; ``claim`` follows the
        proof. Raises ``Refused``: the flaw found, no such session.
        """
        if request.flaw is not None:
            raise request.flaw
        now, session = self._clock(), None
        if request.sid is not None:
            session = await self._sessions.find(handle_of(request.sid), now)
        if session is not None and session.application_id != request.application.client_id:
            session = None
        return _call(request, _fit(request, session), now, None)

    async def throttle(self, client_id: str, *, proved: bool) -> None:
        """Count a request of an operation that needs no bearer token. Raises ``Refused`` for too many.

        Those that bring one (``proved``) count apart: who only knows a client id cannot use up its tries.
        """
        now = self._clock()
        window = stretch("proved" if proved else "unproved", client_id, now, MINUTE)
        limit = self._policy.vendor.unlock_tries_per_application_and_minute
        if await self._tallies.count(window.name, window.ends_at, now) > limit:
            raise Refused(Reason.RULE_BROKEN)

    async def claim(self, call: Call) -> None:
        """Claim the id of a request that has proved itself meanwhile. Raises ``Refused`` for a repeat."""
        until = call.now + self._policy.replay_memory
        arrival = Arrival(call.application.client_id, call.request_id, until, handle=None)
        admission = await self._sessions.arrive(arrival, call.now)
        if admission.outcome is Arrived.REPEATED:
            raise Refused(Reason.INVALID_REQUEST, "uuid")

    def _new_sid(self, request: Request) -> str | None:
        opens = request.opens and request.sid is None and request.flaw is None
        return new_handle(self._random_bytes) if opens else None


def _call(request: Request, session: Session | None, now: datetime, opened_sid: str | None) -> Call:
    return Call(
        application=request.application,
        operation=request.operation,
        path=request.path,
        channel=request.channel or (session.channel if session else ""),
        language=request.language,
        request_id=request.request_id,
        sid=request.sid or "",
        session=session,
        now=now,
        address=request.address,
        opened_sid=opened_sid,
    )


def handle_of(sid: str) -> str:
    """The session's handle: what is stored in place of the sid."""
    return handle_digest(sid).hex()


def _fit(request: Request, session: Session | None) -> Session | None:
    if request.sid is None and not request.opens:
        if request.stage is None:
            return None
        raise Refused(Reason.UNAUTHORIZED, "sid")
    if session is None:
        if request.stage is None and request.sid is None:
            return None
        raise Refused(request.expired, "sid")
    if request.channel is not None and request.channel != session.channel:
        raise Refused(Reason.UNAUTHORIZED, "sid")
    granted = request.application.channels
    if granted is not None and session.channel not in granted:
        # The header may be left out, but not to keep a channel that was taken back meanwhile.
        raise Refused(Reason.NOT_CONFIGURED, "channelId")
    if session.successor is not None and not request.serves_tombstones:
        raise Refused(request.expired, "sid")
    if request.stage is not None and session.stage < request.stage:
        raise Refused(request.too_little, "sid")
    first = hindrance(session, request.operation)
    if first is not None:
        raise Refused(Reason.RULE_BROKEN, first)
    return session
