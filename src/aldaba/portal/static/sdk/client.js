/** The client as a caller sees it: one method for each operation, from plain arguments to typed answers. */
import { Application } from "./application.js";
import { biometricToken } from "./biometrics.js";
import { Http } from "./http.js";
import { introspect } from "./introspection.js";
import { checkedAddress, placeFrom, } from "./options.js";
import { Session } from "./session.js";
/** How a one-time code of the recovery is proved or sent. */
export const AuthType = {
    anyToken: 0,
    hardToken: 1,
    softToken: 2,
    smsRegisteredDevice: 3,
    voice: 4,
    smsProvedPhone: 5,
    smsBestPhone: 6,
};
/**
 * One session of one front end; calls may run in parallel. `newSession` gives another customer's session
 * with the same access token. Choices that do not go together throw `TypeError`; what goes wrong later is
 * an `AldabaError`, or the reason of the `signal` that called the call off.
 */
export class AldabaClient {
    #session;
    constructor(given, clientId = "", options = {}) {
        this.#session = typeof given === "string" ? begun(given, clientId, options) : given;
    }
    /** Another session of the same application, with a `sid` and keys of its own. */
    newSession(place = {}) {
        const { application, profile, place: usual } = this.#session;
        return new AldabaClient(new Session(application, placeFrom(place, usual), profile));
    }
    /** Begin a new session with the next call; the server is not told. */
    forgetSession() {
        this.#session.forget();
    }
    /** What names the session at the server: other systems of the bank may `introspect` it. */
    get sid() {
        return this.#session.sid;
    }
    /** The application's access token, for a back end to hand to its page. */
    async accessToken(options = {}) {
        return this.#session.application.token(options);
    }
    /** What a `sid` is worth, for applications with the right `introspect`. */
    async introspect(sid, options = {}) {
        return introspect(this.#session.application, sid, options);
    }
    /** The server's public key, its signature checked. Throws `UntrustedKey`. */
    async retrievePublicKey(options = {}) {
        return this.#session.retrievePublicKey(options);
    }
    /** Agree on fresh keys; done unasked before the first call in need. Throws `UntrustedKey`. */
    async exchangeKeys(options = {}) {
        return this.#session.exchangeKeys(options);
    }
    /** Identify a customer by customer number or card number; tells the next action. */
    async preloginV1(userId, options = {}) {
        const { vascoDeviceId } = options;
        return this.#run({ id: "prelogin_v1", body: () => given({ encryptedUserId: userId, vascoDeviceId }) }, options);
    }
    /** As `preloginV1`, and names the instance of the middleware. */
    async preloginV2(userId, options = {}) {
        const { vascoDeviceId, instanceId } = options;
        const body = () => given({ encryptedUserId: userId, vascoDeviceId, instanceId });
        return this.#run({ id: "prelogin_v2", body }, options);
    }
    /**
     * Log in with exactly one of `pin`, `password` and `deviceKey` (biometric login). A login whose answer
     * was lost is not made again (`Retry`). Throws `TypeError` for none or several.
     */
    async login(userId, options) {
        const chosen = [options.pin, options.password, options.deviceKey].filter((secret) => secret !== undefined);
        if (chosen.length !== 1)
            throw new TypeError("give exactly one of pin, password and deviceKey");
        return this.#run({ id: "login", body: (attempt) => loginBody(userId, options, attempt) }, options);
    }
    /** End the session; the next call begins a new one. */
    async logout(options = {}) {
        return this.#run({ id: "logout" }, options);
    }
    /** Identify a customer at the beginning of a recovery. */
    async validateCredentials(userId, options = {}) {
        return this.#run({ id: "validate_credentials", body: () => ({ encryptedUserId: userId }) }, options);
    }
    /** Prove the card by its NIP and its expiry date (MMYY). */
    async validateCard(nip, expires, options = {}) {
        const body = (attempt) => ({
            ccsId: options.ccsId ?? attempt.ccsId,
            encryptedCredentialAccess: nip,
            expirationCardDate: expires,
        });
        return this.#run({ id: "validate_card", body }, options);
    }
    /** Prove a certified phone of the customer, ten digits. */
    async validateMobilePhone(phoneNumber, options = {}) {
        const body = (attempt) => ({ ...recovering(options, attempt), phoneNumber });
        return this.#run({ id: "validate_mobile_phone", body }, options);
    }
    /** Have a one-time code sent, or name the token that will show it. */
    async sendOtp(authType, options = {}) {
        return this.#run({ id: "send_otp", body: (attempt) => ({ ...recovering(options, attempt), authType }) }, options);
    }
    /** Set a new password on a one-time code. */
    async setAccess(password, otp, options = {}) {
        const body = (attempt) => ({
            ...recovering(options, attempt),
            newEncryptedAccessCredential: password,
            encryptedOtp: otp,
        });
        return this.#run({ id: "set_access", body }, options);
    }
    /** Set what the `credentialStatus` of the login demands, or (`NONE`) change either. */
    async setCredentials(credentialStatus, options) {
        const { pin, password } = options;
        const body = {
            credentialStatus,
            newEncryptedAccessNumber: pin,
            newEncryptedAccessCredential: password,
        };
        return this.#run({ id: "set_credentials", body: () => given(body) }, options);
    }
    /** Detail of a customer's PIN and password, for applications with the right `ivr`. */
    async credentialsStatus(customerId, options = {}) {
        const { legalRepresentativeId } = options;
        return this.#run({ id: "credentials_status", body: () => given({ customerId, legalRepresentativeId }) }, options);
    }
    /** Fetch a challenge for the customer's token. */
    async retrieveChallenge(options = {}) {
        return this.#run({ id: "retrieve_challenge" }, options);
    }
    /** Answer a challenge with what the token shows. */
    async validateChallenge(challengeQuestion, oneTimePassword, options = {}) {
        const body = { challengeQuestion, oneTimePasswordToken: oneTimePassword };
        return this.#run({ id: "validate_challenge", body: () => body }, options);
    }
    /** Have a JWT of the soft-token vendor judged. */
    async validateJwt(transmitToken, customerId, grantType = "2", options = {}) {
        return this.#run({ id: "validate_jwt", body: () => ({ transmitToken, customerId, grantType }) }, options);
    }
    /** Record the session's customer as holder of a vendor's soft token. */
    async registerTransmitCustomer(options = {}) {
        return this.#run({ id: "register_transmit_customer" }, options);
    }
    /** Whether a customer's soft token is the vendor's. */
    async validateTransmitCustomer(customerId, options = {}) {
        return this.#run({ id: "validate_transmit_customer", body: () => ({ customerId }) }, options);
    }
    /** Send a one-time code to the phone of an account opening. */
    async generateRaoToken(phoneNumber, options = {}) {
        return this.#run({ id: "generate_rao_token", body: () => phone(phoneNumber, options.countryCode) }, options);
    }
    /** Certify that phone by its code. */
    async validateRaoToken(otp, phoneNumber, options = {}) {
        const body = { phone: phone(phoneNumber, options.countryCode), encryptedOtpToken: otp };
        return this.#run({ id: "validate_rao_token", body: () => body }, options);
    }
    /** The phone this session has certified. */
    async certifiedPhone(options = {}) {
        return this.#run({ id: "certified_phone" }, options);
    }
    /** Lift a customer's locks on a JWT of the soft-token vendor. */
    async unlockAccess(jwt, customerId, options = {}) {
        const { grantType, legalRepresentativeId } = options;
        const customer = given({ encryptedCustomerId: customerId, legalRepresentativeId });
        return this.#run({ id: "unlock_access", body: () => given({ jwtToken: jwt, grantType, customer }) }, options);
    }
    /** Enrol a phone of the session's customer for biometric login; a challenge must have been passed. */
    async enrolDevice(applicationDeviceId, publicKey, options = {}) {
        const { vascoDeviceId } = options;
        const { kty, crv, x, y } = publicKey;
        const body = given({ applicationDeviceId, vascoDeviceId, publicKeyJwk: { kty, crv, x, y } });
        return this.#run({ id: "enrol_device", body: () => body }, options);
    }
    /** Take an enrolled phone of the session's customer out of use. */
    async revokeDevice(applicationDeviceId, options = {}) {
        return this.#run({ id: "revoke_device", body: () => ({ applicationDeviceId }) }, options);
    }
    async #run(call, options) {
        return this.#session.run(call, options);
    }
}
function begun(baseUrl, clientId, options) {
    const address = checkedAddress(baseUrl, options.allowHttp ?? false);
    const profile = options.profile ?? "bound-1";
    if (profile !== "bound-1" && profile !== "portal")
        throw new TypeError("profile is bound-1 or portal");
    const http = new Http(address, options.timeoutMs ?? 10_000, options.fetch);
    return new Session(new Application(http, clientId, options), placeFrom(options), profile);
}
/** The members that were given. */
function given(members) {
    return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
function recovering(options, attempt) {
    return { ccsId: options.ccsId ?? attempt.ccsId, isFirstTime: options.isFirstTime ?? false };
}
function phone(number, countryCode) {
    return { phoneCountryCode: countryCode ?? "+52", encryptedPhoneNumber: number };
}
async function loginBody(userId, options, attempt) {
    const { pin, password, deviceKey, vascoDeviceId, instanceId, mobileAml } = options;
    const [credentialType, encryptedCredential] = pin !== undefined
        ? [1, pin]
        : password !== undefined
            ? [2, password]
            : [3, await biometricToken(deviceKey, userId, attempt)];
    return given({
        customerCredentials: { userId, credentialType, encryptedCredential },
        vascoDeviceId,
        applicationDeviceId: options.applicationDeviceId ?? deviceKey?.applicationDeviceId,
        instanceId,
        mobileAML: mobileAml,
    });
}
