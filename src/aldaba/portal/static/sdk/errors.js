/** Everything that can go wrong, as errors typed by HTTP status and code; none holds a secret. */
/** Whatever this client throws on purpose, but for `TypeError` where choices do not go together. */
export class AldabaError extends Error {
}
/** No answer came. `mayHaveActed` tells whether the request can have reached the server. */
export class Unreachable extends AldabaError {
    operation;
    mayHaveActed;
    uuid;
    constructor(operation, trouble, mayHaveActed, uuid) {
        super(`${operation}: ${mayHaveActed ? "the answer was lost" : "the server was not reached"} (${trouble})`);
        this.operation = operation;
        this.mayHaveActed = mayHaveActed;
        this.uuid = uuid;
    }
}
/** The answer is not what the contract says, or a sealed value in it does not open. */
export class BadAnswer extends AldabaError {
    operation;
    constructor(operation, what) {
        super(`${operation}: ${what}`);
        this.operation = operation;
    }
}
/** The server's public key is not signed by the pinned root key: somebody may stand between. */
export class UntrustedKey extends AldabaError {
}
/** The token endpoint refused the application (RFC 6749 §5.2); `error` is its word for it. */
export class SignInRefused extends AldabaError {
    status;
    error;
    constructor(status, error) {
        super(`sign-in refused: ${status} ${error}`);
        this.status = status;
        this.error = error;
    }
}
/** The operation goes on from an earlier one that this client has not made. */
export class NoSession extends AldabaError {
}
/**
 * The server answered with an error. `details` is for people, in the language asked for; decide by class,
 * or by `status` and `code`. `location` names the header or the field's dotted path.
 */
export class Refused extends AldabaError {
    operation;
    status;
    type;
    code;
    details;
    location;
    moreInfo;
    uuid;
    timestamp;
    constructor(operation, status, body) {
        const where = body.location === undefined ? "" : ` at ${body.location}`;
        super(`${operation}: ${`${status} ${body.code} ${body.type}`.trimEnd()}${where} (uuid ${body.uuid})`);
        this.operation = operation;
        this.status = status;
        this.type = body.type;
        this.code = body.code;
        this.details = body.details;
        this.location = body.location;
        this.moreInfo = body.moreInfo;
        this.uuid = body.uuid;
        this.timestamp = body.timestamp;
    }
}
// The declared members exist for the compiler only: without them classes of one shape would be one type to it,
// and `instanceof` would narrow wrongly.
/** 400: something in the request. */
export class BadRequest extends Refused {
}
/** 400 `invalidRequest` or `badRequest`: `location` names the header or field. */
export class InvalidRequest extends BadRequest {
}
/** 400: a sealed field did not open. */
export class CannotDecryptData extends BadRequest {
}
/** 400 `chkDigitNotMatch` of the key exchange. */
export class CheckDigitsDiffer extends BadRequest {
}
/** 400: the new password breaks the rule that `more_info` names. */
export class CredentialInvalid extends BadRequest {
}
/** 401: somebody or something has not proved itself. */
export class Unauthenticated extends Refused {
}
/** 401 `unAuthorized`: the application's token, or (`SessionLost`) the session. */
export class Unauthorized extends Unauthenticated {
}
/** 401 at `sid`, or `SessionTimeout`: the session is over, or has proved too little for this. */
export class SessionLost extends Unauthorized {
}
/** 401 206: the biometric token, or the response to a challenge, is not right. */
export class AuthenticationFailed extends Unauthenticated {
}
/** 401 6666: PIN or password wrong or never set, or nobody knows the customer. */
export class BadCredentials extends Unauthenticated {
}
/** 401 8005: the bank's directory had a communication failure; try later. */
export class CommunicationFailed extends Unauthenticated {
}
/** 401 8006: locked, or this attempt locked. */
export class Locked extends Unauthenticated {
}
/** 401 8007: the credential is right, but this customer may not log in here. */
export class UserTypeRefused extends Unauthenticated {
}
/** 401 8008: the credential is right, but another session lives. */
export class DuplicateSession extends Unauthenticated {
}
/** 401: card, phone or one-time code not right, or not proved in this session. */
export class CredentialValidationFailed extends Unauthenticated {
}
/** 401 5002: the soft-token vendor's JWT is not valid. */
export class VendorTokenInvalid extends Unauthenticated {
}
/** 401 `invalidCredential`: the customer's soft token is not the vendor's. */
export class NotVendorCustomer extends Unauthenticated {
}
/** 401 `InvalidCredentials`: the session has no customer, or nobody knows the one asked about. */
export class CustomerNotFound extends Unauthenticated {
}
/** 403: country, business code, channel or operation not granted to this application. */
export class Forbidden extends Refused {
}
/** 404. */
export class NotFound extends Refused {
}
/** 404 `userIdNotFound`. */
export class UserNotFound extends NotFound {
}
/** 404 `federatedProfileNotFound`: the customer is known, an access profile is not. */
export class FederatedProfileNotFound extends NotFound {
}
/** 404 `resourceNotFound` or `Unknown`. */
export class ResourceNotFound extends NotFound {
}
/** 404 `Application not found` or 5000: no token is assigned, or no such functional id. */
export class ApplicationNotFound extends NotFound {
}
/** 422. */
export class Unprocessable extends Refused {
}
/** 422: a rule of the bank; `location` says about what. */
export class BusinessValidationFailed extends Unprocessable {
}
/** 422 at `credentialStatus`: new credentials come first. */
export class CredentialsMustBeSet extends BusinessValidationFailed {
}
/** 422 at `challenge`: pass a challenge first. */
export class ChallengeNeeded extends BusinessValidationFailed {
}
/** 422 `SessionError`: the tries of this session are used up. */
export class SessionLimit extends Unprocessable {
}
/** 422 `DayError`: the tries of this day are used up. */
export class DayLimit extends Unprocessable {
}
/** 5xx: charged to nobody. */
export class ServerFailed extends Refused {
}
/** 500 `serverUnavailable`: later. */
export class ServerUnavailable extends ServerFailed {
}
/** 500 `backendError`: a system behind the server; later. */
export class BackendFailed extends ServerFailed {
}
/** Every class, by its name. */
const CLASSES = {
    AldabaError,
    Unreachable,
    BadAnswer,
    UntrustedKey,
    SignInRefused,
    NoSession,
    Refused,
    BadRequest,
    InvalidRequest,
    CannotDecryptData,
    CheckDigitsDiffer,
    CredentialInvalid,
    Unauthenticated,
    Unauthorized,
    SessionLost,
    AuthenticationFailed,
    BadCredentials,
    CommunicationFailed,
    Locked,
    UserTypeRefused,
    DuplicateSession,
    CredentialValidationFailed,
    VendorTokenInvalid,
    NotVendorCustomer,
    CustomerNotFound,
    Forbidden,
    NotFound,
    UserNotFound,
    FederatedProfileNotFound,
    ResourceNotFound,
    ApplicationNotFound,
    Unprocessable,
    BusinessValidationFailed,
    CredentialsMustBeSet,
    ChallengeNeeded,
    SessionLimit,
    DayLimit,
    ServerFailed,
    ServerUnavailable,
    BackendFailed,
};
// By the prototype, so that a name survives a minifier and is no member of each error.
for (const [name, value] of Object.entries(CLASSES)) {
    Object.defineProperty(value.prototype, "name", { value: name, configurable: true, writable: true });
}
