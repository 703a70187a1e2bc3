/** Operations, bodies and answers, written by `sdk/typescript/generate.py`: change the contract. */

import type { Operation, Shape } from "./operation.js";

/** The texts the contract names, and those a later one may add. */
export type OpenText<T extends string> = T | (string & {});

/** The numbers the contract names, and those a later one may add. */
export type OpenNumber<T extends number> = T | (number & {});

/** Answer of prelogin_v1 and prelogin_v2. */
export interface PreloginResponse {
    /** Id of the customer in CCS. */
    readonly ccsId?: string;
    /** Customer number, opened from encryptedLoginId. */
    readonly loginId?: string;
    /** Name with each letter after the initials starred. */
    readonly maskedCustomerName?: string;
    /** Which login variant follows, from e-banking and black-list status; no value table. */
    readonly nextLoginActionCode?: number;
    /** Text of nextLoginActionCode. */
    readonly nextLoginActionDescription?: string;
    /** Registration state under the Banca Movil rules; only "0" is shown. */
    readonly registrationStatus?: string;
    /** Text of registrationStatus. */
    readonly registrationStatusDescription?: string;
    /** Whether the device is the one registered in Banca Movil; only "0" is shown. */
    readonly mobileBankingDeviceStatus?: string;
    /** Text of mobileBankingDeviceStatus. */
    readonly mobileBankingDeviceStatusDescription?: string;
}

/** Answer of login. */
export interface LoginResponse {
    /** Full name. */
    readonly customerName?: string;
    /** Channel of the previous login, as the backend has it. */
    readonly lastChannelId?: string;
    /** Previous login. */
    readonly lastLoginDate?: string;
    /**
     * State of the netkey (hard or soft token). 6 BASIC: no high-risk transactions; 56 PRO: high-risk
     * transactions with the hard token; 64 SOFTTOKEN_PRE_ASSIGNED: no high-risk transactions; soft token
     * can be reactivated; 66 SOFTTOKEN_ACTIVATED: high-risk transactions with the soft token; 63
     * SOFTTOKEN_DEACTIVATED: no high-risk transactions; soft token can be reactivated.
     */
    readonly tokenStatus?: OpenText<"6" | "56" | "64" | "66" | "63">;
    /** Text of tokenStatus. */
    readonly tokenStatusDescription?: string;
    /**
     * Legacy code: two digits service (15 = e-banking), two digits kind of person. 1506 Moral person:
     * legal entity; 1521 Physical person with enterprise activity: sole trader; 1551 Physical person:
     * individual.
     */
    readonly customerType?: OpenNumber<1506 | 1521 | 1551>;
    /** Text of customerType. */
    readonly customerTypeDescription?: string;
    /**
     * State of the credential used; decides what the front end must do next. NONE password is fine,
     * nothing to do; NEW temporary PIN used, neither PIN nor password exists: create both; RPIN
     * temporary PIN used, both expired: create both; ACPWD PIN used, password expired: create the
     * password; CHPWD password used, expired after an unlock: create the password.
     */
    readonly credentialStatus?: OpenText<"NONE" | "NEW" | "RPIN" | "ACPWD" | "CHPWD">;
    /** Text of credentialStatus. */
    readonly credentialStatusDescription?: string;
    /** E-banking terms already accepted. */
    readonly termsAndConditionsAcceptedFlag?: boolean;
    /** Registration state under the Banca Movil rules; only "0" is shown. */
    readonly registrationStatus?: string;
    /** Text of registrationStatus. */
    readonly registrationStatusDescription?: string;
    /** Whether the device is the one registered in Banca Movil; only "0" is shown. */
    readonly mobileBankingDeviceStatus?: string;
    /** Text of mobileBankingDeviceStatus. */
    readonly mobileBankingDeviceStatusDescription?: string;
}

/** Answer of validate_credentials. */
export interface ValidateCredentialsResponse {
    /** Id of the customer in CCS. */
    readonly ccsId?: string;
    /** Customer number, opened from encryptedLoginId. */
    readonly loginId?: string;
    /** Name with each letter after the initials starred. */
    readonly maskedCustomerName?: string;
    /** Registration state under the Banca Movil rules; only "0" is shown. */
    readonly registrationStatus?: string;
    /** Text of registrationStatus. */
    readonly registrationStatusDescription?: string;
    /** Whether the device is the one registered in Banca Movil; only "0" is shown. */
    readonly mobileBankingDeviceStatus?: string;
    /** Text of mobileBankingDeviceStatus. */
    readonly mobileBankingDeviceStatusDescription?: string;
}

