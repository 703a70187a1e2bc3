"""Every tunable as one frozen value, with the bank's defaults and where each comes from."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class RuleSet(StrEnum):
    """``classic``: the bank's published rules. ``modern``: NIST SP 800-63B-4."""

    CLASSIC = "classic"
    MODERN = "modern"


class SecondLogin(StrEnum):
    """What a second login does while the first session of the profile lives."""

    REFUSE = "refuse"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class PinPolicy:
    """Shape of the PIN (Bank): all digits, the first not 0."""

    length: int = 8
    history: int = 5


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """Shape of the password; ``composed`` asks for letters and digits, a letter first (Bank)."""

    min_length: int = 8
    max_length: int = 20
    composed: bool = True
    history: int = 5
    max_age_days: int | None = None


MODERN_PASSWORD = PasswordPolicy(min_length=8, max_length=64, composed=False)
"""NIST SP 800-63B-4 section 3.1.1.2."""


@dataclass(frozen=True, slots=True)
class SecretPolicy:
    """What PIN and password share."""

    equal_neighbours: int = 2
    sequence: int = 3
    """CNBV 310: at most so many ascending or descending in a row."""
    looks_per_day: int = 20
    """How often a day a new secret is compared with earlier ones, which tells a guesser something."""
    bank_names: tuple[str, ...] = ("banamex", "citibanamex", "citi", "bancanet")


@dataclass(frozen=True, slots=True)
class TemporaryPinPolicy:
    """OWASP ASVS 6.4.1: short-lived and for one login."""

    life_hours: int = 72


@dataclass(frozen=True, slots=True)
class LockoutPolicy:
    """CNBV 316 Bis 3 and NIST SP 800-63B-4 section 3.2.2."""

    failures: int = 5
    """The so-manieth consecutive failure locks."""
    day_locks: int = 3
    """The so-manieth day lock within ``day_lock_window_days`` becomes an indefinite one."""
    day_lock_window_days: int = 30
    ceiling: int = 100
    """Failures over all factors after which only the help desk opens again."""
    unused_days: int = 365
    reservation_seconds: int = 10
    """An attempt unfinished for so long was left by a crash and counts as failed."""
    wait_seconds: float = 2.0
    """How long an attempt waits for others that are still unfinished."""
    address_failures: int = 100
    address_window_seconds: int = 600


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """CNBV 316 Bis 2 (20 minutes at most) and the OWASP session cheat sheet."""

    idle_seconds: int = 300
    absolute_seconds: int = 3600
    tombstone_seconds: int = 60
    second_login: SecondLogin = SecondLogin.REFUSE
    opened_per_application_and_hour: int = 200_000
    strong_seconds: int = 300


@dataclass(frozen=True, slots=True)
class ThrottlePolicy:
    """Requests served at once; beyond, they are turned away before anything is counted."""

    in_flight: int = 256
    in_flight_per_application: int = 256


@dataclass(frozen=True, slots=True)
class E2EPolicy:
    """Rotation and size of the key front ends encrypt to (OWASP ASVS appendix C)."""

    rotation_hours: int = 24
    rsa_bits: int = 3072
    registered_key_days: int = 90
    sessionless_skew_seconds: int = 300


@dataclass(frozen=True, slots=True)
class AccessTokenPolicy:
    """RFC 9068 tokens of the house's own token endpoint."""

    life_seconds: int = 900
    assertion_max_age_seconds: int = 300
    leeway_seconds: int = 30


@dataclass(frozen=True, slots=True)
class HashPolicy:
    """Argon2id (OWASP ASVS appendix C); imported hashes may be dearer up to the limits."""

    memory_kib: int = 19_456
    passes: int = 2
    import_memory_kib: int = 65_536
    import_passes: int = 4
    import_lanes: int = 4


@dataclass(frozen=True, slots=True)
class BiometricPolicy:
    """Biometric login tokens (a JWS by the enrolled device)."""

    max_life_seconds: int = 60
    leeway_seconds: int = 30


@dataclass(frozen=True, slots=True)
class OtpPolicy:
    """Codes by SMS and voice (CNBV 310-III; NIST SP 800-63B-4 section 3.1.3)."""

    digits: int = 8
    life_seconds: int = 120
    tries: int = 3
    """Wrong tries per code and session."""
    tries_per_customer_and_day: int = 9
    resend_seconds: int = 30
    sends_per_session: int = 3
    sends_per_customer_and_day: int = 10
    sends_per_phone_and_day: int = 10


@dataclass(frozen=True, slots=True)
class PhonePolicy:
    """Proving a phone in a recovery."""

    tries_per_session: int = 3
    tries_per_day: int = 6
    hold_hours: int = 24
    """A phone certified less than so long ago receives no recovery code (63B-4 3.1.3.3, SIM swap)."""


@dataclass(frozen=True, slots=True)
class CardPolicy:
    """Proving a card by its NIP: consecutive per card, and wrong ones per customer and day over all cards."""

    tries: int = 3
    tries_per_customer_and_day: int = 3


@dataclass(frozen=True, slots=True)
class CertificationPolicy:
    """Codes that certify a phone with no customer behind it (account opening)."""

    sends_per_session: int = 3
    sends_per_phone_and_day: int = 10
    sends_per_application_and_hour: int = 1_000
    certified_minutes: int = 30


