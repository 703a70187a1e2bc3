"""Counts audit events once they are durable: logins, locks, codes, challenges."""

from prometheus_client import CollectorRegistry, Counter

from aldaba.service.audit import (
    AccessSet,
    AccessUnlocked,
    CardTried,
    ChallengeTried,
    CodeSent,
    CodeTried,
    CustomerChanged,
    Event,
    LoggedIn,
    LoginRefused,
)

ANYTHING_ELSE = "other"
MOST_APPLICATIONS = 64
"""So many applications are told apart; the logins of the rest count as those of ``other``."""
SUCCEEDED = "succeeded"


class AuditCounts:
    """What the audit tells, as counters. Only whole outcomes are labels; subjects never are."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, said: str, *labels: str) -> Counter:
            return Counter(name, said, labels, registry=registry)

        self._events = counter("aldaba_audit_events", "Durable audit events.", "type")
        self._logins = counter("aldaba_logins", "Logins by factor and outcome.", "factor", "outcome")
        self._by_application = counter(
            "aldaba_application_logins", "Logins by application.", "application", "outcome"
        )
        self._locks = counter("aldaba_locks", "Locks that came about.", "cause")
        self._unlocks = counter("aldaba_unlocks", "Unlocks asked for.", "by", "outcome")
        codes = ("purpose", "means", "outcome", "provider")
        self._sent = counter("aldaba_codes_sent", "One-time codes asked for.", *codes)
        self._tried = counter("aldaba_codes_tried", "One-time codes tried.", *codes)
        self._challenges = counter("aldaba_challenges_tried", "Token responses.", "outcome")
        self._applications: set[str] = set()

    def count(self, event: Event) -> None:
        """One event that is durable."""
        self._events.labels(event.type.value).inc()
        match event.payload:
            case LoggedIn() as login:
                self._login(event, login.factor, SUCCEEDED)
            case LoginRefused() as login:
                self._refused(event, login)
            case CardTried(locked_now=True):
                self._locks.labels("card").inc()
            case ChallengeTried() as challenge:
                self._challenge(challenge)
            case CodeSent() as sent:
                self._sent.labels(sent.purpose, sent.means, sent.outcome, sent.provider or "").inc()
            case CodeTried() as tried:
                self._tried.labels(
                    tried.purpose, tried.means or "", tried.outcome, tried.provider or ""
                ).inc()
            case AccessSet(lifted=(_, *_)):
                self._unlocks.labels("recovery", SUCCEEDED).inc()
            case AccessUnlocked() as unlocked:
                self._unlocks.labels("vendor token", unlocked.refused or SUCCEEDED).inc()
            case CustomerChanged() as changed:
                self._by_help_desk(changed.action)

    def _refused(self, event: Event, login: LoginRefused) -> None:
        self._login(event, login.factor, login.reason)
        if login.locked_now:
            self._locks.labels(f"login {login.locked_now}").inc()

    def _challenge(self, challenge: ChallengeTried) -> None:
        self._challenges.labels(challenge.outcome).inc()
        if challenge.locked_now:
            self._locks.labels("token").inc()

    def _login(self, event: Event, factor: str, outcome: str) -> None:
        self._logins.labels(factor, outcome).inc()
        self._by_application.labels(self._application(event.application_id or ""), outcome).inc()

    def _application(self, name: str) -> str:
        if name not in self._applications and len(self._applications) >= MOST_APPLICATIONS:
            return ANYTHING_ELSE
        self._applications.add(name)
        return name

    def _by_help_desk(self, action: str) -> None:
        if action.startswith("lock "):
            self._locks.labels("help desk").inc()
        elif action == "unlock":
            self._unlocks.labels("help desk", SUCCEEDED).inc()
