/** The keys of a session under the server's RSA public key (RFC 8017): OAEP, or PKCS#1 v1.5 for `portal`. */
import { type Bytes } from "./encoding.js";
export interface RsaKey {
    readonly modulus: bigint;
    readonly exponent: bigint;
}
/** RSAES-OAEP with SHA-256, MGF1-SHA-256 and the empty label (§7.1.1). */
export declare function encryptOaep(key: RsaKey, message: Bytes): Promise<Bytes>;
/**
 * RSAES-PKCS1-v1_5 (§7.2.1), which WebCrypto leaves out. Only encryption: what makes this scheme
 * dangerous is done by whoever decrypts.
 */
export declare function encryptPkcs1(key: RsaKey, message: Bytes, padding?: typeof nonZeroBytes): Bytes;
declare function nonZeroBytes(length: number): Bytes;
export {};
