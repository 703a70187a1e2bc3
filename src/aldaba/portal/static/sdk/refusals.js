/** Which error an error answer becomes: by status, code and, for a few, location. */
import * as errors from "./errors.js";
const BY_CODE = {
    "400 invalidRequest": errors.InvalidRequest,
    "400 badRequest": errors.InvalidRequest,
    "400 cannotDecryptData": errors.CannotDecryptData,
    "400 chkDigitNotMatch": errors.CheckDigitsDiffer,
    "400 Credential Invalid": errors.CredentialInvalid,
    "401 unAuthorized": errors.Unauthorized,
    "401 SessionTimeout": errors.SessionLost,
    "401 authenticationFailed": errors.AuthenticationFailed,
    "401 6666": errors.BadCredentials,
    "401 8005": errors.CommunicationFailed,
    "401 8006": errors.Locked,
    "401 8007": errors.UserTypeRefused,
    "401 8008": errors.DuplicateSession,
    "401 credentialValidationFailed": errors.CredentialValidationFailed,
    "401 credentialValidtionFailed": errors.CredentialValidationFailed,
    "401 5002": errors.VendorTokenInvalid,
    "401 invalidCredential": errors.NotVendorCustomer,
    "401 InvalidCredentials": errors.CustomerNotFound,
    "403 accessNotConfigured": errors.Forbidden,
    "403 forbidden": errors.Forbidden,
    "404 userIdNotFound": errors.UserNotFound,
    "404 federatedProfileNotFound": errors.FederatedProfileNotFound,
    "404 resourceNotFound": errors.ResourceNotFound,
    "404 Unknown": errors.ResourceNotFound,
    "404 Application not found": errors.ApplicationNotFound,
    "404 5000": errors.ApplicationNotFound,
    "422 businessValidationFailed": errors.BusinessValidationFailed,
    "422 SessionError": errors.SessionLimit,
    "422 DayError": errors.DayLimit,
    "500 serverUnavailable": errors.ServerUnavailable,
    "500 backendError": errors.BackendFailed,
};
const BY_LOCATION = {
    "401 unAuthorized sid": errors.SessionLost,
    "422 businessValidationFailed credentialStatus": errors.CredentialsMustBeSet,
    "422 businessValidationFailed challenge": errors.ChallengeNeeded,
};
const BY_STATUS = {
    400: errors.BadRequest,
    401: errors.Unauthenticated,
    403: errors.Forbidden,
    404: errors.NotFound,
    422: errors.Unprocessable,
};
/** The error for an answer with an error status, whatever its body is; `uuid` is the one that was sent. */
export function refusal(operation, status, content, uuid) {
    const body = errorBody(content, uuid);
    const found = own(BY_LOCATION, `${status} ${body.code} ${body.location ?? ""}`) ??
        own(BY_CODE, `${status} ${body.code}`) ??
        own(BY_STATUS, `${status}`) ??
        (status >= 500 ? errors.ServerFailed : errors.Refused);
    return new found(operation, status, body);
}
function own(table, key) {
    return Object.hasOwn(table, key) ? table[key] : undefined;
}
/** The contract's error object; an empty one for the page of a gateway that is none. */
function errorBody(content, uuid) {
    const told = members(content);
    const text = (name) => {
        const value = told[name];
        return typeof value === "string" ? value : undefined;
    };
    return {
        type: text("type") ?? "",
        code: text("code") ?? "",
        details: text("details") ?? "",
        location: text("location"),
        moreInfo: text("moreInfo"),
        uuid: text("uuid") ?? uuid,
        timestamp: text("timestamp"),
    };
}
function members(content) {
    try {
        const told = JSON.parse(content);
        return typeof told === "object" && told !== null ? told : {};
    }
    catch {
        return {};
    }
}
