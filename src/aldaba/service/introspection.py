"""Session introspection (RFC 7662 shape), so that the bank's other systems can trust a ``sid``."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from aldaba.crypto.digests import Secret
from aldaba.domain.application import Application, Right
from aldaba.domain.policy import Policy
from aldaba.domain.refusals import Reason, Refused
from aldaba.domain.session import CredentialStatus, Factor, Session
from aldaba.service.arrivals import handle_of
from aldaba.service.ports import Clock, Sessions


@dataclass(frozen=True, slots=True)
class SessionTold:
    """An authenticated session as others may know it; ``aal`` as in NIST SP 800-63B-4."""

    customer_id: str
    representative: str
    channel: str
    aal: int
    strong_until: datetime | None
    expires_at: datetime


class Introspection:
    """Tells what a sid is worth; looking does not keep a session awake."""

    def __init__(self, sessions: Sessions, policy: Policy, clock: Clock) -> None:
        self._sessions = sessions
        self._idle = timedelta(seconds=policy.session.idle_seconds)
        self._clock = clock

    async def tell(self, application: Application, sid: Secret) -> SessionTold | None:
        """The session if it is authenticated and good for work; None for everything else.

        Raises ``Refused`` when the application lacks the right ``introspect``.
        """
        if Right.INTROSPECT not in application.rights:
            raise Refused(Reason.NOT_CONFIGURED, "operation")
        if not sid.reveal().isascii():
            return None
        now = self._clock()
        session = await self._sessions.find(handle_of(sid.reveal()), now)
        if session is None or session.successor is not None or session.subject is None:
            return None
        return self._told(session, now)

    def _told(self, session: Session, now: datetime) -> SessionTold | None:
        authentication, subject = session.authentication, session.subject
        if authentication is None or subject is None or authentication.step_up:
            return None
        if authentication.credential_status is not CredentialStatus.NONE:
            return None
        strong = authentication.strong_until
        lives = strong is not None and now < strong
        second = lives or authentication.factor is Factor.BIOMETRIC
        return SessionTold(
            customer_id=subject.customer_id,
            representative=subject.representative,
            channel=session.channel,
            aal=2 if second else 1,
            strong_until=strong if lives else None,
            expires_at=min(session.expires_at, session.touched_at + self._idle),
        )