/** Answer of validate_mobile_phone. */
export interface ValidateMobilePhoneResponse {
    /** The number is the best phone on file: registered at a branch, or the one for alerts. */
    readonly bestPhoneFlag?: boolean;
}

/** State of the PIN. */
export interface PinDetail {
    /** State of the PIN. A ACTIVE; I INACTIVE; R RESTARTED; O OTHER. */
    readonly pinStatus?: OpenText<"A" | "I" | "R" | "O">;
    /** Last PIN change by the user (YYYY-MM-DD). */
    readonly lastPinChangeDate?: string;
    /** Presumably the activation day; the text repeats lastPinChangeDate (YYYY-MM-DD). */
    readonly activationDate?: string;
    /** Last PIN reset (YYYY-MM-DD). */
    readonly lastResetDate?: string;
    /** Day the PIN was cancelled (YYYY-MM-DD). */
    readonly cancellationDate?: string;
    /** Last wrong PIN entry (YYYY-MM-DD). */
    readonly lastInvalidLoginDate?: string;
    /** Last block, which follows more than five wrong PIN entries (YYYY-MM-DD). */
    readonly lastBlockDate?: string;
    /** Last change of the PIN status (YYYY-MM-DD). */
    readonly lastStatusChangeDate?: string;
    /** Kind of lock on the PIN. D ONE DAY; S UNDEFINED; I PREVENTIVE; O UNEXPECTED VALUE. */
    readonly pinLocked?: OpenText<"D" | "S" | "I" | "O">;
    /** Last day a valid PIN was entered and confirmed by legacy system S045 (YYYY-MM-DD). */
    readonly lastLoginDate?: string;
    /** Number of PIN changes so far. */
    readonly changedCount?: number;
}

/** State of the password. */
export interface PasswordDetail {
    /** State of the password. A ACTIVE; I INACTIVE; R RESTARTED; O OTHER. */
    readonly passwordStatus?: OpenText<"A" | "I" | "R" | "O">;
    /** Last password change by the user (YYYY-MM-DD). */
    readonly lastPasswordChangeDate?: string;
    /** Last password reset (YYYY-MM-DD). */
    readonly lastResetDate?: string;
    /** Presumably the activation day; the text repeats lastResetDate (YYYY-MM-DD). */
    readonly activationDate?: string;
    /** Day the password was cancelled (YYYY-MM-DD). */
    readonly cancellationDate?: string;
    /** Last wrong password entry (YYYY-MM-DD). */
    readonly lastInvalidLoginDate?: string;
    /** Last block, which follows more than five wrong password entries (YYYY-MM-DD). */
    readonly lastBlockDate?: string;
    /** Last change of the password status (YYYY-MM-DD). */
    readonly lastStatusChangeDate?: string;
    /** Kind of lock on the password. D ONE DAY; S UNDEFINED; I PREVENTIVE; O UNEXPECTED VALUE. */
    readonly passwordLocked?: OpenText<"D" | "S" | "I" | "O">;
    /** Last day a valid password was entered and confirmed by legacy system S045 (YYYY-MM-DD). */
    readonly lastLoginDate?: string;
    /** Number of password changes so far. */
    readonly changedCount?: number;
}

/** Answer of credentials_status. */
export interface CredentialsStatusResponse {
    /** State of the PIN. */
    readonly pinDetail?: PinDetail;
    /** State of the password. */
    readonly passwordDetail?: PasswordDetail;
}

/** Answer of retrieve_challenge. */
export interface RetrieveChallengeResponse {
    /** Challenge issued by the SPA service. */
    readonly challengeQuestion: string;
}

/** Answer of validate_challenge. */
export interface ValidateChallengeResponse {
    /** Text of the success. */
    readonly responseMessage?: string;
}

/** Answer of validate_transmit_customer. */
export interface ValidateTransmitCustomerResponse {
    /** Customer asked about. */
    readonly customerId?: string;
    /** True when the customer is a Transmit customer. */
    readonly transmitTokenEnabledFlag?: boolean;
}

/** Answer of certified_phone. */
export interface CertifiedPhoneResponse {
    /** International dialling prefix. */
    readonly phoneCountryCode: string;
    /** Certified number, in clear. */
    readonly phoneNumber: string;
}

