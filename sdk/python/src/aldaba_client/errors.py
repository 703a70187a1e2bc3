"""Everything that can go wrong, as exceptions typed by HTTP status and code; none holds a secret."""

from dataclasses import dataclass


class AldabaError(Exception):
    """Whatever this client raises on purpose."""


class Unreachable(AldabaError):
    """No answer came. ``may_have_acted`` tells whether the request can have reached the server."""

    def __init__(self, operation: str, trouble: str, *, may_have_acted: bool) -> None:
        lost = "the answer was lost" if may_have_acted else "the server was not reached"
        super().__init__(f"{operation}: {lost} ({trouble})")
        self.operation = operation
        self.may_have_acted = may_have_acted


class BadAnswer(AldabaError):
    """The answer is not what the contract says, or a sealed value in it does not open."""

    def __init__(self, operation: str, what: str) -> None:
        super().__init__(f"{operation}: {what}")
        self.operation = operation


class UntrustedKey(AldabaError):
    """The server's public key is not signed by the pinned root key: somebody may stand between."""


class SignInRefused(AldabaError):
    """The token endpoint refused the application (RFC 6749 §5.2); ``error`` is its word for it."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(f"sign-in refused: {status} {error}")
        self.status = status
        self.error = error


class NoSession(AldabaError):
    """The operation goes on from an earlier one that this client has not made."""


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """The members of the contract's error object; empty or None where the answer left them out."""

    type: str = ""
    code: str = ""
    details: str = ""
    location: str | None = None
    more_info: str | None = None
    uuid: str | None = None
    timestamp: str | None = None


class Refused(AldabaError):
    """The server answered with an error.

    ``details`` is for people, in the language asked for; decide by class, or by ``status`` and ``code``.
    ``location`` names the header or the field's dotted path.
    """

    def __init__(self, operation: str, status: int, body: ErrorBody) -> None:
        where = f" at {body.location}" if body.location else ""
        named = f" {body.code} {body.type}".rstrip()
        super().__init__(f"{operation}: {status}{named}{where} (uuid {body.uuid})")
        self.operation = operation
        self.status = status
        self.type = body.type
        self.code = body.code
        self.details = body.details
        self.location = body.location
        self.more_info = body.more_info
        self.uuid = body.uuid
        self.timestamp = body.timestamp


class BadRequest(Refused):
    """400: something in the request."""


class InvalidRequest(BadRequest):
    """400 ``invalidRequest`` or ``badRequest``: ``location`` names the header or field."""


class CannotDecryptData(BadRequest):
    """400: a sealed field did not open."""


class CheckDigitsDiffer(BadRequest):
    """400 ``chkDigitNotMatch`` of the key exchange."""


class CredentialInvalid(BadRequest):
    """400: the new password breaks the rule that ``more_info`` names."""


class Unauthenticated(Refused):
    """401: somebody or something has not proved itself."""


class Unauthorized(Unauthenticated):
    """401 ``unAuthorized``: the application's token, or (``SessionLost``) the session."""


class SessionLost(Unauthorized):
    """401 at ``sid``, or ``SessionTimeout``: the session is over, or has proved too little for this."""


class AuthenticationFailed(Unauthenticated):
    """401 206: the biometric token, or the response to a challenge, is not right."""


class BadCredentials(Unauthenticated):
    """401 6666: PIN or password wrong or never set, or nobody knows the customer."""


class CommunicationFailed(Unauthenticated):
    """401 8005: the bank's directory had a communication failure; try later."""


class Locked(Unauthenticated):
    """401 8006: locked, or this attempt locked."""


class UserTypeRefused(Unauthenticated):
    """401 8007: the credential is right, but this customer may not log in here."""


class DuplicateSession(Unauthenticated):
    """401 8008: the credential is right, but another session lives."""


class CredentialValidationFailed(Unauthenticated):
    """401: card, phone or one-time code not right, or not proved in this session."""


class VendorTokenInvalid(Unauthenticated):
    """401 5002: the soft-token vendor's JWT is not valid."""


class NotVendorCustomer(Unauthenticated):
    """401 ``invalidCredential``: the customer's soft token is not the vendor's."""


class CustomerNotFound(Unauthenticated):
    """401 ``InvalidCredentials``: the session has no customer, or nobody knows the one asked about."""


class Forbidden(Refused):
    """403: country, business code, channel or operation not granted to this application."""


class NotFound(Refused):
    """404."""


class UserNotFound(NotFound):
    """404 ``userIdNotFound``."""


class FederatedProfileNotFound(NotFound):
    """404 ``federatedProfileNotFound``: the customer is known, an access profile is not."""


class ResourceNotFound(NotFound):
    """404 ``resourceNotFound`` or ``Unknown``."""


class ApplicationNotFound(NotFound):
    """404 ``Application not found`` or 5000: no token is assigned, or no such functional id."""


class Unprocessable(Refused):
    """422."""


class BusinessValidationFailed(Unprocessable):
    """422: a rule of the bank; ``location`` says about what."""


class CredentialsMustBeSet(BusinessValidationFailed):
    """422 at ``credentialStatus``: new credentials come first."""


class ChallengeNeeded(BusinessValidationFailed):
    """422 at ``challenge``: pass a challenge first."""


class SessionLimit(Unprocessable):
    """422 ``SessionError``: the tries of this session are used up."""


class DayLimit(Unprocessable):
    """422 ``DayError``: the tries of this day are used up."""


class ServerFailed(Refused):
    """5xx: charged to nobody."""


class ServerUnavailable(ServerFailed):
    """500 ``serverUnavailable``: later."""


class BackendFailed(ServerFailed):
    """500 ``backendError``: a system behind the server; later."""
