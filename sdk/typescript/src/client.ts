/** The client as a caller sees it: one method for each operation, from plain arguments to typed answers. */

import { Application } from "./application.js";
import { type DeviceKey, biometricToken } from "./biometrics.js";
import type {
    Answers,
    CertifiedPhoneResponse,
    CredentialsStatusResponse,
    KeyExchangeResponse,
    LoginRequest,
    LoginResponse,
    MobileAml,
    OperationId,
    PreloginResponse,
    PublicKeyResponse,
    RetrieveChallengeResponse,
    ValidateChallengeResponse,
    ValidateCredentialsResponse,
    ValidateMobilePhoneResponse,
    ValidateTransmitCustomerResponse,
} from "./generated.js";
import { Http } from "./http.js";
import { type SessionFacts, introspect } from "./introspection.js";
import {
    type AccessToken,
    type CallOptions,
    type ClientOptions,
    type Place,
    checkedAddress,
    placeFrom,
} from "./options.js";
import { type Call, Session } from "./session.js";
import type { PublicJwk } from "./signatures.js";
import type { Attempt } from "./writing.js";

/** How a one-time code of the recovery is proved or sent. */
export const AuthType = {
    anyToken: 0,
    hardToken: 1,
    softToken: 2,
    smsRegisteredDevice: 3,
    voice: 4,
    smsProvedPhone: 5,
    smsBestPhone: 6,
} as const;
export type AuthType = (typeof AuthType)[keyof typeof AuthType];

type Maybe<T> = T | undefined;

/** The secret of a login: exactly one of these. */
export type LoginSecret =
    | { readonly pin: string; readonly password?: undefined; readonly deviceKey?: undefined }
    | { readonly password: string; readonly pin?: undefined; readonly deviceKey?: undefined }
    | { readonly deviceKey: DeviceKey; readonly pin?: undefined; readonly password?: undefined };