/** Answer of retrieve_public_key. */
export interface PublicKeyResponse {
    /** Name of the key, to be repeated in the exchange. */
    readonly keyId: string;
    /** RSA modulus (cut short in this example). */
    readonly modulus: string;
    /** RSA public exponent. */
    readonly exponent: string;
    /** Compact JWS over the key by the server's E2E root key. */
    readonly signedKey: string;
}

/** Answer of exchange_keys. */
export interface KeyExchangeResponse {
    /** Seconds these keys can still be used. */
    readonly expiresIn: number;
}

/** Customer to unlock. */
export interface Customer {
    /** Customer id encrypted with the AES key agreed through the E2E encryption APIs. */
    readonly encryptedCustomerId: string;
    /** Legal representative of a company; corporate customers only. */
    readonly legalRepresentativeId?: string;
}

/** Body of unlock_access (body parameter unlockCustomerRequest). */
export interface UnlockCustomerRequest {
    /** JWT to check. */
    readonly jwtToken: string;
    /**
     * Functional id (application id) under which the JWT validator is called. 1 SMS-OTP; 2 binding; 3
     * New Online Transaction; 4 Avatar Transaction; 5 IVR Transaction; 6 AcciTrade Transaction; 7
     * Directo Transaction.
     */
    readonly grantType?: OpenText<"1" | "2" | "3" | "4" | "5" | "6" | "7">;
    /** Whose access to unlock. */
    readonly customer: Customer;
}

/** Body of prelogin_v1. */
export interface PreloginRequestV1 {
    /** Customer number or credit/debit card number, E2E encrypted by the front end. */
    readonly encryptedUserId: string;
    /** Mobile banking only: device id made by the Vasco SDK. */
    readonly vascoDeviceId?: string;
}

/** Body of prelogin_v2. */
export interface PreloginRequestV2 {
    /** Customer number or credit/debit card number, E2E encrypted by the front end. */
    readonly encryptedUserId: string;
    /** Mobile banking only: device id made by the Vasco SDK. */
    readonly vascoDeviceId?: string;
    /** Mobile banking only: id of the middleware instance, made by the front end. */
    readonly instanceId?: string;
}

/** Credentials of the retail customer. */
export interface CustomerCredentials {
    /** Login id; only the customer number is supported so far. */
    readonly userId: string;
    /** Kind of userId; the default applies when absent. */
    readonly userIdType?: string;
    /** PIN, E2E encrypted by the front end. */
    readonly encryptedCredential: string;
    /**
     * Kind of credential entered; text speaks of a default but gives none. 1 BancaNet PIN, numeric; 2
     * BancaNet PIN, alphanumeric; 3 BancaNet Biotoken.
     */
    readonly credentialType: OpenNumber<1 | 2 | 3>;
}

/**
 * Device data for the Mexican AML checks; only sent by a mobile app that embeds an AML engine (CMAMT
 * or the like).
 */
export interface MobileAml {
    /** Client IP address. */
    readonly ipAddress?: string;
    /** RSA version that produced the data. */
    readonly rsaVersion?: string;
    /** Phone clock when the request was launched (YYYY-MM-DD). */
    readonly queryTime?: string;
    /** Device id from the RSA SDK; "-1" when unavailable. */
    readonly rsaDeviceId?: string;
    /** SIM id; "-1" when unavailable. */
    readonly simID?: string;
    /** Phone number; "-1" when unavailable. */
    readonly phoneNumber?: string;
    /** Key of the RSA SDK. */
    readonly rsaApplicationKey?: string;
    /** Rooted or jailbroken phone. 0 Disabled; 1 Enabled. */
    readonly mobileCompromisedIndicator?: OpenNumber<0 | 1>;
    /** RSA SDK runs in an emulator. 0 Disabled; 1 Enabled. */
    readonly mobileEmulatorIndicator?: OpenNumber<0 | 1>;
}

/** Body of login. */
export interface LoginRequest {
    /** Who and with which credential. */
    readonly customerCredentials: CustomerCredentials;
    /** Mobile banking only: device id made by the Vasco SDK. */
    readonly vascoDeviceId?: string;
    /** Device id, needed when the channel logs in by Biologin. */
    readonly applicationDeviceId?: string;
    /**
     * Mobile banking only: endpoint where the middleware instance opens its session, made by the front
     * end.
     */
    readonly instanceId?: string;
    /** Anti-money-laundering data of the mobile app. */
    readonly mobileAML?: MobileAml;
}