@dataclass(frozen=True, slots=True)
class ChallengePolicy:
    """Challenge and response with OCRA tokens (CNBV 310-III)."""

    suite: str = "OCRA-1:HOTP-SHA256-8:QN08-T1M"
    """Of a new token that comes without one (RFC 6287)."""
    digits: int = 8
    life_seconds: int = 120
    tries: int = 3
    token_failures: int = 5
    look_ahead: int = 10
    drift_steps: int = 1
    resync_steps: int = 10


VENDOR_ALGORITHMS = ("ES256", "ES384", "PS256", "RS256", "Ed25519", "EdDSA")
"""Asymmetric ones only. ``Ed25519`` is RFC 9864's name for what vendors still call ``EdDSA``."""


@dataclass(frozen=True, slots=True)
class VendorPolicy:
    """The soft-token vendor's JWTs (RFC 8725)."""

    algorithms: tuple[str, ...] = VENDOR_ALGORITHMS
    """Some of ``VENDOR_ALGORITHMS``; there are no others."""
    max_age_seconds: int = 300
    skew_seconds: int = 30
    keys_fresh_seconds: int = 600
    keys_kept_seconds: int = 86_400
    """How long the last good copy of the vendor's keys serves while they cannot be fetched."""
    unlock_grants: tuple[str, ...] = ("2",)
    unlock_tries_per_application_and_minute: int = 600


@dataclass(frozen=True, slots=True)
class RiskPolicy:
    """Points of the house's own small risk table."""

    compromised: int = 60
    emulator: int = 60
    new_device: int = 20
    changed_sim: int = 40
    step_up_at: int = 60
    deny_at: int = 120


@dataclass(frozen=True, slots=True)
class DecoyPolicy:
    """How unknown customers are imitated: keep these near the real population's figures."""

    enumeration: str = "uniform"
    pin_action_percent: int = 12
    registered_percent: int = 55
    per_application_and_day: int = 20_000
    shared_buckets: int = 1_024


@dataclass(frozen=True, slots=True)
class ChannelPolicy:
    """Customer types a channel is closed to, as ``CHANNEL:TYPE`` (``KIOSK:1506``)."""

    closed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditPolicy:
    """CNBV 316 Bis 15."""

    kept_days: int = 180
    checkpoint_events: int = 1_000


@dataclass(frozen=True, slots=True)
class OperatorPolicy:
    """The bank's own people: sign-in (NIST SP 800-63B-4), sessions (OWASP), and what takes four eyes."""

    password_min_length: int = 12
    failures: int = 5
    lock_minutes: int = 15
    address_failures: int = 20
    requests_per_minute: int = 300
    idle_seconds: int = 600
    absolute_seconds: int = 28_800
    invitation_hours: int = 24
    request_minutes: int = 1_440
    """How long a request for four eyes waits for a decision."""
    grant_minutes: int = 30
    """How long an approved one may be executed."""
    four_eyes: tuple[str, ...] = (
        "customer.lift-preventive",
        "token.import",
        "application.create",
        "application.rotate-secret",
        "application.register-keys",
        "key.rotate",
        "operator.invite",
        "operator.set-roles",
        "operator.enable",
        "operator.reset-second-factor",
    )


@dataclass(frozen=True, slots=True)
class Policy:
    """The whole policy; ``time_zone`` decides when a bank day turns."""

    rules: RuleSet = RuleSet.CLASSIC
    time_zone: str = "America/Mexico_City"
    pin: PinPolicy = field(default_factory=PinPolicy)
    password: PasswordPolicy = field(default_factory=PasswordPolicy)
    secret: SecretPolicy = field(default_factory=SecretPolicy)
    temporary_pin: TemporaryPinPolicy = field(default_factory=TemporaryPinPolicy)
    lockout: LockoutPolicy = field(default_factory=LockoutPolicy)
    session: SessionPolicy = field(default_factory=SessionPolicy)
    throttle: ThrottlePolicy = field(default_factory=ThrottlePolicy)
    e2e: E2EPolicy = field(default_factory=E2EPolicy)
    access_token: AccessTokenPolicy = field(default_factory=AccessTokenPolicy)
    hash: HashPolicy = field(default_factory=HashPolicy)
    biometric: BiometricPolicy = field(default_factory=BiometricPolicy)
    otp: OtpPolicy = field(default_factory=OtpPolicy)
    phone: PhonePolicy = field(default_factory=PhonePolicy)
    card: CardPolicy = field(default_factory=CardPolicy)
    certification: CertificationPolicy = field(default_factory=CertificationPolicy)
    challenge: ChallengePolicy = field(default_factory=ChallengePolicy)
    vendor: VendorPolicy = field(default_factory=VendorPolicy)
    risk: RiskPolicy = field(default_factory=RiskPolicy)
    decoy: DecoyPolicy = field(default_factory=DecoyPolicy)
    channels: ChannelPolicy = field(default_factory=ChannelPolicy)
    audit: AuditPolicy = field(default_factory=AuditPolicy)
    operators: OperatorPolicy = field(default_factory=OperatorPolicy)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def session_life(self) -> timedelta:
        return timedelta(seconds=self.session.absolute_seconds)

    @property
    def replay_memory(self) -> timedelta:
        """A spent request id is remembered as long as a replay could be accepted, and a little longer."""
        return self.session_life + timedelta(minutes=10)


CLASSIC = Policy()
MODERN = Policy(rules=RuleSet.MODERN, password=MODERN_PASSWORD)