export type LoginOptions = CallOptions &
    LoginSecret & {
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
export class AldabaClient {
    readonly #session: Session;

    constructor(baseUrl: string, clientId: string, options: ClientOptions);
    /** @internal A session of a client that stands already. */
    constructor(session: Session);
    constructor(given: string | Session, clientId = "", options: ClientOptions = {}) {
        this.#session = typeof given === "string" ? begun(given, clientId, options) : given;
    }

    /** Another session of the same application, with a `sid` and keys of its own. */
    newSession(place: Partial<Place> = {}): AldabaClient {
        const { application, profile, place: usual } = this.#session;
        return new AldabaClient(new Session(application, placeFrom(place, usual), profile));
    }

    /** Begin a new session with the next call; the server is not told. */
    forgetSession(): void {
        this.#session.forget();
    }

    /** What names the session at the server: other systems of the bank may `introspect` it. */
    get sid(): string | undefined {
        return this.#session.sid;
    }

    /** The application's access token, for a back end to hand to its page. */
    async accessToken(options: CallOptions = {}): Promise<AccessToken> {
        return this.#session.application.token(options);
    }

    /** What a `sid` is worth, for applications with the right `introspect`. */
    async introspect(sid: string, options: CallOptions = {}): Promise<SessionFacts> {
        return introspect(this.#session.application, sid, options);
    }

    /** The server's public key, its signature checked. Throws `UntrustedKey`. */
    async retrievePublicKey(options: CallOptions = {}): Promise<PublicKeyResponse> {
        return this.#session.retrievePublicKey(options);
    }

    /** Agree on fresh keys; done unasked before the first call in need. Throws `UntrustedKey`. */
    async exchangeKeys(options: CallOptions = {}): Promise<KeyExchangeResponse> {
        return this.#session.exchangeKeys(options);
    }

    /** Identify a customer by customer number or card number; tells the next action. */
    async preloginV1(
        userId: string,
        options: CallOptions & { readonly vascoDeviceId?: Maybe<string> } = {},
    ): Promise<PreloginResponse> {
        const { vascoDeviceId } = options;
        return this.#run(
            { id: "prelogin_v1", body: () => given({ encryptedUserId: userId, vascoDeviceId }) },
            options,
        );
    }

    /** As `preloginV1`, and names the instance of the middleware. */
    async preloginV2(
        userId: string,
        options: CallOptions & {
            readonly vascoDeviceId?: Maybe<string>;
            readonly instanceId?: Maybe<string>;
        } = {},
    ): Promise<PreloginResponse> {
        const { vascoDeviceId, instanceId } = options;
        const body = () => given({ encryptedUserId: userId, vascoDeviceId, instanceId });
        return this.#run({ id: "prelogin_v2", body }, options);
    }

    /**
     * Log in with exactly one of `pin`, `password` and `deviceKey` (biometric login). A login whose answer
     * was lost is not made again (`Retry`). Throws `TypeError` for none or several.
     */
    async login(userId: string, options: LoginOptions): Promise<LoginResponse> {
        const chosen = [options.pin, options.password, options.deviceKey].filter(
            (secret) => secret !== undefined,
        );
        if (chosen.length !== 1) throw new TypeError("give exactly one of pin, password and deviceKey");
        return this.#run({ id: "login", body: (attempt) => loginBody(userId, options, attempt) }, options);
    }

    /** End the session; the next call begins a new one. */
    async logout(options: CallOptions = {}): Promise<void> {
        return this.#run({ id: "logout" }, options);
    }

    /** Identify a customer at the beginning of a recovery. */
    async validateCredentials(
        userId: string,
        options: CallOptions = {},
    ): Promise<ValidateCredentialsResponse> {
        return this.#run({ id: "validate_credentials", body: () => ({ encryptedUserId: userId }) }, options);
    }

    /** Prove the card by its NIP and its expiry date (MMYY). */
    async validateCard(
        nip: string,
        expires: string,
        options: CallOptions & { readonly ccsId?: Maybe<string> } = {},
    ): Promise<void> {
        const body = (attempt: Attempt) => ({
            ccsId: options.ccsId ?? attempt.ccsId,
            encryptedCredentialAccess: nip,
            expirationCardDate: expires,
        });
        return this.#run({ id: "validate_card", body }, options);
    }

    /** Prove a certified phone of the customer, ten digits. */
    async validateMobilePhone(
        phoneNumber: string,
        options: RecoveryOptions = {},
    ): Promise<ValidateMobilePhoneResponse> {
        const body = (attempt: Attempt) => ({ ...recovering(options, attempt), phoneNumber });
        return this.#run({ id: "validate_mobile_phone", body }, options);
    }

    /** Have a one-time code sent, or name the token that will show it. */
    async sendOtp(authType: AuthType, options: RecoveryOptions = {}): Promise<void> {
        return this.#run(
            { id: "send_otp", body: (attempt) => ({ ...recovering(options, attempt), authType }) },
            options,
        );
    }

    /** Set a new password on a one-time code. */
    async setAccess(password: string, otp: string, options: RecoveryOptions = {}): Promise<void> {
        const body = (attempt: Attempt) => ({
            ...recovering(options, attempt),
            newEncryptedAccessCredential: password,
            encryptedOtp: otp,
        });
        return this.#run({ id: "set_access", body }, options);
    }

    /** Set what the `credentialStatus` of the login demands, or (`NONE`) change either. */
    async setCredentials(
        credentialStatus: string,
        options: CallOptions & { readonly pin?: Maybe<string>; readonly password?: Maybe<string> },
    ): Promise<void> {
        const { pin, password } = options;
        const body = {
            credentialStatus,
            newEncryptedAccessNumber: pin,
            newEncryptedAccessCredential: password,
        };
        return this.#run({ id: "set_credentials", body: () => given(body) }, options);
    }

    /** Detail of a customer's PIN and password, for applications with the right `ivr`. */
    async credentialsStatus(
        customerId: string,
        options: CallOptions & { readonly legalRepresentativeId?: Maybe<string> } = {},
    ): Promise<CredentialsStatusResponse> {
        const { legalRepresentativeId } = options;
        return this.#run(
            { id: "credentials_status", body: () => given({ customerId, legalRepresentativeId }) },
            options,
        );
    }

    /** Fetch a challenge for the customer's token. */
    async retrieveChallenge(options: CallOptions = {}): Promise<RetrieveChallengeResponse> {
        return this.#run({ id: "retrieve_challenge" }, options);
    }

    /** Answer a challenge with what the token shows. */
    async validateChallenge(
        challengeQuestion: string,
        oneTimePassword: string,
        options: CallOptions = {},
    ): Promise<ValidateChallengeResponse> {
        const body = { challengeQuestion, oneTimePasswordToken: oneTimePassword };
        return this.#run({ id: "validate_challenge", body: () => body }, options);
    }

    /** Have a JWT of the soft-token vendor judged. */
    async validateJwt(
        transmitToken: string,
        customerId: string,
        grantType: string = "2",
        options: CallOptions = {},
    ): Promise<void> {
        return this.#run(
            { id: "validate_jwt", body: () => ({ transmitToken, customerId, grantType }) },
            options,
        );
    }

    /** Record the session's customer as holder of a vendor's soft token. */
    async registerTransmitCustomer(options: CallOptions = {}): Promise<void> {
        return this.#run({ id: "register_transmit_customer" }, options);
    }

    /** Whether a customer's soft token is the vendor's. */
    async validateTransmitCustomer(
        customerId: string,
        options: CallOptions = {},
    ): Promise<ValidateTransmitCustomerResponse> {
        return this.#run({ id: "validate_transmit_customer", body: () => ({ customerId }) }, options);
    }

    /** Send a one-time code to the phone of an account opening. */
    async generateRaoToken(
        phoneNumber: string,
        options: CallOptions & { readonly countryCode?: Maybe<string> } = {},
    ): Promise<void> {
        return this.#run(
            { id: "generate_rao_token", body: () => phone(phoneNumber, options.countryCode) },
            options,
        );
    }

    /** Certify that phone by its code. */
    async validateRaoToken(
        otp: string,
        phoneNumber: string,
        options: CallOptions & { readonly countryCode?: Maybe<string> } = {},
    ): Promise<void> {
        const body = { phone: phone(phoneNumber, options.countryCode), encryptedOtpToken: otp };
        return this.#run({ id: "validate_rao_token", body: () => body }, options);
    }

    /** The phone this session has certified. */
    async certifiedPhone(options: CallOptions = {}): Promise<CertifiedPhoneResponse> {
        return this.#run({ id: "certified_phone" }, options);
    }

    /** Lift a customer's locks on a JWT of the soft-token vendor. */
    async unlockAccess(
        jwt: string,
        customerId: string,
        options: CallOptions & {
            readonly grantType?: Maybe<string>;
            readonly legalRepresentativeId?: Maybe<string>;
        } = {},
    ): Promise<void> {
        const { grantType, legalRepresentativeId } = options;
        const customer = given({ encryptedCustomerId: customerId, legalRepresentativeId });
        return this.#run(
            { id: "unlock_access", body: () => given({ jwtToken: jwt, grantType, customer }) },
            options,
        );
    }

    /** Enrol a phone of the session's customer for biometric login; a challenge must have been passed. */
    async enrolDevice(
        applicationDeviceId: string,
        publicKey: PublicJwk,
        options: CallOptions & { readonly vascoDeviceId?: Maybe<string> } = {},
    ): Promise<void> {
        const { vascoDeviceId } = options;
        const { kty, crv, x, y } = publicKey;
        const body = given({ applicationDeviceId, vascoDeviceId, publicKeyJwk: { kty, crv, x, y } });
        return this.#run({ id: "enrol_device", body: () => body }, options);
    }

    /** Take an enrolled phone of the session's customer out of use. */
    async revokeDevice(applicationDeviceId: string, options: CallOptions = {}): Promise<void> {
        return this.#run({ id: "revoke_device", body: () => ({ applicationDeviceId }) }, options);
    }

    async #run<Id extends OperationId>(call: Call<Id>, options: CallOptions): Promise<Answers[Id]> {
        return this.#session.run(call, options);
    }
}

