/** End-to-end envelopes: the keys of a session, values sealed and opened in both profiles (docs/e2e.md). */
import { type Bytes } from "./encoding.js";
import type { Kind, Rendering } from "./operation.js";
import { type RsaKey } from "./rsa.js";
/** How a session's values are enveloped; it is named when keys are exchanged. */
export type Profile = "bound-1" | "portal";
/** What stands in the place of a server random in values the server itself seals (profile `portal`). */
export declare const NO_RANDOM: string;
/** A value did not open; for whatever reason, and without a word of what it held. */
export declare class CannotOpen extends Error {
    constructor();
}
/** EK (AES-256), IV (16 bytes) and HK (HMAC-SHA-256), and the profile they serve. */
export declare class SessionKeys {
    #private;
    readonly profile: Profile;
    private constructor();
    static of(profile: Profile, ek: Bytes, iv: Bytes, hk: Bytes): Promise<SessionKeys>;
    /** AES-256-CBC of a text padded by PKCS#7, under the session's IV unless another is given. */
    encrypt(text: Bytes, iv?: Bytes): Promise<Bytes>;
    /** Throws `CannotOpen`. */
    decrypt(ct: Bytes, iv?: Bytes): Promise<string>;
    tag(message: Bytes): Promise<Bytes>;
    /** Throws `CannotOpen`; the comparison is WebCrypto's own, in constant time. */
    check(message: Bytes, tag: Bytes): Promise<void>;
}
/** Fresh keys, and what the exchange tells the server of them. */
export interface Offer {
    readonly keys: SessionKeys;
    readonly encryptedPayload: string;
    readonly encKeyCheckDigit: string;
    readonly hmacKeyCheckDigit: string;
}
/** Draw keys and lock them under the server's public key; the raw ones are wiped. */
export declare function offer(profile: Profile, key: RsaKey): Promise<Offer>;
/** What travels under the server's public key: 160 HEX characters. */
export declare function material(ek: Bytes, iv: Bytes, hk: Bytes): Bytes;
/** How the server sees that it holds the same key. */
export declare function checkDigit(key: Bytes, iv: Bytes): Promise<string>;
/** What the MAC of a `bound-1` value binds it to. */
export interface Binding {
    readonly direction: "request" | "response";
    readonly path: string;
    readonly sid: string;
    readonly uuid: string;
    readonly field: string;
}
/** A value of profile `bound-1`; `iv` is drawn unless a vector gives it. */
export declare function sealBound(keys: SessionKeys, binding: Binding, text: string, rendering: Rendering, iv?: Bytes): Promise<string>;
/** The text of a `bound-1` value, decrypted once its MAC is right. Throws `CannotOpen`. */
export declare function openBound(keys: SessionKeys, binding: Binding, value: string): Promise<string>;
/** A value of profile `portal`; `clientRandom` is drawn unless a vector gives it. */
export declare function sealPortal(keys: SessionKeys, kind: Kind, serverRandom: string, text: string, rendering: Rendering, clientRandom?: string): Promise<string>;
/** The text of a `portal` value of that kind and one of these randoms. Throws `CannotOpen`. */
export declare function openPortal(keys: SessionKeys, value: string, kind?: Kind, serverRandoms?: readonly string[]): Promise<string>;
/** The server random of an `eventId` header. Throws `CannotOpen`. */
export declare function openEventId(keys: SessionKeys, header: string): Promise<string>;
