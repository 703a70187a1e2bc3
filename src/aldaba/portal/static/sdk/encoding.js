/** HEX, Base64 and UTF-8 with exactly one spelling per value: nothing else is read. */
/** The text is not what it should be an encoding of; says nothing of what it held. */
export class Malformed extends Error {
}
const HEX = /^(?:[0-9A-Fa-f]{2})+$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const BASE64URL = /^[A-Za-z0-9_-]*$/;
export function isHex(text) {
    return HEX.test(text);
}
export function toHex(data) {
    return Array.from(data, (byte) => byte.toString(16).padStart(2, "0"))
        .join("")
        .toUpperCase();
}
/** Throws `Malformed`. */
export function fromHex(text) {
    if (!isHex(text))
        throw new Malformed("not HEX");
    return Uint8Array.from({ length: text.length / 2 }, (_, at) => Number.parseInt(text.slice(2 * at, 2 * at + 2), 16));
}
/** Base64 with padding (RFC 4648 §4). */
export function toBase64(data) {
    return btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join(""));
}
/** The bytes of padded Base64. Throws `Malformed` for any other spelling. */
export function fromBase64(text) {
    if (!BASE64.test(text))
        throw new Malformed("not Base64");
    const data = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    if (toBase64(data) !== text)
        throw new Malformed("not canonical Base64");
    return data;
}
/** Base64url without padding (RFC 7515 §2). */
export function toBase64Url(data) {
    return toBase64(data).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
/** The bytes of base64url without padding. Throws `Malformed` for any other spelling. */
export function fromBase64Url(text) {
    if (!BASE64URL.test(text))
        throw new Malformed("not base64url");
    const padded = text + "=".repeat((4 - (text.length % 4)) % 4);
    return fromBase64(padded.replaceAll("-", "+").replaceAll("_", "/"));
}
/** Throws `RangeError` for a text with half a character, which UTF-8 cannot say. */
export function toUtf8(text) {
    if (/\p{Surrogate}/u.test(text))
        throw new RangeError("the text is not well-formed Unicode");
    return new TextEncoder().encode(text);
}
/** Throws `Malformed`. */
export function fromUtf8(data) {
    try {
        return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
    }
    catch {
        throw new Malformed("not UTF-8");
    }
}
export function joined(...parts) {
    const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
    let at = 0;
    for (const part of parts) {
        whole.set(part, at);
        at += part.length;
    }
    return whole;
}
export function randomBytes(length) {
    return crypto.getRandomValues(new Uint8Array(length));
}
/** The browser's cryptography, which pages get in secure contexts only (https, or the machine itself). */
export function subtle() {
    const found = globalThis.crypto?.subtle;
    if (found === undefined)
        throw new TypeError("WebCrypto is missing: serve the page by https");
    return found;
}
/** A number in as many bytes as it needs, or in exactly `length`. */
export function bigToBytes(value, length) {
    const digits = value.toString(16);
    return fromHex(digits.padStart(length === undefined ? digits.length + (digits.length % 2) : 2 * length, "0"));
}
export function bytesToBig(data) {
    return data.length === 0 ? 0n : BigInt(`0x${toHex(data)}`);
}