/** Body of validate_credentials. */
export interface ValidateCredentialsRequest {
    /** Customer number or credit/debit card number, E2E encrypted by the front end. */
    readonly encryptedUserId: string;
}

/** Body of validate_card. */
export interface ValidateCardRequest {
    /** Id of the customer in CCS. */
    readonly ccsId: string;
    /** Card PIN (NIP), E2E encrypted by the front end. */
    readonly encryptedCredentialAccess: string;
    /** Card expiry as MMYY. */
    readonly expirationCardDate: string;
}

/** Body of validate_mobile_phone. */
export interface ValidateMobilePhoneRequest {
    /** Id of the customer in CCS. */
    readonly ccsId: string;
    /** Certified mobile number to check. */
    readonly phoneNumber: string;
    /** True for a first-time login flow, false for a forgotten password. */
    readonly isFirstTime: boolean;
}

/** Body of send_otp. */
export interface SendOtpRequest {
    /** Id of the customer in CCS. */
    readonly ccsId: string;
    /**
     * Second factor to use. 0 Softtoken VASCO / Hardtoken SPA; 1 Hardtoken SPA; 2 Softtoken VASCO; 3 SMS
     * OTP: checks the registered device; 4 voice OTP; 5 Single use phone; 6 SMS OTP: checks the
     * standard-operation OTP.
     */
    readonly authType: OpenNumber<0 | 1 | 2 | 3 | 4 | 5 | 6>;
    /** True for a first-time login flow, false for a forgotten password. */
    readonly isFirstTime: boolean;
}

/** Body of set_access. */
export interface SetAccessRequest {
    /** Id of the customer in CCS. */
    readonly ccsId: string;
    /** Password that replaces the old one. */
    readonly newEncryptedAccessCredential: string;
    /** One-time password received before. */
    readonly encryptedOtp: string;
    /** True for a first-time login flow, false for a forgotten password. */
    readonly isFirstTime: boolean;
}

/** Body of set_credentials. */
export interface SetCredentialsRequest {
    /**
     * Value got from the login answer; selects what is set. NONE password is active; NEW password
     * expired, not accepted yet; RPIN PIN has expired; ACPWD PIN is active; CHPWD password has expired.
     */
    readonly credentialStatus?: OpenText<"NONE" | "NEW" | "RPIN" | "ACPWD" | "CHPWD">;
    /** New PIN, E2E encrypted by the front end. */
    readonly newEncryptedAccessNumber?: string;
    /** New password, E2E encrypted by the front end. */
    readonly newEncryptedAccessCredential?: string;
}

/** Body of credentials_status. */
export interface CredentialsStatusRequest {
    /** Customer number, in clear. */
    readonly customerId: string;
    /** Number of the legal representative. */
    readonly legalRepresentativeId?: string;
}

/** Body of validate_challenge. */
export interface ValidateChallengeRequest {
    /** The challenge fetched before, eight digits. */
    readonly challengeQuestion: string;
    /** Answer computed by the hard or soft token of the client. */
    readonly oneTimePasswordToken: string;
}

/** Body of validate_jwt. */
export interface ValidateJwtRequest {
    /** Token as the server issued it. */
    readonly transmitToken: string;
    /** Customer the token must belong to. */
    readonly customerId: string;
    /**
     * Functional id (application id) under which the JWT validator is called. 1 SMS-OTP; 2 binding; 3
     * New Online Transaction; 4 Avatar Transaction; 5 IVR Transaction; 6 AcciTrade Transaction; 7
     * Directo Transaction.
     */
    readonly grantType: OpenText<"1" | "2" | "3" | "4" | "5" | "6" | "7">;
}

/** Body of validate_transmit_customer. */
export interface ValidateTransmitCustomerRequest {
    /** Customer to look up. */
    readonly customerId: string;
}

/** Body of generate_rao_token; same shape as Phone. */
export interface GenerateRaoOtpRequest {
    /** International dialling prefix. */
    readonly phoneCountryCode: string;
    /** Number that gets the OTP, encrypted. */
    readonly encryptedPhoneNumber: string;
}

/** Phone an OTP was made for; same shape as GenerateRaoOtpRequest. */
export interface Phone {
    /** International dialling prefix. */
    readonly phoneCountryCode: string;
    /** Number that gets the OTP, encrypted. */
    readonly encryptedPhoneNumber: string;
}

