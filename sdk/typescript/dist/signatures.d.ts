/** ES256 (RFC 7518 §3.4): what this client signs, and the signature over the server's key it checks. */
import { type WebKey, type WebKeyPair } from "./encoding.js";
/** A P-256 public key (RFC 7518 §6.2); other members are passed over. */
export interface PublicJwk {
    readonly kty: string;
    readonly crv: string;
    readonly x: string;
    readonly y: string;
}
/** A P-256 private key: PKCS#8 in PEM, a JWK, or one that WebCrypto holds. */
export type PrivateKey = string | (PublicJwk & {
    readonly d: string;
}) | WebKey;
/** The text is no JWS of that type by any of those keys. */
export declare class NotSigned extends Error {
}
/** A compact JWS by a P-256 key. */
export declare function sign(claims: object, header: object, key: WebKey): Promise<string>;
/** The claims of a compact ES256 JWS of that `typ` by one of these keys. Throws `NotSigned`. */
export declare function verified(token: string, typ: string, keys: readonly WebKey[]): Promise<Readonly<Record<string, unknown>>>;
/** The members that make a P-256 public key. Throws `TypeError` for anything else. */
export declare function publicJwk(jwk: PublicJwk): PublicJwk;
export declare function importPublic(jwk: PublicJwk): Promise<WebKey>;
/** A signing key that WebCrypto does not give out again. Throws `TypeError` for what is no P-256 private key. */
export declare function importPrivate(key: PrivateKey, extractable?: boolean): Promise<WebKey>;
export declare function generatePair(): Promise<WebKeyPair>;
export declare function exportPublic(key: WebKey): Promise<PublicJwk>;
