/** The client as a caller sees it: one method for each operation, from plain arguments to typed answers. */
import { type DeviceKey } from "./biometrics.js";
import type { CertifiedPhoneResponse, CredentialsStatusResponse, KeyExchangeResponse, LoginResponse, MobileAml, PreloginResponse, PublicKeyResponse, RetrieveChallengeResponse, ValidateChallengeResponse, ValidateCredentialsResponse, ValidateMobilePhoneResponse, ValidateTransmitCustomerResponse } from "./generated.js";
import { type SessionFacts } from "./introspection.js";
import { type AccessToken, type CallOptions, type ClientOptions, type Place } from "./options.js";
import type { PublicJwk } from "./signatures.js";
/** How a one-time code of the recovery is proved or sent. */
export declare const AuthType: {
    readonly anyToken: 0;
    readonly hardToken: 1;
    readonly softToken: 2;
    readonly smsRegisteredDevice: 3;
    readonly voice: 4;
    readonly smsProvedPhone: 5;
    readonly smsBestPhone: 6;
};
export type AuthType = (typeof AuthType)[keyof typeof AuthType];
type Maybe<T> = T | undefined;
/** The secret of a login: exactly one of these. */
export type LoginSecret = {
    readonly pin: string;
    readonly password?: undefined;
    readonly deviceKey?: undefined;
} | {
    readonly password: string;
    readonly pin?: undefined;
    readonly deviceKey?: undefined;
} | {
    readonly deviceKey: DeviceKey;
    readonly pin?: undefined;
    readonly password?: undefined;
};
export type LoginOptions = CallOptions & LoginSecret & {
    readonly vascoDeviceId?: Maybe<string>;
    readonly applicationDeviceId?: Maybe<string>;
    readonly instanceId?: Maybe<string>;
    readonly mobileAml?: Maybe<MobileAml>;
};
/** For the recovery: `ccsId` is the session's own unless given. */
export type RecoveryOptions = CallOptions & {
    readonly isFirstTime?: Maybe<boolean>;
    readonly ccsId?: Maybe<string>;
};
/**
 * One session of one front end; calls may run in parallel. `newSession` gives another customer's session
 * with the same access token. Choices that do not go together throw `TypeError`; what goes wrong later is
 * an `AldabaError`, or the reason of the `signal` that called the call off.
 */
export declare class AldabaClient {
    #private;
    constructor(baseUrl: string, clientId: string, options: ClientOptions);
    /** Another session of the same application, with a `sid` and keys of its own. */
    newSession(place?: Partial<Place>): AldabaClient;
    /** Begin a new session with the next call; the server is not told. */
    forgetSession(): void;
    /** What names the session at the server: other systems of the bank may `introspect` it. */
    get sid(): string | undefined;
    /** The application's access token, for a back end to hand to its page. */
    accessToken(options?: CallOptions): Promise<AccessToken>;
    /** What a `sid` is worth, for applications with the right `introspect`. */
    introspect(sid: string, options?: CallOptions): Promise<SessionFacts>;
    /** The server's public key, its signature checked. Throws `UntrustedKey`. */
    retrievePublicKey(options?: CallOptions): Promise<PublicKeyResponse>;
    /** Agree on fresh keys; done unasked before the first call in need. Throws `UntrustedKey`. */
    exchangeKeys(options?: CallOptions): Promise<KeyExchangeResponse>;
    /** Identify a customer by customer number or card number; tells the next action. */
    preloginV1(userId: string, options?: CallOptions & {
        readonly vascoDeviceId?: Maybe<string>;
    }): Promise<PreloginResponse>;
    /** As `preloginV1`, and names the instance of the middleware. */
    preloginV2(userId: string, options?: CallOptions & {
        readonly vascoDeviceId?: Maybe<string>;
        readonly instanceId?: Maybe<string>;
    }): Promise<PreloginResponse>;
    /**
     * Log in with exactly one of `pin`, `password` and `deviceKey` (biometric login). A login whose answer
     * was lost is not made again (`Retry`). Throws `TypeError` for none or several.
     */
    login(userId: string, options: LoginOptions): Promise<LoginResponse>;
    /** End the session; the next call begins a new one. */
    logout(options?: CallOptions): Promise<void>;
    /** Identify a customer at the beginning of a recovery. */
    validateCredentials(userId: string, options?: CallOptions): Promise<ValidateCredentialsResponse>;
    /** Prove the card by its NIP and its expiry date (MMYY). */
    validateCard(nip: string, expires: string, options?: CallOptions & {
        readonly ccsId?: Maybe<string>;
    }): Promise<void>;
    /** Prove a certified phone of the customer, ten digits. */
    validateMobilePhone(phoneNumber: string, options?: RecoveryOptions): Promise<ValidateMobilePhoneResponse>;
    /** Have a one-time code sent, or name the token that will show it. */
    sendOtp(authType: AuthType, options?: RecoveryOptions): Promise<void>;
    /** Set a new password on a one-time code. */
    setAccess(password: string, otp: string, options?: RecoveryOptions): Promise<void>;
    /** Set what the `credentialStatus` of the login demands, or (`NONE`) change either. */
    setCredentials(credentialStatus: string, options: CallOptions & {
        readonly pin?: Maybe<string>;
        readonly password?: Maybe<string>;
    }): Promise<void>;
    /** Detail of a customer's PIN and password, for applications with the right `ivr`. */
    credentialsStatus(customerId: string, options?: CallOptions & {
        readonly legalRepresentativeId?: Maybe<string>;
    }): Promise<CredentialsStatusResponse>;
    /** Fetch a challenge for the customer's token. */
    retrieveChallenge(options?: CallOptions): Promise<RetrieveChallengeResponse>;
    /** Answer a challenge with what the token shows. */
    validateChallenge(challengeQuestion: string, oneTimePassword: string, options?: CallOptions): Promise<ValidateChallengeResponse>;
    /** Have a JWT of the soft-token vendor judged. */
    validateJwt(transmitToken: string, customerId: string, grantType?: string, options?: CallOptions): Promise<void>;
    /** Record the session's customer as holder of a vendor's soft token. */
    registerTransmitCustomer(options?: CallOptions): Promise<void>;
    /** Whether a customer's soft token is the vendor's. */
    validateTransmitCustomer(customerId: string, options?: CallOptions): Promise<ValidateTransmitCustomerResponse>;
    /** Send a one-time code to the phone of an account opening. */
    generateRaoToken(phoneNumber: string, options?: CallOptions & {
        readonly countryCode?: Maybe<string>;
    }): Promise<void>;
    /** Certify that phone by its code. */
    validateRaoToken(otp: string, phoneNumber: string, options?: CallOptions & {
        readonly countryCode?: Maybe<string>;
    }): Promise<void>;
    /** The phone this session has certified. */
    certifiedPhone(options?: CallOptions): Promise<CertifiedPhoneResponse>;
    /** Lift a customer's locks on a JWT of the soft-token vendor. */
    unlockAccess(jwt: string, customerId: string, options?: CallOptions & {
        readonly grantType?: Maybe<string>;
        readonly legalRepresentativeId?: Maybe<string>;
    }): Promise<void>;
    /** Enrol a phone of the session's customer for biometric login; a challenge must have been passed. */
    enrolDevice(applicationDeviceId: string, publicKey: PublicJwk, options?: CallOptions & {
        readonly vascoDeviceId?: Maybe<string>;
    }): Promise<void>;
    /** Take an enrolled phone of the session's customer out of use. */
    revokeDevice(applicationDeviceId: string, options?: CallOptions): Promise<void>;
}
export {};