/** Body of validate_rao_token. */
export interface ValidateRaoTokenRequest {
    /** The OTP; the text calls it clear although name and format say encrypted. */
    readonly encryptedOtpToken: string;
    /** Phone the OTP was sent to. */
    readonly phone: Phone;
}

/** Body of exchange_keys. */
export interface KeyExchangeRequest {
    /**
     * Profile of the session; AES, or none at all, means portal. bound-1 profile bound-1; AES profile
     * portal.
     */
    readonly algorithm?: OpenText<"bound-1" | "AES">;
    /** Name of the public key used; the newest one when absent. */
    readonly keyId?: string;
    /** The three keys, 160 hex characters, under the public key. */
    readonly encryptedPayload: string;
    /** Check digit of the encryption key. */
    readonly encKeyCheckDigit: string;
    /** Check digit of the MAC key. */
    readonly hmacKeyCheckDigit: string;
}

/** A P-256 key (RFC 7517). */
export interface PublicKeyJwk {
    /** Kind of key. */
    readonly kty: OpenText<"EC">;
    /** Curve. */
    readonly crv: OpenText<"P-256">;
    /** Coordinate, base64url. */
    readonly x: string;
    /** Coordinate, base64url. */
    readonly y: string;
}

/** Body of enrol_device. */
export interface EnrolDeviceRequest {
    /** The id biometric tokens name in kid. */
    readonly applicationDeviceId: string;
    /** The id prelogins come from. */
    readonly vascoDeviceId?: string;
    /** Public half of a key pair kept in the phone. */
    readonly publicKeyJwk: PublicKeyJwk;
}

/** Body of revoke_device. */
export interface RevokeDeviceRequest {
    /** The phone to take out of use. */
    readonly applicationDeviceId: string;
}

/** What each operation is sent, its sealed fields still clear. */
export interface Bodies {
    readonly unlock_access: UnlockCustomerRequest;
    readonly prelogin_v1: PreloginRequestV1;
    readonly prelogin_v2: PreloginRequestV2;
    readonly login: LoginRequest;
    readonly logout: undefined;
    readonly validate_credentials: ValidateCredentialsRequest;
    readonly validate_card: ValidateCardRequest;
    readonly validate_mobile_phone: ValidateMobilePhoneRequest;
    readonly send_otp: SendOtpRequest;
    readonly set_access: SetAccessRequest;
    readonly set_credentials: SetCredentialsRequest;
    readonly credentials_status: CredentialsStatusRequest;
    readonly retrieve_challenge: undefined;
    readonly validate_challenge: ValidateChallengeRequest;
    readonly validate_jwt: ValidateJwtRequest;
    readonly register_transmit_customer: undefined;
    readonly validate_transmit_customer: ValidateTransmitCustomerRequest;
    readonly generate_rao_token: GenerateRaoOtpRequest;
    readonly validate_rao_token: ValidateRaoTokenRequest;
    readonly certified_phone: undefined;
    readonly retrieve_public_key: undefined;
    readonly exchange_keys: KeyExchangeRequest;
    readonly enrol_device: EnrolDeviceRequest;
    readonly revoke_device: RevokeDeviceRequest;
}

export type OperationId = keyof Bodies;

/** What each operation answers, its sealed fields opened. */
export interface Answers {
    readonly unlock_access: void;
    readonly prelogin_v1: PreloginResponse;
    readonly prelogin_v2: PreloginResponse;
    readonly login: LoginResponse;
    readonly logout: void;
    readonly validate_credentials: ValidateCredentialsResponse;
    readonly validate_card: void;
    readonly validate_mobile_phone: ValidateMobilePhoneResponse;
    readonly send_otp: void;
    readonly set_access: void;
    readonly set_credentials: void;
    readonly credentials_status: CredentialsStatusResponse;
    readonly retrieve_challenge: RetrieveChallengeResponse;
    readonly validate_challenge: ValidateChallengeResponse;
    readonly validate_jwt: void;
    readonly register_transmit_customer: void;
    readonly validate_transmit_customer: ValidateTransmitCustomerResponse;
    readonly generate_rao_token: void;
    readonly validate_rao_token: void;
    readonly certified_phone: CertifiedPhoneResponse;
    readonly retrieve_public_key: PublicKeyResponse;
    readonly exchange_keys: KeyExchangeResponse;
    readonly enrol_device: void;
    readonly revoke_device: void;
}

