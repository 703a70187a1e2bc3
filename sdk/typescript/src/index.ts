/** Client of the aldaba customer-security server: `AldabaClient`, typed answers and errors. */

export { DeviceKey } from "./biometrics.js";
export { AldabaClient, AuthType } from "./client.js";
export type { LoginOptions, LoginSecret, RecoveryOptions } from "./client.js";
export type { Profile } from "./envelope.js";
export * from "./errors.js";
export type {
    Answers,
    CertifiedPhoneResponse,
    CredentialsStatusResponse,
    KeyExchangeResponse,
    LoginResponse,
    MobileAml,
    OpenNumber,
    OpenText,
    OperationId,
    PasswordDetail,
    PinDetail,
    PreloginResponse,
    PublicKeyResponse,
    RetrieveChallengeResponse,
    ValidateChallengeResponse,
    ValidateCredentialsResponse,
    ValidateMobilePhoneResponse,
    ValidateTransmitCustomerResponse,
} from "./generated.js";
export type { SessionFacts } from "./introspection.js";
export type { AccessToken, CallOptions, ClientOptions, Place, Retry, TokenSource } from "./options.js";
export type { PrivateKey, PublicJwk } from "./signatures.js";
