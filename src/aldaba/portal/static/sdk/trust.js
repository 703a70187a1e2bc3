/** Whether the server's public key is the server's: its signature by the pinned root key, checked here. */
import { Malformed, bytesToBig, fromBase64Url, fromHex } from "./encoding.js";
import { UntrustedKey } from "./errors.js";
import { NotSigned, importPublic, publicJwk, verified } from "./signatures.js";
export const ROOT_PATH = "/.well-known/aldaba-e2e-root.json";
const KEY_TYPE = "e2e-key+jwt";
const LEAST_BITS = 2048;
/** The root keys to hold the server to; none where the first one seen counts. Throws `TypeError`. */
export function pinned(rootKey, trustOnFirstUse) {
    if ((rootKey === undefined) !== trustOnFirstUse) {
        throw new TypeError("give rootKey, the public key to pin, or say trustOnFirstUse: true; and not both");
    }
    if (rootKey === undefined)
        return [];
    const keys = (Array.isArray(rootKey) ? rootKey : [rootKey]).map(publicJwk);
    if (keys.length === 0)
        throw new TypeError("rootKey names no key");
    return keys;
}
/** The numbers of a public key that a root key has signed. Throws `UntrustedKey`. */
export async function checked(told, roots, now) {
    const claims = await signedClaims(told, roots);
    const [shown, signed] = numbers(told, claims);
    if (shown.modulus !== signed.modulus ||
        shown.exponent !== signed.exponent ||
        claims["kid"] !== told.keyId) {
        throw new UntrustedKey("the public key is another than the signed one");
    }
    const expires = claims["exp"];
    if (typeof expires !== "number" || now >= expires * 1000) {
        throw new UntrustedKey("the signature over the public key has expired, or this clock is wrong");
    }
    if (shown.modulus.toString(2).length < LEAST_BITS || !usable(shown.exponent)) {
        throw new UntrustedKey("the public key is too weak");
    }
    return shown;
}
async function signedClaims(told, roots) {
    try {
        return await verified(told.signedKey, KEY_TYPE, await Promise.all(roots.map(importPublic)));
    }
    catch (trouble) {
        if (!(trouble instanceof NotSigned))
            throw trouble;
        throw new UntrustedKey("the public key is not signed by the root key");
    }
}
function numbers(told, claims) {
    try {
        return [
            { modulus: bytesToBig(fromHex(told.modulus)), exponent: bytesToBig(fromHex(told.exponent)) },
            { modulus: number(claims["n"]), exponent: number(claims["e"]) },
        ];
    }
    catch (trouble) {
        if (!(trouble instanceof Malformed))
            throw trouble;
        throw new UntrustedKey("the public key is malformed");
    }
}
function number(text) {
    if (typeof text !== "string")
        throw new Malformed("not a number in base64url");
    return bytesToBig(fromBase64Url(text));
}
function usable(exponent) {
    return exponent >= 3n && exponent % 2n === 1n && exponent < 1n << 32n;
}
