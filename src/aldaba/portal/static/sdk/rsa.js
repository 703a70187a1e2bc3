/** The keys of a session under the server's RSA public key (RFC 8017): OAEP, or PKCS#1 v1.5 for `portal`. */
import { bigToBytes, bytesToBig, joined, randomBytes, subtle, toBase64Url } from "./encoding.js";
const LEAST_PADDING = 8;
/** RSAES-OAEP with SHA-256, MGF1-SHA-256 and the empty label (§7.1.1). */
export async function encryptOaep(key, message) {
    const [n, e] = [toBase64Url(bigToBytes(key.modulus)), toBase64Url(bigToBytes(key.exponent))];
    const jwk = { kty: "RSA", n, e, alg: "RSA-OAEP-256", ext: true };
    const imported = await subtle().importKey("jwk", jwk, { name: "RSA-OAEP", hash: "SHA-256" }, false, [
        "encrypt",
    ]);
    return new Uint8Array(await subtle().encrypt({ name: "RSA-OAEP" }, imported, message));
}
/**
 * RSAES-PKCS1-v1_5 (§7.2.1), which WebCrypto leaves out. Only encryption: what makes this scheme
 * dangerous is done by whoever decrypts.
 */
export function encryptPkcs1(key, message, padding = nonZeroBytes) {
    const length = bigToBytes(key.modulus).length;
    const fill = length - message.length - 3;
    if (fill < LEAST_PADDING)
        throw new RangeError("the message is too long for this key");
    const block = joined(Uint8Array.of(0, 2), padding(fill), Uint8Array.of(0), message);
    return bigToBytes(power(bytesToBig(block), key.exponent, key.modulus), length);
}
function nonZeroBytes(length) {
    const found = new Uint8Array(length);
    for (let at = 0; at < length;) {
        for (const byte of randomBytes(length - at))
            if (byte !== 0)
                found[at++] = byte;
    }
    return found;
}
/** Modular exponentiation, for public exponents: its time tells the exponent. */
function power(base, exponent, modulus) {
    let result = 1n;
    let square = base % modulus;
    for (let rest = exponent; rest > 0n; rest >>= 1n) {
        if (rest & 1n)
            result = (result * square) % modulus;
        square = (square * square) % modulus;
    }
    return result;
}
