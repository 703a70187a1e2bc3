/** Biometric login: a token signed on the phone, for one request of one session. */

import {
    type PrivateKey,
    type PublicJwk,
    exportPublic,
    generatePair,
    importPrivate,
    importPublic,
    publicJwk,
    sign,
} from "./signatures.js";
import { type WebKey, type WebKeyPair, subtle } from "./encoding.js";
import type { Attempt } from "./writing.js";

const TOKEN_TYPE = "biotoken+jwt";
const LIFE_SECONDS = 60;

/** A P-256 key of an enrolled phone. */
export class DeviceKey {
    /** A pair that WebCrypto holds, such as one kept in IndexedDB. */
    constructor(
        readonly applicationDeviceId: string,
        readonly pair: WebKeyPair,
    ) {}

    /** A new key; its private half cannot be read out, and may be kept in IndexedDB as it is. */
    static async generate(applicationDeviceId: string): Promise<DeviceKey> {
        return new DeviceKey(applicationDeviceId, await generatePair());
    }

    /** Throws `TypeError` where this is no P-256 private key. */
    static async from(applicationDeviceId: string, key: Exclude<PrivateKey, WebKey>): Promise<DeviceKey> {
        const readable = await importPrivate(key, true);
        const jwk = (await subtle().exportKey("jwk", readable)) as PublicJwk & { readonly d: string };
        const publicKey = await importPublic(publicJwk(jwk));
        return new DeviceKey(applicationDeviceId, { privateKey: await importPrivate(jwk), publicKey });
    }

    /** What `enrolDevice` is given. */
    async publicJwk(): Promise<PublicJwk> {
        return exportPublic(this.pair.publicKey);
    }
}

/** The token of one attempt: it names the attempt's `sid` and `uuid`. */
export async function biometricToken(device: DeviceKey, userId: string, attempt: Attempt): Promise<string> {
    const issued = Math.floor(attempt.now / 1000);
    const moment = { iat: issued, exp: issued + LIFE_SECONDS };
    // A company is named with its representative, 15000022-2; the token names the number alone.
    const claims = { sub: userId.split("-")[0], sid: attempt.sid, jti: attempt.uuid, ...moment };
    return sign(claims, { typ: TOKEN_TYPE, kid: device.applicationDeviceId }, device.pair.privateKey);
}
