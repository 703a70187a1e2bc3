/** ES256 (RFC 7518 §3.4): what this client signs, and the signature over the server's key it checks. */
import { fromBase64, fromBase64Url, fromUtf8, subtle, toBase64Url, toUtf8, } from "./encoding.js";
const P256 = { name: "ECDSA", namedCurve: "P-256" };
const ES256 = { name: "ECDSA", hash: "SHA-256" };
const SIGNATURE_BYTES = 64;
/** The text is no JWS of that type by any of those keys. */
export class NotSigned extends Error {
}
/** A compact JWS by a P-256 key. */
export async function sign(claims, header, key) {
    const parts = [{ alg: "ES256", ...header }, claims];
    const message = parts.map((part) => toBase64Url(toUtf8(JSON.stringify(part)))).join(".");
    const signature = await subtle().sign(ES256, key, toUtf8(message));
    return `${message}.${toBase64Url(new Uint8Array(signature))}`;
}
/** The claims of a compact ES256 JWS of that `typ` by one of these keys. Throws `NotSigned`. */
export async function verified(token, typ, keys) {
    const [header, claims, signature, ...more] = token.split(".");
    if (header === undefined || claims === undefined || signature === undefined || more.length > 0) {
        throw new NotSigned();
    }
    const [said, told, raw] = [object(header), object(claims), bytes(signature)];
    if (said["alg"] !== "ES256" || said["typ"] !== typ || "crit" in said || raw.length !== SIGNATURE_BYTES) {
        throw new NotSigned();
    }
    for (const key of keys) {
        if (await subtle().verify(ES256, key, raw, toUtf8(`${header}.${claims}`)))
            return told;
    }
    throw new NotSigned();
}
function bytes(text) {
    try {
        return fromBase64Url(text);
    }
    catch {
        throw new NotSigned();
    }
}
function object(part) {
    try {
        const found = JSON.parse(fromUtf8(bytes(part)));
        if (typeof found === "object" && found !== null && !Array.isArray(found))
            return found;
    }
    catch {
        // Told like any other text that is no JWS.
    }
    throw new NotSigned();
}
/** The members that make a P-256 public key. Throws `TypeError` for anything else. */
export function publicJwk(jwk) {
    const coordinate = (text) => typeof text === "string" && /^[A-Za-z0-9_-]{43}$/.test(text);
    if (jwk?.kty !== "EC" || jwk.crv !== "P-256" || !coordinate(jwk.x) || !coordinate(jwk.y)) {
        throw new TypeError("not a P-256 key");
    }
    return { kty: "EC", crv: "P-256", x: jwk.x, y: jwk.y };
}
export async function importPublic(jwk) {
    return subtle().importKey("jwk", { ...publicJwk(jwk), ext: true }, P256, true, ["verify"]);
}
/** A signing key that WebCrypto does not give out again. Throws `TypeError` for what is no P-256 private key. */
export async function importPrivate(key, extractable = false) {
    if (typeof key !== "string" && !("kty" in key)) {
        if (key.type === "private" && key.algorithm.name === "ECDSA" && key.usages.includes("sign"))
            return key;
        throw new TypeError("not a P-256 key for signing");
    }
    try {
        if (typeof key === "string")
            return await subtle().importKey("pkcs8", pkcs8(key), P256, extractable, ["sign"]);
        const jwk = { ...publicJwk(key), d: key.d, ext: true };
        return await subtle().importKey("jwk", jwk, P256, extractable, ["sign"]);
    }
    catch {
        // The trouble's own words might quote the key.
        throw new TypeError("not a P-256 private key: a JWK, or PKCS#8 in PEM (BEGIN PRIVATE KEY)");
    }
}
function pkcs8(pem) {
    const found = /^\s*-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----\s*$/.exec(pem);
    return fromBase64((found?.[1] ?? "").replace(/\s/g, ""));
}
export async function generatePair() {
    return subtle().generateKey(P256, false, ["sign", "verify"]);
}
export async function exportPublic(key) {
    return publicJwk((await subtle().exportKey("jwk", key)));
}
