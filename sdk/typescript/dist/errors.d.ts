/** Everything that can go wrong, as errors typed by HTTP status and code; none holds a secret. */
/** Whatever this client throws on purpose, but for `TypeError` where choices do not go together. */
export declare class AldabaError extends Error {
}
/** No answer came. `mayHaveActed` tells whether the request can have reached the server. */
export declare class Unreachable extends AldabaError {
    readonly operation: string;
    readonly mayHaveActed: boolean;
    readonly uuid?: string | undefined;
    constructor(operation: string, trouble: string, mayHaveActed: boolean, uuid?: string | undefined);
}
/** The answer is not what the contract says, or a sealed value in it does not open. */
export declare class BadAnswer extends AldabaError {
    readonly operation: string;
    constructor(operation: string, what: string);
}
/** The server's public key is not signed by the pinned root key: somebody may stand between. */
export declare class UntrustedKey extends AldabaError {
    protected readonly isUntrustedKey: true;
}
/** The token endpoint refused the application (RFC 6749 §5.2); `error` is its word for it. */
export declare class SignInRefused extends AldabaError {
    readonly status: number;
    readonly error: string;
    constructor(status: number, error: string);
}
/** The operation goes on from an earlier one that this client has not made. */
export declare class NoSession extends AldabaError {
    protected readonly isNoSession: true;
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
export declare class Refused extends AldabaError implements ErrorBody {
    readonly operation: string;
    readonly status: number;
    readonly type: string;
    readonly code: string;
    readonly details: string;
    readonly location: string | undefined;
    readonly moreInfo: string | undefined;
    readonly uuid: string | undefined;
    readonly timestamp: string | undefined;
    constructor(operation: string, status: number, body: ErrorBody);
}
/** 400: something in the request. */
export declare class BadRequest extends Refused {
    protected readonly isBadRequest: true;
}
/** 400 `invalidRequest` or `badRequest`: `location` names the header or field. */
export declare class InvalidRequest extends BadRequest {
    protected readonly isInvalidRequest: true;
}
/** 400: a sealed field did not open. */
export declare class CannotDecryptData extends BadRequest {
    protected readonly isCannotDecryptData: true;
}
/** 400 `chkDigitNotMatch` of the key exchange. */
export declare class CheckDigitsDiffer extends BadRequest {
    protected readonly isCheckDigitsDiffer: true;
}
/** 400: the new password breaks the rule that `more_info` names. */
export declare class CredentialInvalid extends BadRequest {
    protected readonly isCredentialInvalid: true;
}
/** 401: somebody or something has not proved itself. */
export declare class Unauthenticated extends Refused {
    protected readonly isUnauthenticated: true;
}
/** 401 `unAuthorized`: the application's token, or (`SessionLost`) the session. */
export declare class Unauthorized extends Unauthenticated {
    protected readonly isUnauthorized: true;
}
/** 401 at `sid`, or `SessionTimeout`: the session is over, or has proved too little for this. */
export declare class SessionLost extends Unauthorized {
    protected readonly isSessionLost: true;
}
/** 401 206: the biometric token, or the response to a challenge, is not right. */
export declare class AuthenticationFailed extends Unauthenticated {
    protected readonly isAuthenticationFailed: true;
}
/** 401 6666: PIN or password wrong or never set, or nobody knows the customer. */
export declare class BadCredentials extends Unauthenticated {
    protected readonly isBadCredentials: true;
}
/** 401 8005: the bank's directory had a communication failure; try later. */
export declare class CommunicationFailed extends Unauthenticated {
    protected readonly isCommunicationFailed: true;
}
/** 401 8006: locked, or this attempt locked. */
export declare class Locked extends Unauthenticated {
    protected readonly isLocked: true;
}
/** 401 8007: the credential is right, but this customer may not log in here. */
export declare class UserTypeRefused extends Unauthenticated {
    protected readonly isUserTypeRefused: true;
}
/** 401 8008: the credential is right, but another session lives. */
export declare class DuplicateSession extends Unauthenticated {
    protected readonly isDuplicateSession: true;
}
/** 401: card, phone or one-time code not right, or not proved in this session. */
export declare class CredentialValidationFailed extends Unauthenticated {
    protected readonly isCredentialValidationFailed: true;
}
/** 401 5002: the soft-token vendor's JWT is not valid. */
export declare class VendorTokenInvalid extends Unauthenticated {
    protected readonly isVendorTokenInvalid: true;
}
/** 401 `invalidCredential`: the customer's soft token is not the vendor's. */
export declare class NotVendorCustomer extends Unauthenticated {
    protected readonly isNotVendorCustomer: true;
}
/** 401 `InvalidCredentials`: the session has no customer, or nobody knows the one asked about. */
export declare class CustomerNotFound extends Unauthenticated {
    protected readonly isCustomerNotFound: true;
}
/** 403: country, business code, channel or operation not granted to this application. */
export declare class Forbidden extends Refused {
    protected readonly isForbidden: true;
}
/** 404. */
export declare class NotFound extends Refused {
    protected readonly isNotFound: true;
}
/** 404 `userIdNotFound`. */
export declare class UserNotFound extends NotFound {
    protected readonly isUserNotFound: true;
}
/** 404 `federatedProfileNotFound`: the customer is known, an access profile is not. */
export declare class FederatedProfileNotFound extends NotFound {
    protected readonly isFederatedProfileNotFound: true;
}
/** 404 `resourceNotFound` or `Unknown`. */
export declare class ResourceNotFound extends NotFound {
    protected readonly isResourceNotFound: true;
}
/** 404 `Application not found` or 5000: no token is assigned, or no such functional id. */
export declare class ApplicationNotFound extends NotFound {
    protected readonly isApplicationNotFound: true;
}
/** 422. */
export declare class Unprocessable extends Refused {
    protected readonly isUnprocessable: true;
}
/** 422: a rule of the bank; `location` says about what. */
export declare class BusinessValidationFailed extends Unprocessable {
    protected readonly isBusinessValidationFailed: true;
}
/** 422 at `credentialStatus`: new credentials come first. */
export declare class CredentialsMustBeSet extends BusinessValidationFailed {
    protected readonly isCredentialsMustBeSet: true;
}
/** 422 at `challenge`: pass a challenge first. */
export declare class ChallengeNeeded extends BusinessValidationFailed {
    protected readonly isChallengeNeeded: true;
}
/** 422 `SessionError`: the tries of this session are used up. */
export declare class SessionLimit extends Unprocessable {
    protected readonly isSessionLimit: true;
}
/** 422 `DayError`: the tries of this day are used up. */
export declare class DayLimit extends Unprocessable {
    protected readonly isDayLimit: true;
}
/** 5xx: charged to nobody. */
export declare class ServerFailed extends Refused {
    protected readonly isServerFailed: true;
}
/** 500 `serverUnavailable`: later. */
export declare class ServerUnavailable extends ServerFailed {
    protected readonly isServerUnavailable: true;
}
/** 500 `backendError`: a system behind the server; later. */
export declare class BackendFailed extends ServerFailed {
    protected readonly isBackendFailed: true;
}
