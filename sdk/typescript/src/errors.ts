/** Everything that can go wrong, as errors typed by HTTP status and code; none holds a secret. */

/** Whatever this client throws on purpose, but for `TypeError` where choices do not go together. */
export class AldabaError extends Error {}

/** No answer came. `mayHaveActed` tells whether the request can have reached the server. */
export class Unreachable extends AldabaError {
    constructor(
        readonly operation: string,
        trouble: string,
        readonly mayHaveActed: boolean,
        readonly uuid?: string,
    ) {
        super(
            `${operation}: ${mayHaveActed ? "the answer was lost" : "the server was not reached"} (${trouble})`,
        );
    }
}

/** The answer is not what the contract says, or a sealed value in it does not open. */
export class BadAnswer extends AldabaError {
    constructor(
        readonly operation: string,
        what: string,
    ) {
        super(`${operation}: ${what}`);
    }
}

/** The server's public key is not signed by the pinned root key: somebody may stand between. */
export class UntrustedKey extends AldabaError {
    declare protected readonly isUntrustedKey: true;
}

/** The token endpoint refused the application (RFC 6749 §5.2); `error` is its word for it. */
export class SignInRefused extends AldabaError {
    constructor(
        readonly status: number,
        readonly error: string,
    ) {
        super(`sign-in refused: ${status} ${error}`);
    }
}

/** The operation goes on from an earlier one that this client has not made. */
export class NoSession extends AldabaError {
    declare protected readonly isNoSession: true;
}

/** The members of the contract's error object; empty or undefined where the answer left them out. */
export interface ErrorBody {
    readonly type: string;
    readonly code: string;
    readonly details: string;
    readonly location: string | undefined;
    readonly moreInfo: string | undefined;
    readonly uuid: string | undefined;
    readonly timestamp: string | undefined;
}

/**
 * The server answered with an error. `details` is for people, in the language asked for; decide by class,
 * or by `status` and `code`. `location` names the header or the field's dotted path.
 */
export class Refused extends AldabaError implements ErrorBody {
    readonly type: string;
    readonly code: string;
    readonly details: string;
    readonly location: string | undefined;
    readonly moreInfo: string | undefined;
    readonly uuid: string | undefined;
    readonly timestamp: string | undefined;