/** Of each answer's fields: the name on the wire, the property, its type, whether it must come. */
export const SHAPES: Readonly<Record<string, Shape>> = {
    PreloginResponse: [
        ["ccsId", "ccsId", "string", false],
        ["encryptedLoginId", "loginId", "string", false],
        ["maskedCustomerName", "maskedCustomerName", "string", false],
        ["nextLoginActionCode", "nextLoginActionCode", "integer", false],
        ["nextLoginActionDescription", "nextLoginActionDescription", "string", false],
        ["registrationStatus", "registrationStatus", "string", false],
        ["registrationStatusDescription", "registrationStatusDescription", "string", false],
        ["mobileBankingDeviceStatus", "mobileBankingDeviceStatus", "string", false],
        ["mobileBankingDeviceStatusDescription", "mobileBankingDeviceStatusDescription", "string", false],
    ],
    LoginResponse: [
        ["customerName", "customerName", "string", false],
        ["lastChannelId", "lastChannelId", "string", false],
        ["lastLoginDate", "lastLoginDate", "string", false],
        ["tokenStatus", "tokenStatus", "string", false],
        ["tokenStatusDescription", "tokenStatusDescription", "string", false],
        ["customerType", "customerType", "integer", false],
        ["customerTypeDescription", "customerTypeDescription", "string", false],
        ["credentialStatus", "credentialStatus", "string", false],
        ["credentialStatusDescription", "credentialStatusDescription", "string", false],
        ["termsAndConditionsAcceptedFlag", "termsAndConditionsAcceptedFlag", "boolean", false],
        ["registrationStatus", "registrationStatus", "string", false],
        ["registrationStatusDescription", "registrationStatusDescription", "string", false],
        ["mobileBankingDeviceStatus", "mobileBankingDeviceStatus", "string", false],
        ["mobileBankingDeviceStatusDescription", "mobileBankingDeviceStatusDescription", "string", false],
    ],
    ValidateCredentialsResponse: [
        ["ccsId", "ccsId", "string", false],
        ["encryptedLoginId", "loginId", "string", false],
        ["maskedCustomerName", "maskedCustomerName", "string", false],
        ["registrationStatus", "registrationStatus", "string", false],
        ["registrationStatusDescription", "registrationStatusDescription", "string", false],
        ["mobileBankingDeviceStatus", "mobileBankingDeviceStatus", "string", false],
        ["mobileBankingDeviceStatusDescription", "mobileBankingDeviceStatusDescription", "string", false],
    ],
    ValidateMobilePhoneResponse: [
        ["bestPhoneFlag", "bestPhoneFlag", "boolean", false],
    ],
    PinDetail: [
        ["pinStatus", "pinStatus", "string", false],
        ["lastPinChangeDate", "lastPinChangeDate", "string", false],
        ["activationDate", "activationDate", "string", false],
        ["lastResetDate", "lastResetDate", "string", false],
        ["cancellationDate", "cancellationDate", "string", false],
        ["lastInvalidLoginDate", "lastInvalidLoginDate", "string", false],
        ["lastBlockDate", "lastBlockDate", "string", false],
        ["lastStatusChangeDate", "lastStatusChangeDate", "string", false],
        ["pinLocked", "pinLocked", "string", false],
        ["lastLoginDate", "lastLoginDate", "string", false],
        ["changedCount", "changedCount", "integer", false],
    ],
    PasswordDetail: [
        ["passwordStatus", "passwordStatus", "string", false],
        ["lastPasswordChangeDate", "lastPasswordChangeDate", "string", false],
        ["lastResetDate", "lastResetDate", "string", false],
        ["activationDate", "activationDate", "string", false],
        ["cancellationDate", "cancellationDate", "string", false],
        ["lastInvalidLoginDate", "lastInvalidLoginDate", "string", false],
        ["lastBlockDate", "lastBlockDate", "string", false],
        ["lastStatusChangeDate", "lastStatusChangeDate", "string", false],
        ["passwordLocked", "passwordLocked", "string", false],
        ["lastLoginDate", "lastLoginDate", "string", false],
        ["changedCount", "changedCount", "integer", false],
    ],
    CredentialsStatusResponse: [
        ["pinDetail", "pinDetail", "PinDetail", false],
        ["passwordDetail", "passwordDetail", "PasswordDetail", false],
    ],
    RetrieveChallengeResponse: [
        ["challengeQuestion", "challengeQuestion", "string", true],
    ],
    ValidateChallengeResponse: [
        ["responseMessage", "responseMessage", "string", false],
    ],
    ValidateTransmitCustomerResponse: [
        ["customerId", "customerId", "string", false],
        ["transmitTokenEnabledFlag", "transmitTokenEnabledFlag", "boolean", false],
    ],
    CertifiedPhoneResponse: [
        ["phoneCountryCode", "phoneCountryCode", "string", true],
        ["phoneNumber", "phoneNumber", "string", true],
    ],
    PublicKeyResponse: [
        ["keyId", "keyId", "string", true],
        ["modulus", "modulus", "string", true],
        ["exponent", "exponent", "string", true],
        ["signedKey", "signedKey", "string", true],
    ],
    KeyExchangeResponse: [
        ["expiresIn", "expiresIn", "integer", true],
    ],
};

