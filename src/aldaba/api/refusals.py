"""Every no on the wire: reason → this operation's documented row → error body in the caller's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from aldaba.contract import Contract, ErrorRow, Language
from aldaba.domain.refusals import Reason

_ROWS: Mapping[Reason, tuple[int, tuple[str, ...]]] = {
    Reason.INVALID_REQUEST: (400, ("invalidRequest",)),
    Reason.CANNOT_DECRYPT: (400, ("cannotDecryptData",)),
    Reason.CHECK_DIGITS_DIFFER: (400, ("chkDigitNotMatch",)),
    Reason.SECRET_UNFIT: (400, ("Credential Invalid", "invalidRequest")),
    Reason.UNAUTHORIZED: (401, ("unAuthorized",)),
    Reason.SESSION_EXPIRED: (401, ("SessionTimeout",)),
    Reason.NO_CUSTOMER: (401, ("InvalidCredentials", "unAuthorized")),
    Reason.BAD_CREDENTIALS: (401, ("6666",)),
    Reason.CREDENTIAL_REFUSED: (401, ("credentialValidationFailed", "credentialValidtionFailed")),
    Reason.AUTHENTICATION_FAILED: (401, ("authenticationFailed",)),
    Reason.TOKEN_INVALID: (401, ("5002", "unAuthorized")),
    Reason.NOT_A_VENDOR_CUSTOMER: (401, ("invalidCredential", "unAuthorized")),
    Reason.COMMUNICATION: (401, ("8005",)),
    Reason.LOCKED: (401, ("8006",)),
    Reason.STANDING: (401, ("8007",)),
    Reason.DUPLICATE_SESSION: (401, ("8008",)),
    Reason.NOT_CONFIGURED: (403, ("accessNotConfigured",)),
    Reason.NOT_FOUND: (404, ("resourceNotFound", "Application not found", "5000", "Unknown")),
    Reason.CUSTOMER_UNKNOWN: (404, ("userIdNotFound",)),
    Reason.PROFILE_UNKNOWN: (404, ("federatedProfileNotFound",)),
    Reason.RULE_BROKEN: (422, ("businessValidationFailed",)),
    Reason.SESSION_LIMIT: (422, ("SessionError",)),
    Reason.DAY_LIMIT: (422, ("DayError",)),
    Reason.BACKEND_FAILED: (500, ("backendError",)),
    Reason.UNAVAILABLE: (500, ("serverUnavailable",)),
}
"""Status, and the codes pages print for this reason: the first that the operation's own page has."""

_LIMITS = frozenset({Reason.SESSION_LIMIT, Reason.DAY_LIMIT})


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """What goes out: status, body, and the code for the log line."""

    status: int
    code: str
    body: dict[str, str]


class Refusals:
    """Words refusals as the contract prints them."""

    def __init__(self, contract: Contract, public_url: str) -> None:
        self._contract = contract
        self._public_url = public_url.rstrip("/")

    def row(self, operation_id: str, reason: Reason, location: str | None = None) -> ErrorRow:
        """The documented row for this reason on this operation."""
        status, codes = _ROWS[reason]
        operation = self._contract.operation(operation_id)
        if operation_id == "logout" and status == 401 and location == "sid":
            # The page of logout prints no 401: a sid that names no session is a bad parameter there.
            status, codes = _ROWS[Reason.INVALID_REQUEST]
        if reason in _LIMITS and operation.row(status, codes[0]) is None:
            status, codes = _ROWS[Reason.NOT_CONFIGURED]
        printed = next((code for code in codes if operation.row(status, code) is not None), codes[0])
        return self._contract.row(operation_id, status, printed)

    def answer(
        self,
        row: ErrorRow,
        *,
        operation_id: str | None,
        language: Language,
        uuid: str | None,
        at: datetime,
        location: str | None = None,
        more: str | None = None,
    ) -> ErrorAnswer:
        """The contract's error object; ``moreInfo`` is the row's own, names of rules, or our page on it."""
        details = self._contract.details(row, language)
        more_info = row.more_info or more or self._page(operation_id or row.operation, row)
        body = {"type": row.type, "code": row.code, "details": details}
        if location is not None:
            body["location"] = location
        body["moreInfo"] = more_info
        if uuid is not None:
            body["uuid"] = uuid
        body["timestamp"] = rfc3339(at)
        return ErrorAnswer(row.status, row.code, body)

    def _page(self, operation_id: str, row: ErrorRow) -> str:
        return f"{self._public_url}/docs/errors/{operation_id}/{row.status}/{quote(row.code, safe='')}"


def rfc3339(moment: datetime) -> str:
    """UTC with milliseconds: ``2026-11-24T05:59:09.123Z``."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
