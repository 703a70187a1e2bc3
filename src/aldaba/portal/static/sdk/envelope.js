/** End-to-end envelopes: the keys of a session, values sealed and opened in both profiles (docs/e2e.md). */
import { Malformed, fromBase64, fromHex, fromUtf8, isHex, joined, randomBytes, subtle, toBase64, toHex, toUtf8, } from "./encoding.js";
import { encryptOaep, encryptPkcs1 } from "./rsa.js";
const BLOCK_BYTES = 16;
const TAG_BYTES = 32;
const RANDOM_LENGTH = 32;
/** What stands in the place of a server random in values the server itself seals (profile `portal`). */
export const NO_RANDOM = "0".repeat(RANDOM_LENGTH);
/** A value did not open; for whatever reason, and without a word of what it held. */
export class CannotOpen extends Error {
    constructor() {
        super("the value does not open");
    }
}
/** EK (AES-256), IV (16 bytes) and HK (HMAC-SHA-256), and the profile they serve. */
export class SessionKeys {
    profile;
    #ek;
    #iv;
    #hk;
    constructor(profile, ek, iv, hk) {
        this.profile = profile;
        this.#ek = ek;
        this.#iv = iv;
        this.#hk = hk;
    }
    static async of(profile, ek, iv, hk) {
        const mac = { name: "HMAC", hash: "SHA-256" };
        return new SessionKeys(profile, await subtle().importKey("raw", ek, "AES-CBC", false, ["encrypt", "decrypt"]), iv, await subtle().importKey("raw", hk, mac, false, ["sign", "verify"]));
    }
    /** AES-256-CBC of a text padded by PKCS#7, under the session's IV unless another is given. */
    async encrypt(text, iv = this.#iv) {
        return new Uint8Array(await subtle().encrypt({ name: "AES-CBC", iv }, this.#ek, text));
    }
    /** Throws `CannotOpen`. */
    async decrypt(ct, iv = this.#iv) {
        try {
            return fromUtf8(new Uint8Array(await subtle().decrypt({ name: "AES-CBC", iv }, this.#ek, ct)));
        }
        catch {
            throw new CannotOpen();
        }
    }
    async tag(message) {
        return new Uint8Array(await subtle().sign("HMAC", this.#hk, message));
    }
    /** Throws `CannotOpen`; the comparison is WebCrypto's own, in constant time. */
    async check(message, tag) {
        if (!(await subtle().verify("HMAC", this.#hk, tag, message)))
            throw new CannotOpen();
    }
}
/** Draw keys and lock them under the server's public key; the raw ones are wiped. */
export async function offer(profile, key) {
    const [ek, iv, hk] = [randomBytes(32), randomBytes(BLOCK_BYTES), randomBytes(32)];
    const message = material(ek, iv, hk);
    const payload = profile === "portal" ? encryptPkcs1(key, message) : await encryptOaep(key, message);
    const told = {
        keys: await SessionKeys.of(profile, ek, iv, hk),
        encryptedPayload: toHex(payload),
        encKeyCheckDigit: await checkDigit(ek, iv),
        hmacKeyCheckDigit: await checkDigit(hk, iv),
    };
    for (const raw of [ek, hk, message])
        raw.fill(0);
    return told;
}
/** What travels under the server's public key: 160 HEX characters. */
export function material(ek, iv, hk) {
    return toUtf8(toHex(ek) + toHex(iv) + toHex(hk));
}
/** How the server sees that it holds the same key. */
export async function checkDigit(key, iv) {
    const imported = await subtle().importKey("raw", key, "AES-CBC", false, ["encrypt"]);
    const spaces = new Uint8Array(BLOCK_BYTES).fill(0x20);
    // WebCrypto adds a block of padding; the first block is that of plain CBC.
    const sealed = await subtle().encrypt({ name: "AES-CBC", iv }, imported, spaces);
    return toHex(new Uint8Array(sealed)).slice(0, 6);
}
function bound(binding, body) {
    const { direction, path, sid, uuid, field } = binding;
    return joined(toUtf8(["aldaba-e2e-1", direction, path, sid, uuid.toLowerCase(), field, ""].join("\n")), body);
}
/** A value of profile `bound-1`; `iv` is drawn unless a vector gives it. */
export async function sealBound(keys, binding, text, rendering, iv = randomBytes(BLOCK_BYTES)) {
    const body = joined(iv, await keys.encrypt(toUtf8(text), iv));
    return rendered(body, await keys.tag(bound(binding, body)), rendering);
}
/** The text of a `bound-1` value, decrypted once its MAC is right. Throws `CannotOpen`. */
export async function openBound(keys, binding, value) {
    const [body, tag] = parsed(value, 2 * BLOCK_BYTES, false);
    await keys.check(bound(binding, body), tag);
    return keys.decrypt(body.slice(BLOCK_BYTES), body.slice(0, BLOCK_BYTES));
}
/** A value of profile `portal`; `clientRandom` is drawn unless a vector gives it. */
export async function sealPortal(keys, kind, serverRandom, text, rendering, clientRandom = toHex(randomBytes(RANDOM_LENGTH / 2))) {
    const ct = await keys.encrypt(toUtf8(clientRandom + serverRandom + kind + text));
    return rendered(ct, await keys.tag(ct), rendering);
}
/** The text of a `portal` value of that kind and one of these randoms. Throws `CannotOpen`. */
export async function openPortal(keys, value, kind = "c", serverRandoms = [NO_RANDOM]) {
    const clear = await openUnderSessionIv(keys, value);
    const random = clear.slice(RANDOM_LENGTH, 2 * RANDOM_LENGTH);
    if (clear.charAt(2 * RANDOM_LENGTH) !== kind || !serverRandoms.includes(random))
        throw new CannotOpen();
    return clear.slice(2 * RANDOM_LENGTH + 1);
}
/** The server random of an `eventId` header. Throws `CannotOpen`. */
export async function openEventId(keys, header) {
    const random = await openUnderSessionIv(keys, header);
    if (!/^[!-~]{32}$/.test(random))
        throw new CannotOpen();
    return random;
}
async function openUnderSessionIv(keys, value) {
    const [ct, tag] = parsed(value, BLOCK_BYTES, true);
    await keys.check(ct, tag);
    return keys.decrypt(ct);
}
function rendered(body, tag, rendering) {
    return rendering === "hex" ? toHex(joined(body, tag)) : `${toBase64(body)}.${toBase64(tag)}`;
}
function parsed(value, least, hexDot) {
    try {
        const [body, tag] = value.includes(".") ? twoParts(value, hexDot) : oneRun(value);
        if (tag.length === TAG_BYTES && body.length >= least && body.length % BLOCK_BYTES === 0)
            return [body, tag];
    }
    catch (trouble) {
        if (!(trouble instanceof Malformed))
            throw trouble;
    }
    throw new CannotOpen();
}
function oneRun(value) {
    const data = fromHex(value);
    return [data.slice(0, -TAG_BYTES), data.slice(-TAG_BYTES)];
}
function twoParts(value, hexDot) {
    const at = value.indexOf(".");
    const [body, tag] = [value.slice(0, at), value.slice(at + 1)];
    if (hexDot && isHex(body) && isHex(tag))
        return [fromHex(body), fromHex(tag)];
    return [fromBase64(body), fromBase64(tag)];
}
