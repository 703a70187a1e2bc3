"""Which exception an error answer becomes: by status, code and, for a few, location."""

import json
from collections.abc import Mapping

from aldaba_client import errors
from aldaba_client.errors import ErrorBody, Refused
from aldaba_client.messages import Answer

BY_CODE: Mapping[tuple[int, str], type[Refused]] = {
    (400, "invalidRequest"): errors.InvalidRequest,
    (400, "badRequest"): errors.InvalidRequest,
    (400, "cannotDecryptData"): errors.CannotDecryptData,
    (400, "chkDigitNotMatch"): errors.CheckDigitsDiffer,
    (400, "Credential Invalid"): errors.CredentialInvalid,
    (401, "unAuthorized"): errors.Unauthorized,
    (401, "SessionTimeout"): errors.SessionLost,
    (401, "authenticationFailed"): errors.AuthenticationFailed,
    (401, "6666"): errors.BadCredentials,
    (401, "8005"): errors.CommunicationFailed,
    (401, "8006"): errors.Locked,
    (401, "8007"): errors.UserTypeRefused,
    (401, "8008"): errors.DuplicateSession,
    (401, "credentialValidationFailed"): errors.CredentialValidationFailed,
    (401, "credentialValidtionFailed"): errors.CredentialValidationFailed,
    (401, "5002"): errors.VendorTokenInvalid,
    (401, "invalidCredential"): errors.NotVendorCustomer,
    (401, "InvalidCredentials"): errors.CustomerNotFound,
    (403, "accessNotConfigured"): errors.Forbidden,
    (403, "forbidden"): errors.Forbidden,
    (404, "userIdNotFound"): errors.UserNotFound,
    (404, "federatedProfileNotFound"): errors.FederatedProfileNotFound,
    (404, "resourceNotFound"): errors.ResourceNotFound,
    (404, "Unknown"): errors.ResourceNotFound,
    (404, "Application not found"): errors.ApplicationNotFound,
    (404, "5000"): errors.ApplicationNotFound,
    (422, "businessValidationFailed"): errors.BusinessValidationFailed,
    (422, "SessionError"): errors.SessionLimit,
    (422, "DayError"): errors.DayLimit,
    (500, "serverUnavailable"): errors.ServerUnavailable,
    (500, "backendError"): errors.BackendFailed,
}

BY_LOCATION: Mapping[tuple[int, str, str], type[Refused]] = {
    (401, "unAuthorized", "sid"): errors.SessionLost,
    (422, "businessValidationFailed", "credentialStatus"): errors.CredentialsMustBeSet,
    (422, "businessValidationFailed", "challenge"): errors.ChallengeNeeded,
}

BY_STATUS: Mapping[int, type[Refused]] = {
    400: errors.BadRequest,
    401: errors.Unauthenticated,
    403: errors.Forbidden,
    404: errors.NotFound,
    422: errors.Unprocessable,
}

_MEMBERS = {"moreInfo": "more_info"} | {
    name: name for name in ("type", "code", "details", "location", "uuid", "timestamp")
}


def refusal(operation: str, answer: Answer) -> Refused:
    """The exception for an answer with an error status, whatever its body is."""
    body = error_body(answer.content)
    found = BY_LOCATION.get((answer.status, body.code, body.location or "")) or BY_CODE.get(
        (answer.status, body.code)
    )
    usual = errors.ServerFailed if answer.status >= 500 else Refused
    return (found or BY_STATUS.get(answer.status, usual))(operation, answer.status, body)


def error_body(content: bytes) -> ErrorBody:
    """The contract's error object; an empty one for the page of a gateway that is none."""
    try:
        told = json.loads(content)
    except ValueError:
        return ErrorBody()
    if not isinstance(told, dict):
        return ErrorBody()
    members = {ours: told[wire] for wire, ours in _MEMBERS.items() if isinstance(told.get(wire), str)}
    return ErrorBody(**members)
