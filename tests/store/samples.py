"""Values with every field filled, so that a round trip that loses one is seen."""

from dataclasses import replace
from datetime import timedelta

from tests.store.houses import NOON

from aldaba.crypto.digests import Secret
from aldaba.domain.application import Application, Enumeration, RegisteredKeys, Right
from aldaba.domain.customer import (
    Card,
    CardStatus,
    Customer,
    CustomerType,
    Device,
    ElectronicBanking,
    InitialAccess,
    Phone,
    Representative,
)
from aldaba.domain.four_eyes import Grant, GrantState
from aldaba.domain.lockout import Guard, Lock, LockCause, LockKind, Reservation
from aldaba.domain.operators import Act, Invitation, Operator, OperatorSession, Role
from aldaba.domain.profile import (
    AccessProfile,
    Credential,
    CredentialState,
    Expiry,
    LastLogin,
    LiveSession,
    TemporaryPin,
)
from aldaba.domain.session import Authentication, CredentialStatus, ExchangedKeys, Factor, Session, Subject
from aldaba.domain.token import Token, TokenStatus
from aldaba.service.audit import Event, EventType, LoggedIn
from aldaba.service.ports import Arrival, KeyPair, KeyPairState, Message

_LOCK = Lock(LockKind.DAY, NOON, LockCause.FAILURES, NOON + timedelta(days=1), "called at noon")
_GUARD = Guard(3, (Reservation("r1", NOON),), _LOCK, (NOON - timedelta(days=2), NOON))
_CREDENTIAL = Credential(
    "sealed",
    CredentialState.RESTARTED,
    _GUARD,
    Expiry.RESET,
    ("older", "oldest"),
    changed_at=NOON,
    activated_at=NOON,
    reset_at=NOON,
    cancelled_at=NOON,
    failed_at=NOON,
    blocked_at=NOON,
    state_changed_at=NOON,
    used_at=NOON,
    changes=4,
)

PROFILE = AccessProfile(
    "ccs-1",
    "123456789012",
    "7",
    NOON,
    NOON + timedelta(microseconds=1),
    pin=_CREDENTIAL,
    password=replace(_CREDENTIAL, state=CredentialState.ACTIVE),
    biometric=_GUARD,
    temporary_pin=TemporaryPin("sealed", NOON, NOON + timedelta(hours=72), "handle"),
    lock=_LOCK,
    failures=11,
    live_session=LiveSession("handle", NOON),
    last_login=LastLogin(NOON, "web"),
    revision=9,
)

CARD = Card(b"c" * 32, b"t" * 32, "1234", "0930", CardStatus.LOCKED, "sealed nip")

CUSTOMER = Customer(
    "123456789012",
    "MARÍA JOSÉ HERNÁNDEZ",
    CustomerType.COMPANY,
    ElectronicBanking.CANCELLED,
    black_listed=True,
    terms_accepted=True,
    registration_status="1",
    phones=(Phone("52", "sealed", b"p" * 32, b"t" * 32, certified=True, best=True, certified_at=NOON),),
    cards=(CARD, replace(CARD, digest=b"d" * 32)),
    representatives=(Representative("7", "ANA", InitialAccess("pin", "password", "temporary", "D")),),
    access=InitialAccess(pin="sealed"),
    email="maria@example.com",
    transmit_customer=True,
)

DEVICE = Device(CUSTOMER.customer_id, "vasco-1", "app-1", {"kty": "EC", "crv": "P-256"}, blocked=True)
TOKEN = Token("SN-1", "hard", "OCRA-1:HOTP-SHA1-6:QN08", "sealed", TokenStatus.HARD_ACTIVE, "123456789012")

APPLICATION = Application(
    "client-1",
    b"s" * 32,
    NOON,
    channels=frozenset({"web", "ivr"}),
    countries=frozenset({"MX", "US"}),
    operations=frozenset({"login"}),
    rights=frozenset({Right.IVR, Right.LOOKUP}),
    enumeration=Enumeration.DOCUMENTED,
    cors_origins=frozenset({"https://example.com"}),
    public_jwks=({"kty": "EC"},),
    registered_keys=(RegisteredKeys("k", "sealed", NOON),),
    faces_customers=True,
    disabled_at=NOON,
)

KEY_PAIR = KeyPair("e2e", "kp-1", "sealed", KeyPairState.RETIRED, NOON, NOON + timedelta(days=30))
MESSAGE = Message("5215512345678", "sms", Secret("Su código es 481516"), Secret("481516"), NOON)

EVENT = Event(
    EventType.LOGIN_SUCCEEDED,
    NOON + timedelta(microseconds=7),
    LoggedIn("pin", "NONE", step_up=False, risk=("new device",), replaced=True),
    request_id="5d1f3c5e-7f0e-4f0e-9d8a-3f1d3a0b9c11",
    application_id="client-1",
    channel="web",
    ccs_id="ccs-1",
    customer_id="123456789012",
    actor="operator",
    address="192.0.2.7",
)

SESSION = Session(
    "ab" * 32,
    "client-1",
    "web",
    opened_at=NOON,
    expires_at=NOON + timedelta(seconds=3600),
    touched_at=NOON,
    key_id="k",
    keys=ExchangedKeys("portal", b"\x01" * 32, b"\x02" * 16, b"\xff" * 32),
    randoms=("r1", "r2"),
    subject=Subject("123456789012", "7", "ccs-1", card_digests=(b"c" * 32,)),
    instance_id="instance",
    authentication=Authentication(
        NOON, Factor.PIN, CredentialStatus.RPIN, step_up=True, strong_until=NOON + timedelta(seconds=90)
    ),
)


def request_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012x}"


def arrival(number: int, handle: str | None = None, opens: Session | None = None) -> Arrival:
    """The so-manieth request of the application, remembered for an hour."""
    return Arrival("client-1", request_id(number), NOON + timedelta(hours=1), handle, opens)


LATER = NOON + timedelta(hours=1)
OPERATOR = Operator(
    "ana",
    frozenset({Role.FRAUD, Role.AUDITOR}),
    NOON,
    password="sealed",
    totp_seed="sealed seed",
    last_step=41,
    recovery=(b"a" * 32, b"b" * 32),
    failures=2,
    locked_until=LATER,
    disabled_at=NOON,
    password_changed_at=NOON,
    last_sign_in=NOON,
)
OPERATOR_SESSION = OperatorSession("handle", "ana", NOON, NOON, LATER, "127.0.0.1")
INVITATION = Invitation(b"d" * 32, "ana", "sealed seed", LATER)
GRANT = Grant(
    "g1",
    Act.KEY_ROTATE,
    "digest",
    "{}",
    "ana",
    "why",
    NOON,
    LATER,
    GrantState.REFUSED,
    "eva",
    NOON,
    "no",
    NOON,
)
