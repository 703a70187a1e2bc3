/** Biometric login: a token signed on the phone, for one request of one session. */
import { exportPublic, generatePair, importPrivate, importPublic, publicJwk, sign, } from "./signatures.js";
import { subtle } from "./encoding.js";
const TOKEN_TYPE = "biotoken+jwt";
const LIFE_SECONDS = 60;
/** A P-256 key of an enrolled phone. */
export class DeviceKey {
    applicationDeviceId;
    pair;
    /** A pair that WebCrypto holds, such as one kept in IndexedDB. */
    constructor(applicationDeviceId, pair) {
        this.applicationDeviceId = applicationDeviceId;
        this.pair = pair;
    }
    /** A new key; its private half cannot be read out, and may be kept in IndexedDB as it is. */
    static async generate(applicationDeviceId) {
        return new DeviceKey(applicationDeviceId, await generatePair());
    }
    /** Throws `TypeError` where this is no P-256 private key. */
    static async from(applicationDeviceId, key) {
        const readable = await importPrivate(key, true);
        const jwk = (await subtle().exportKey("jwk", readable));
        const publicKey = await importPublic(publicJwk(jwk));
        return new DeviceKey(applicationDeviceId, { privateKey: await importPrivate(jwk), publicKey });
    }
    /** What `enrolDevice` is given. */
    async publicJwk() {
        return exportPublic(this.pair.publicKey);
    }
}
/** The token of one attempt: it names the attempt's `sid` and `uuid`. */
export async function biometricToken(device, userId, attempt) {
    const issued = Math.floor(attempt.now / 1000);
    const moment = { iat: issued, exp: issued + LIFE_SECONDS };
    // A company is named with its representative, 15000022-2; the token names the number alone.
    const claims = { sub: userId.split("-")[0], sid: attempt.sid, jti: attempt.uuid, ...moment };
    return sign(claims, { typ: TOKEN_TYPE, kid: device.applicationDeviceId }, device.pair.privateKey);
}