export const OPERATIONS: { readonly [Id in OperationId]: Operation } = {
    unlock_access: {
        id: "unlock_access",
        method: "POST",
        path: "/api/v1/open-banking/x-global/security/customers/electronic-banking/access/unlock",
        success: 204,
        rendering: "dot",
        session: "none",
        sealed: [
            { path: "customer.encryptedCustomerId", kind: "c" },
        ],
        sealedAnswer: [],
    },
    prelogin_v1: {
        id: "prelogin_v1",
        method: "POST",
        path: "/api/v1/x-global/security/login/validate",
        success: 200,
        rendering: "hex",
        session: "opens",
        answer: "PreloginResponse",
        sealed: [
            { path: "encryptedUserId", kind: "c" },
        ],
        sealedAnswer: ["encryptedLoginId"],
    },
    prelogin_v2: {
        id: "prelogin_v2",
        method: "POST",
        path: "/api/v2/x-global/security/login/validate",
        success: 200,
        rendering: "hex",
        session: "opens",
        answer: "PreloginResponse",
        sealed: [
            { path: "encryptedUserId", kind: "c" },
        ],
        sealedAnswer: ["encryptedLoginId"],
    },
    login: {
        id: "login",
        method: "POST",
        path: "/api/v1/x-global/security/login",
        success: 200,
        rendering: "hex",
        session: "keyed",
        answer: "LoginResponse",
        sealed: [
            {
                path: "customerCredentials.encryptedCredential",
                kindBy: "customerCredentials.credentialType",
                kinds: { 1: "a", 2: "b", 3: "c" },
            },
        ],
        sealedAnswer: [],
    },
    logout: {
        id: "logout",
        method: "POST",
        path: "/api/v1/x-global/security/logout",
        success: 204,
        rendering: "hex",
        session: "authenticated",
        sealed: [],
        sealedAnswer: [],
    },
    validate_credentials: {
        id: "validate_credentials",
        method: "POST",
        path: "/api/v1/x-global/security/customers/credentials/validate",
        success: 200,
        rendering: "hex",
        session: "opens",
        answer: "ValidateCredentialsResponse",
        sealed: [
            { path: "encryptedUserId", kind: "c" },
        ],
        sealedAnswer: ["encryptedLoginId"],
    },
    validate_card: {
        id: "validate_card",
        method: "POST",
        path: "/api/v1/x-global/security/customers/card-plastic/information/validate",
        success: 204,
        rendering: "hex",
        session: "identified",
        sealed: [
            { path: "encryptedCredentialAccess", kind: "a" },
        ],
        sealedAnswer: [],
    },
    validate_mobile_phone: {
        id: "validate_mobile_phone",
        method: "POST",
        path: "/api/v1/x-global/security/customers/mobile-phone/validate",
        success: 200,
        rendering: "hex",
        session: "identified",
        answer: "ValidateMobilePhoneResponse",
        sealed: [],
        sealedAnswer: [],
    },
    send_otp: {
        id: "send_otp",
        method: "POST",
        path: "/api/v1/x-global/security/otp/send",
        success: 204,
        rendering: "hex",
        session: "identified",
        sealed: [],
        sealedAnswer: [],
    },
    set_access: {
        id: "set_access",
        method: "POST",
        path: "/api/v1/x-global/security/customers/access/set",
        success: 204,
        rendering: "hex",
        session: "identified",
        sealed: [
            { path: "newEncryptedAccessCredential", kind: "b" },
            { path: "encryptedOtp", kind: "c" },
        ],
        sealedAnswer: [],
    },
    set_credentials: {
        id: "set_credentials",
        method: "POST",
        path: "/api/v1/x-global/security/customers/credentials",
        success: 204,
        rendering: "hex",
        session: "authenticated",
        sealed: [
            { path: "newEncryptedAccessNumber", kind: "a" },
            { path: "newEncryptedAccessCredential", kind: "b" },
        ],
        sealedAnswer: [],
    },
    credentials_status: {
        id: "credentials_status",
        method: "POST",
        path: "/api/v1/x-global/security/customers/credentials/status",
        success: 200,
        rendering: "hex",
        session: "none",
        answer: "CredentialsStatusResponse",
        sealed: [],
        sealedAnswer: [],
    },
    retrieve_challenge: {
        id: "retrieve_challenge",
        method: "GET",
        path: "/api/v1/x-global/security/challenge/retrieve",
        success: 200,
        rendering: "hex",
        session: "authenticated",
        answer: "RetrieveChallengeResponse",
        sealed: [],
        sealedAnswer: [],
    },
    validate_challenge: {
        id: "validate_challenge",
        method: "POST",
        path: "/api/v1/x-global/security/challenge/validate",
        success: 200,
        rendering: "hex",
        session: "authenticated",
        answer: "ValidateChallengeResponse",
        sealed: [
            { path: "oneTimePasswordToken", kind: "c" },
        ],
        sealedAnswer: [],
    },
    validate_jwt: {
        id: "validate_jwt",
        method: "POST",
        path: "/api/v1/x-global/security/jwt/validate",
        success: 204,
        rendering: "hex",
        session: "opens",
        sealed: [],
        sealedAnswer: [],
    },
    register_transmit_customer: {
        id: "register_transmit_customer",
        method: "POST",
        path: "/api/v1/x-global/security/transmit-customer",
        success: 204,
        rendering: "hex",
        session: "authenticated",
        sealed: [],
        sealedAnswer: [],
    },
    validate_transmit_customer: {
        id: "validate_transmit_customer",
        method: "POST",
        path: "/api/v1/x-global/security/transmit-customer/validate",
        success: 200,
        rendering: "hex",
        session: "opens",
        answer: "ValidateTransmitCustomerResponse",
        sealed: [],
        sealedAnswer: [],
    },
    generate_rao_token: {
        id: "generate_rao_token",
        method: "POST",
        path: "/api/v1/x-global/account-opening/rao/security/tokens/generate",
        success: 204,
        rendering: "dot",
        session: "opens",
        sealed: [
            { path: "encryptedPhoneNumber", kind: "c" },
        ],
        sealedAnswer: [],
    },
    validate_rao_token: {
        id: "validate_rao_token",
        method: "POST",
        path: "/api/v1/x-global/account-opening/rao/security/tokens/validate",
        success: 204,
        rendering: "dot",
        session: "existing",
        sealed: [
            { path: "phone.encryptedPhoneNumber", kind: "c" },
            { path: "encryptedOtpToken", kind: "c" },
        ],
        sealedAnswer: [],
    },
    certified_phone: {
        id: "certified_phone",
        method: "GET",
        path: "/api/v1/x-global/account-opening/rao/security/tokens/certified-phone",
        success: 200,
        rendering: "dot",
        session: "existing",
        answer: "CertifiedPhoneResponse",
        sealed: [],
        sealedAnswer: [],
    },
    retrieve_public_key: {
        id: "retrieve_public_key",
        method: "GET",
        path: "/api/v1/x-global/security/e2e-gateway/public-key/retrieve",
        success: 200,
        rendering: "hex",
        session: "opens",
        answer: "PublicKeyResponse",
        sealed: [],
        sealedAnswer: [],
    },
    exchange_keys: {
        id: "exchange_keys",
        method: "POST",
        path: "/api/v1/x-global/security/e2e-gateway/symmetric-key/exchange",
        success: 200,
        rendering: "hex",
        session: "opens",
        answer: "KeyExchangeResponse",
        sealed: [],
        sealedAnswer: [],
    },
    enrol_device: {
        id: "enrol_device",
        method: "POST",
        path: "/api/v1/x-global/security/devices/enrol",
        success: 204,
        rendering: "hex",
        session: "authenticated",
        sealed: [],
        sealedAnswer: [],
    },
    revoke_device: {
        id: "revoke_device",
        method: "POST",
        path: "/api/v1/x-global/security/devices/revoke",
        success: 204,
        rendering: "hex",
        session: "authenticated",
        sealed: [],
        sealedAnswer: [],
    },
};
