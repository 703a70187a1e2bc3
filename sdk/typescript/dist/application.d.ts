/** The application: how it signs in, its access token, and what all of its sessions share. */
import { SessionKeys } from "./envelope.js";
import type { Http } from "./http.js";
import { type AccessToken, type ClientOptions, type Clock } from "./options.js";
import { Patience } from "./retrying.js";
import { type PublicJwk } from "./signatures.js";
import { type Within } from "./waiting.js";
export declare class Application {
    #private;
    readonly http: Http;
    readonly clientId: string;
    readonly patience: Patience;
    readonly clock: Clock;
    /** The pinned root keys; none until the first one is seen, where that is to be believed. */
    roots: readonly PublicJwk[];
    /** Throws `TypeError` for choices that do not go together. */
    constructor(http: Http, clientId: string, options: ClientOptions);
    /** Keys registered for calls without a session (profile `bound-1`). */
    registeredKeys(): Promise<SessionKeys | undefined>;
    get hasRegisteredKeys(): boolean;
    /** The access token, fetched where there is none or it is about to end. */
    token(within: Within): Promise<AccessToken>;
    /** The server no longer takes this token. */
    forgetToken(token: string): void;
}
/** A form sent with these headers. */
export declare function post(path: string, headers: Record<string, string>, form: Record<string, string>): {
    readonly method: "POST";
    readonly path: string;
    readonly headers: {
        readonly "content-type": "application/x-www-form-urlencoded";
    };
    readonly content: string;
};
/** The error of an RFC 6749 answer, of the alphabet such words have. */
export declare function errorWord(content: string): string;