function begun(baseUrl: string, clientId: string, options: ClientOptions): Session {
    const address = checkedAddress(baseUrl, options.allowHttp ?? false);
    const profile = options.profile ?? "bound-1";
    if (profile !== "bound-1" && profile !== "portal") throw new TypeError("profile is bound-1 or portal");
    const http = new Http(address, options.timeoutMs ?? 10_000, options.fetch);
    return new Session(new Application(http, clientId, options), placeFrom(options), profile);
}

type Given<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
    [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The members that were given. */
function given<T extends object>(members: T): Given<T> {
    return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Given<T>;
}

function recovering(options: RecoveryOptions, attempt: Attempt) {
    return { ccsId: options.ccsId ?? attempt.ccsId, isFirstTime: options.isFirstTime ?? false };
}

function phone(number: string, countryCode: string | undefined) {
    return { phoneCountryCode: countryCode ?? "+52", encryptedPhoneNumber: number };
}

async function loginBody(userId: string, options: LoginOptions, attempt: Attempt): Promise<LoginRequest> {
    const { pin, password, deviceKey, vascoDeviceId, instanceId, mobileAml } = options;
    const [credentialType, encryptedCredential] =
        pin !== undefined
            ? [1, pin]
            : password !== undefined
              ? [2, password]
              : [3, await biometricToken(deviceKey as DeviceKey, userId, attempt)];
    return given({
        customerCredentials: { userId, credentialType, encryptedCredential },
        vascoDeviceId,
        applicationDeviceId: options.applicationDeviceId ?? deviceKey?.applicationDeviceId,
        instanceId,
        mobileAML: mobileAml,
    });
}
