"""Values the tables start from: one moment, one customer, one profile, one session; each may be varied."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import settings

from aldaba.domain.customer import Customer, CustomerType
from aldaba.domain.lockout import Guard, Lock, LockCause, LockKind
from aldaba.domain.policy import CLASSIC
from aldaba.domain.profile import AccessProfile, Credential, CredentialState, TemporaryPin
from aldaba.domain.session import Authentication, CredentialStatus, Factor, Session, Subject, open_session

NOW = datetime(2026, 3, 10, 18, 30, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
MEXICO_CITY = ZoneInfo("America/Mexico_City")
TIJUANA = ZoneInfo("America/Tijuana")

quick = settings(max_examples=60, deadline=None, database=None)
"""Enough to find a wrong rule, few enough for the folder to stay at about two seconds."""

INDIVIDUAL = Customer("15000010", "ARTURO HERNANDEZ RAMIREZ", CustomerType.INDIVIDUAL)
COMPANY = Customer("15000020", "ACEROS DEL NORTE", CustomerType.COMPANY)
SUBJECT = Subject("15000010", "", "700100200300")


def lock(kind: LockKind, cause: LockCause = LockCause.OPERATOR) -> Lock:
    return Lock(kind, NOW, cause, until=NOW + DAY if kind is LockKind.DAY else None)


def guarded(kind: LockKind) -> Guard:
    return Guard(failures=5, lock=lock(kind))


def credential(sealed: str = "sealed", guard: Guard | None = None) -> Credential:
    return Credential(sealed, CredentialState.ACTIVE, guard or Guard(), activated_at=NOW)


def temporary_pin() -> TemporaryPin:
    return TemporaryPin("sealed temporary", issued_at=NOW, expires_at=NOW + timedelta(hours=72))


def profile(pin: Credential | None = None, password: Credential | None = None) -> AccessProfile:
    """A profile with the credentials given, and none that are not."""
    bare = AccessProfile("700100200300", "15000010", "", NOW, NOW)
    return replace(bare, pin=pin or Credential(), password=password or Credential())


def session() -> Session:
    return open_session("handle-1", "mobile-app", "MBK", NOW, CLASSIC.session)


def proof(at: datetime = NOW) -> Authentication:
    return Authentication(at, Factor.PASSWORD, CredentialStatus.NONE)
