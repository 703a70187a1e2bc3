/** What a caller may choose, and which choices do not go together. */

import type { Profile } from "./envelope.js";
import type { OperationId } from "./generated.js";
import type { Fetch } from "./http.js";
import type { PrivateKey, PublicJwk } from "./signatures.js";

/** An access token in the words of RFC 6749 §5.1. */
export interface AccessToken {
    readonly access_token: string;
    /** Seconds; without it the token is used until the server refuses it. */
    readonly expires_in?: number;
}

/**
 * Where a page gets its access token: from its own back end, which keeps the client secret. `refused` is
 * true where the server no longer takes the one given before.
 */
export type TokenSource = (asked: {
    readonly refused: boolean;
}) => Promise<string | AccessToken> | string | AccessToken;

/**
 * How failures that are nobody's fault are met: network failures and 5xx, each time with a new `uuid`.
 * What spends or counts something (a login, a code, a try) is not sent again once its answer was lost, for
 * it may have succeeded; name such operations in `alsoLost` to have them sent again all the same.
 */
export interface Retry {
    readonly attempts?: number | undefined;
    readonly firstWaitMs?: number | undefined;
    readonly alsoLost?: readonly OperationId[] | undefined;
}

/** The headers that say where a call comes from. */
export interface Place {
    /** `channelId`, default `MOVIL`. */
    readonly channel: string;
    /** `countryCode`, default `MX`. */
    readonly country: string;
    /** `businessCode`, default `GCB`. */
    readonly business: string;
    /** `es` (default) or `en`, for texts to people. */
    readonly language: "es" | "en";
}

/** What a client may be told beside address and application. */
export interface ClientOptions extends Partial<Place> {
    /** The application's secret, in a back end only; or else `privateKey`, or `token`. */
    readonly clientSecret?: string;
    /** The application's P-256 key, in a back end only, for `private_key_jwt`. */
    readonly privateKey?: PrivateKey;
    /** The `kid` of that key. */
    readonly keyId?: string;
    /** Whom the assertion is for: the server's issuer, unless that is its address. */
    readonly audience?: string;
    /** For pages: what fetches the access token from the page's own back end. */
    readonly token?: TokenSource;
    /** The server's E2E root key, or several while it is being changed; required, unless … */
    readonly rootKey?: PublicJwk | readonly PublicJwk[];
    /** … the first root key seen is to be believed: for trials only. */
    readonly trustOnFirstUse?: boolean;
    /** `bound-1` (default) or `portal`. */
    readonly profile?: Profile;
    /** EK and HK in HEX, as registered for calls without a session. */
    readonly registeredKeys?: readonly [ek: string, hk: string];
    readonly retry?: Retry;
    /** Milliseconds that each attempt may take, default 10000. */
    readonly timeoutMs?: number;
    /** Milliseconds since the epoch, where the machine's own clock is not to be believed. */
    readonly clock?: () => number;
    /** In place of the platform's `fetch`: a proxy, mutual TLS, a recording. */
    readonly fetch?: Fetch;
    /** Plain HTTP to another machine than this one, which is refused otherwise. */
    readonly allowHttp?: boolean;
}

/** What every call may be told. */
export interface CallOptions {
    /** Calls the call off; its promise rejects with the signal's reason. What was sent may still have acted. */
    readonly signal?: AbortSignal | undefined;
    /** In place of the client's. */
    readonly timeoutMs?: number | undefined;
}

export type Clock = () => number;

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);
const USUAL: Place = { channel: "MOVIL", country: "MX", business: "GCB", language: "es" };

/** The address without a slash at its end. Throws `TypeError`. */
export function checkedAddress(baseUrl: string, allowHttp: boolean): string {
    const parts = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
    if (parts === undefined || !["http:", "https:"].includes(parts.protocol) || parts.search || parts.hash) {
        throw new TypeError("baseUrl is no address: https://…");
    }
    if (parts.protocol === "http:" && !LOOPBACK.has(parts.hostname) && !allowHttp) {
        throw new TypeError("plain HTTP to another machine: use https, or say allowHttp: true");
    }
    return baseUrl.replace(/\/+$/, "");
}

/** Throws `TypeError`. */
export function placeFrom(options: Partial<Place>, usual: Place = USUAL): Place {
    const place = {
        channel: options.channel ?? usual.channel,
        country: options.country ?? usual.country,
        business: options.business ?? usual.business,
        language: options.language ?? usual.language,
    };
    for (const [name, value] of Object.entries(place)) {
        if (!/^[!-~]+$/.test(value)) throw new TypeError(`${name} is no header's value`);
    }
    return place;
}

/** Throws `TypeError` where a secret is given to a page: whoever opens the page could read it. */
export function refuseSecretInPage(): void {
    if ("document" in globalThis || "WorkerGlobalScope" in globalThis) {
        throw new TypeError(
            "the client secret belongs in a back end: give token, which fetches an access token from there",
        );
    }
}
