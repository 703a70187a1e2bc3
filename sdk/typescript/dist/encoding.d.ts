/** HEX, Base64 and UTF-8 with exactly one spelling per value: nothing else is read. */
export type Bytes = Uint8Array<ArrayBuffer>;
/** The text is not what it should be an encoding of; says nothing of what it held. */
export declare class Malformed extends Error {
}
export declare function isHex(text: string): boolean;
export declare function toHex(data: Uint8Array): string;
/** Throws `Malformed`. */
export declare function fromHex(text: string): Bytes;
/** Base64 with padding (RFC 4648 §4). */
export declare function toBase64(data: Uint8Array): string;
/** The bytes of padded Base64. Throws `Malformed` for any other spelling. */
export declare function fromBase64(text: string): Bytes;
/** Base64url without padding (RFC 7515 §2). */
export declare function toBase64Url(data: Uint8Array): string;
/** The bytes of base64url without padding. Throws `Malformed` for any other spelling. */
export declare function fromBase64Url(text: string): Bytes;
/** Throws `RangeError` for a text with half a character, which UTF-8 cannot say. */
export declare function toUtf8(text: string): Bytes;
/** Throws `Malformed`. */
export declare function fromUtf8(data: Uint8Array): string;
export declare function joined(...parts: readonly Uint8Array[]): Bytes;
export declare function randomBytes(length: number): Bytes;
/** WebCrypto's own types, under names that both a browser's and Node's type packages can tell. */
export type Subtle = typeof globalThis.crypto.subtle;
export type WebKey = Parameters<Subtle["exportKey"]>[1];
export interface WebKeyPair {
    readonly publicKey: WebKey;
    readonly privateKey: WebKey;
}
/** The browser's cryptography, which pages get in secure contexts only (https, or the machine itself). */
export declare function subtle(): Subtle;
/** A number in as many bytes as it needs, or in exactly `length`. */
export declare function bigToBytes(value: bigint, length?: number): Bytes;
export declare function bytesToBig(data: Uint8Array): bigint;