    constructor(
        readonly operation: string,
        readonly status: number,
        body: ErrorBody,
    ) {
        const where = body.location === undefined ? "" : ` at ${body.location}`;
        super(`${operation}: ${`${status} ${body.code} ${body.type}`.trimEnd()}${where} (uuid ${body.uuid})`);
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
    declare protected readonly isBadRequest: true;
}

/** 400 `invalidRequest` or `badRequest`: `location` names the header or field. */
export class InvalidRequest extends BadRequest {
    declare protected readonly isInvalidRequest: true;
}

/** 400: a sealed field did not open. */
export class CannotDecryptData extends BadRequest {
    declare protected readonly isCannotDecryptData: true;
}

/** 400 `chkDigitNotMatch` of the key exchange. */
export class CheckDigitsDiffer extends BadRequest {
    declare protected readonly isCheckDigitsDiffer: true;
}

/** 400: the new password breaks the rule that `more_info` names. */
export class CredentialInvalid extends BadRequest {
    declare protected readonly isCredentialInvalid: true;
}

/** 401: somebody or something has not proved itself. */
export class Unauthenticated extends Refused {
    declare protected readonly isUnauthenticated: true;
}

/** 401 `unAuthorized`: the application's token, or (`SessionLost`) the session. */
export class Unauthorized extends Unauthenticated {
    declare protected readonly isUnauthorized: true;
}

/** 401 at `sid`, or `SessionTimeout`: the session is over, or has proved too little for this. */
export class SessionLost extends Unauthorized {
    declare protected readonly isSessionLost: true;
}

/** 401 206: the biometric token, or the response to a challenge, is not right. */
export class AuthenticationFailed extends Unauthenticated {
    declare protected readonly isAuthenticationFailed: true;
}

/** 401 6666: PIN or password wrong or never set, or nobody knows the customer. */
export class BadCredentials extends Unauthenticated {
    declare protected readonly isBadCredentials: true;
}

/** 401 8005: the bank's directory had a communication failure; try later. */
export class CommunicationFailed extends Unauthenticated {
    declare protected readonly isCommunicationFailed: true;
}

/** 401 8006: locked, or this attempt locked. */
export class Locked extends Unauthenticated {
    declare protected readonly isLocked: true;
}

/** 401 8007: the credential is right, but this customer may not log in here. */
export class UserTypeRefused extends Unauthenticated {
    declare protected readonly isUserTypeRefused: true;
}

/** 401 8008: the credential is right, but another session lives. */
export class DuplicateSession extends Unauthenticated {
    declare protected readonly isDuplicateSession: true;
}

/** 401: card, phone or one-time code not right, or not proved in this session. */
export class CredentialValidationFailed extends Unauthenticated {
    declare protected readonly isCredentialValidationFailed: true;
}

/** 401 5002: the soft-token vendor's JWT is not valid. */
export class VendorTokenInvalid extends Unauthenticated {
    declare protected readonly isVendorTokenInvalid: true;
}

/** 401 `invalidCredential`: the customer's soft token is not the vendor's. */
export class NotVendorCustomer extends Unauthenticated {
    declare protected readonly isNotVendorCustomer: true;
}

/** 401 `InvalidCredentials`: the session has no customer, or nobody knows the one asked about. */
export class CustomerNotFound extends Unauthenticated {
    declare protected readonly isCustomerNotFound: true;
}

/** 403: country, business code, channel or operation not granted to this application. */
export class Forbidden extends Refused {
    declare protected readonly isForbidden: true;
}

/** 404. */
export class NotFound extends Refused {
    declare protected readonly isNotFound: true;
}

/** 404 `userIdNotFound`. */
export class UserNotFound extends NotFound {
    declare protected readonly isUserNotFound: true;
}

/** 404 `federatedProfileNotFound`: the customer is known, an access profile is not. */
export class FederatedProfileNotFound extends NotFound {
    declare protected readonly isFederatedProfileNotFound: true;
}

/** 404 `resourceNotFound` or `Unknown`. */
export class ResourceNotFound extends NotFound {
    declare protected readonly isResourceNotFound: true;
}

/** 404 `Application not found` or 5000: no token is assigned, or no such functional id. */
export class ApplicationNotFound extends NotFound {
    declare protected readonly isApplicationNotFound: true;
}

/** 422. */
export class Unprocessable extends Refused {
    declare protected readonly isUnprocessable: true;
}

/** 422: a rule of the bank; `location` says about what. */
export class BusinessValidationFailed extends Unprocessable {
    declare protected readonly isBusinessValidationFailed: true;
}

/** 422 at `credentialStatus`: new credentials come first. */
export class CredentialsMustBeSet extends BusinessValidationFailed {
    declare protected readonly isCredentialsMustBeSet: true;
}

/** 422 at `challenge`: pass a challenge first. */
export class ChallengeNeeded extends BusinessValidationFailed {
    declare protected readonly isChallengeNeeded: true;
}

/** 422 `SessionError`: the tries of this session are used up. */
export class SessionLimit extends Unprocessable {
    declare protected readonly isSessionLimit: true;
}

/** 422 `DayError`: the tries of this day are used up. */
export class DayLimit extends Unprocessable {
    declare protected readonly isDayLimit: true;
}

/** 5xx: charged to nobody. */
export class ServerFailed extends Refused {
    declare protected readonly isServerFailed: true;
}

/** 500 `serverUnavailable`: later. */
export class ServerUnavailable extends ServerFailed {
    declare protected readonly isServerUnavailable: true;
}

/** 500 `backendError`: a system behind the server; later. */
export class BackendFailed extends ServerFailed {
    declare protected readonly isBackendFailed: true;
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
