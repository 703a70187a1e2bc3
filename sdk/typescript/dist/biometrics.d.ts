/** Biometric login: a token signed on the phone, for one request of one session. */
import { type PrivateKey, type PublicJwk } from "./signatures.js";
import { type WebKey, type WebKeyPair } from "./encoding.js";
import type { Attempt } from "./writing.js";
/** A P-256 key of an enrolled phone. */
export declare class DeviceKey {
    readonly applicationDeviceId: string;
    readonly pair: WebKeyPair;
    /** A pair that WebCrypto holds, such as one kept in IndexedDB. */
    constructor(applicationDeviceId: string, pair: WebKeyPair);
    /** A new key; its private half cannot be read out, and may be kept in IndexedDB as it is. */
    static generate(applicationDeviceId: string): Promise<DeviceKey>;
    /** Throws `TypeError` where this is no P-256 private key. */
    static from(applicationDeviceId: string, key: Exclude<PrivateKey, WebKey>): Promise<DeviceKey>;
    /** What `enrolDevice` is given. */
    publicJwk(): Promise<PublicJwk>;
}
/** The token of one attempt: it names the attempt's `sid` and `uuid`. */
export declare function biometricToken(device: DeviceKey, userId: string, attempt: Attempt): Promise<string>;
