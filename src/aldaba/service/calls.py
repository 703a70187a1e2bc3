"""Call: what every use case is told of the request it serves."""

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from aldaba.domain.application import Application, Enumeration
from aldaba.domain.policy import Policy
from aldaba.domain.session import Session, Subject
from aldaba.service.audit import Event, EventType, Payload
from aldaba.service.ports import Notice

_REQUEST: ContextVar[str | None] = ContextVar("request id", default=None)
"""Of the request this task serves, so that calls to backends can be told apart in their logs and ours."""


def current_request_id() -> str | None:
    return _REQUEST.get()


def serving(request_id: str) -> None:
    """Say which request this task serves from now on."""
    _REQUEST.set(request_id)


@dataclass(frozen=True, slots=True)
class Call:
    """One admitted request.

    ``sid`` is the handle as this request sent it (empty if it sent none), ``path`` the operation's path
    after ``/api``; both are bound into end-to-end values. ``session`` is None where none is needed.
    """

    application: Application
    operation: str
    path: str
    channel: str
    language: str
    request_id: str
    sid: str
    session: Session | None
    now: datetime
    address: str | None = None
    opened_sid: str | None = None
    """The handle of a session this request opened, to be told in the answer."""

    @property
    def the_session(self) -> Session:
        """The session of an operation that cannot be reached without one."""
        if self.session is None:
            raise LookupError(f"{self.operation} was called without a session")
        return self.session

    @property
    def subject(self) -> Subject:
        """The customer the session is about."""
        subject = self.the_session.subject
        if subject is None:
            raise LookupError(f"{self.operation} was called without a customer")
        return subject

    def documented_enumeration(self, policy: Policy) -> bool:
        """Whether this application may tell an unknown customer from a wrong password."""
        wanted = self.application.enumeration or Enumeration(policy.decoy.enumeration)
        return wanted is Enumeration.DOCUMENTED

    def notice(self, kind: str, customer_id: str) -> Notice:
        """A notice to the customer of what this request brought about; its id makes it once per request.

        Request ids are each application's own and serve again after some hours, when the notice is still
        remembered: neither may keep a customer from being told.
        """
        once = f"{self.application.client_id}:{self.request_id}:{int(self.now.timestamp())}"
        return Notice(f"{once}:{kind}", kind, customer_id, self.language, self.now)

    def event(self, kind: EventType, payload: Payload, subject: Subject | None = None) -> Event:
        """An audit event of this call; a number nobody knows is never written down, only its digest is."""
        about = subject or (self.session.subject if self.session is not None else None)
        return Event(
            type=kind,
            at=self.now,
            payload=payload,
            request_id=self.request_id,
            application_id=self.application.client_id,
            channel=self.channel,
            ccs_id=about.ccs_id if about else None,
            customer_id=about.customer_id if about and not about.decoy else None,
            address=self.address,
        )
