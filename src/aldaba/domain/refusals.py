"""The closed list of reasons why the house says no."""

from enum import StrEnum


class Reason(StrEnum):
    """Facts, not sentences: the wire's row for each stands in ``api/refusals.py``."""

    INVALID_REQUEST = "invalid request"
    CANNOT_DECRYPT = "cannot decrypt"
    CHECK_DIGITS_DIFFER = "check digits differ"
    UNAUTHORIZED = "unauthorized"
    SESSION_EXPIRED = "session expired"
    NOT_CONFIGURED = "not configured"
    NOT_FOUND = "not found"
    CUSTOMER_UNKNOWN = "customer unknown"
    PROFILE_UNKNOWN = "profile unknown"
    BAD_CREDENTIALS = "bad credentials"
    AUTHENTICATION_FAILED = "authentication failed"
    CREDENTIAL_REFUSED = "credential refused"
    SECRET_UNFIT = "secret against policy"
    TOKEN_INVALID = "token invalid"
    NOT_A_VENDOR_CUSTOMER = "not a customer of the soft-token vendor"
    NO_CUSTOMER = "no customer"
    LOCKED = "locked"
    STANDING = "standing does not permit"
    DUPLICATE_SESSION = "duplicate session"
    COMMUNICATION = "communication failure"
    RULE_BROKEN = "business rule broken"
    DAY_LIMIT = "day limit"
    SESSION_LIMIT = "session limit"
    BACKEND_FAILED = "backend failed"
    UNAVAILABLE = "unavailable"


_WRONG = frozenset({Reason.BAD_CREDENTIALS, Reason.AUTHENTICATION_FAILED, Reason.CREDENTIAL_REFUSED})


class Refused(Exception):
    """Says no with a reason and, where one field is to blame, its location on the wire.

    ``wrong`` says that a secret was looked at and was wrong, which the reason alone may not tell: the try
    that locks is told as a lock, and a wrong code as a rule broken where the operation has no other row.
    """

    def __init__(
        self,
        reason: Reason,
        location: str | None = None,
        more: str | None = None,
        *,
        wrong: bool | None = None,
    ) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.location = location
        self.more = more
        self.wrong = reason in _WRONG if wrong is None else wrong


class BackendFailed(Exception):
    """A part outside the house did not do its work; the customer is never charged for it.

    ``communication`` is true when the part answered, but with a communication failure of its own.
    """

    def __init__(self, backend: str, *, communication: bool = False) -> None:
        super().__init__(backend)
        self.backend = backend
        self.communication = communication


class HouseUnavailable(Exception):
    """Our own store or key ring is away; nothing was done."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part
