/** The application: how it signs in, its access token, and what all of its sessions share. */
import { jsonObject, Undecodable } from "./decoding.js";
import { toBase64, toUtf8, fromHex } from "./encoding.js";
import { SessionKeys } from "./envelope.js";
import { BadAnswer, SignInRefused, Unreachable } from "./errors.js";
import { refuseSecretInPage, } from "./options.js";
import { Patience } from "./retrying.js";
import { importPrivate, sign } from "./signatures.js";
import { pinned } from "./trust.js";
import { Lock, pause, unlessAborted } from "./waiting.js";
import { newUuid } from "./writing.js";
const TOKEN_PATH = "/api/v1/oauth/token";
const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const ASSERTION_SECONDS = 60;
const FORM = "application/x-www-form-urlencoded";
/** A token is renewed this long before it ends, so that it does not end on the way. */
const EARLY_MS = 30_000;
export class Application {
    http;
    clientId;
    patience;
    clock;
    /** The pinned root keys; none until the first one is seen, where that is to be believed. */
    roots;
    #source;
    #signIn;
    #registered;
    #fetching = new Lock();
    #token;
    #until = 0;
    #refused = false;
    /** Throws `TypeError` for choices that do not go together. */
    constructor(http, clientId, options) {
        this.http = http;
        this.clientId = clientId;
        const ways = [options.clientSecret, options.privateKey, options.token].filter((way) => way !== undefined);
        if (ways.length !== 1)
            throw new TypeError("give one of clientSecret, privateKey and token");
        if (options.token === undefined)
            refuseSecretInPage();
        this.patience = new Patience(options.retry ?? {});
        this.clock = options.clock ?? Date.now;
        this.roots = pinned(options.rootKey, options.trustOnFirstUse ?? false);
        this.#source = options.token;
        this.#signIn = signInBy(clientId, options, options.audience ?? http.baseUrl);
        this.#registered = registered(options.registeredKeys);
    }
    /** Keys registered for calls without a session (profile `bound-1`). */
    async registeredKeys() {
        return this.#registered?.();
    }
    get hasRegisteredKeys() {
        return this.#registered !== undefined;
    }
    /** The access token, fetched where there is none or it is about to end. */
    async token(within) {
        return this.#fetching.hold(async () => {
            if (this.#token === undefined || this.clock() >= this.#until)
                await this.#renew(within);
            return this.#token;
        }, within.signal);
    }
    /** The server no longer takes this token. */
    forgetToken(token) {
        if (this.#token?.access_token !== token)
            return;
        this.#token = undefined;
        this.#refused = true;
    }
    async #renew(within) {
        const told = await unlessAborted(this.#fetched(within), within.signal);
        const token = typeof told === "string" ? { access_token: told } : told;
        // A token is a header's value: nothing else may come in by it.
        if (typeof token?.access_token !== "string" || !/^[!-~]+$/.test(token.access_token)) {
            throw new BadAnswer("sign_in", "no access token in the answer");
        }
        const life = typeof token.expires_in === "number" ? token.expires_in * 1000 : Number.POSITIVE_INFINITY;
        this.#token = token;
        this.#until = this.clock() + Math.max(life - EARLY_MS, life / 2);
        this.#refused = false;
    }
    async #fetched(within) {
        return this.#source === undefined ? this.#asked(within) : this.#source({ refused: this.#refused });
    }
    async #asked(within) {
        const answer = await this.#answer(within);
        if (answer.status !== 200)
            throw new SignInRefused(answer.status, errorWord(answer.content));
        try {
            const told = jsonObject(answer.content);
            if (typeof told["expires_in"] !== "number")
                throw new Undecodable("no life of the token in the answer");
            return { access_token: told["access_token"], expires_in: told["expires_in"] };
        }
        catch (trouble) {
            if (!(trouble instanceof Undecodable))
                throw trouble;
            throw new BadAnswer("sign_in", trouble.message);
        }
    }
    async #answer(within) {
        let reply = { sent: false, trouble: "" };
        for (let attempt = 0; attempt < this.patience.attempts; attempt += 1) {
            await pause(this.patience.wait(attempt), within.signal);
            // A fresh assertion each time: its jti is good once.
            const [headers, form] = await this.#signIn(this.clock());
            reply = await this.http.send(post(TOKEN_PATH, headers, form), within);
            if ("status" in reply && reply.status < 500)
                return reply;
        }
        if ("status" in reply)
            return reply;
        throw new Unreachable("sign_in", reply.trouble, false);
    }
}
/** A form sent with these headers. */
export function post(path, headers, form) {
    const content = new URLSearchParams(form).toString();
    return { method: "POST", path, headers: { ...headers, "content-type": FORM }, content };
}
/** The error of an RFC 6749 answer, of the alphabet such words have. */
export function errorWord(content) {
    try {
        const word = jsonObject(content)["error"];
        return typeof word === "string" && /^\w+$/.test(word) ? word : "";
    }
    catch {
        return "";
    }
}
function signInBy(clientId, options, audience) {
    const { clientSecret, privateKey, keyId } = options;
    if (clientSecret !== undefined)
        return bySecret(clientId, clientSecret);
    return privateKey === undefined ? undefined : byKey(clientId, privateKey, keyId, audience);
}
function bySecret(clientId, secret) {
    const pair = toBase64(toUtf8(`${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`));
    return async () => [{ authorization: `Basic ${pair}` }, { grant_type: "client_credentials" }];
}
function byKey(clientId, key, keyId, audience) {
    let imported;
    return async (now) => {
        imported ??= importPrivate(key);
        const issued = Math.floor(now / 1000);
        const moment = { iat: issued, exp: issued + ASSERTION_SECONDS, jti: newUuid(now) };
        const claims = { iss: clientId, sub: clientId, aud: audience, ...moment };
        const assertion = await sign(claims, keyId === undefined ? {} : { kid: keyId }, await imported);
        const proof = { client_assertion_type: ASSERTION_TYPE, client_assertion: assertion };
        return [{}, { grant_type: "client_credentials", ...proof }];
    };
}
function registered(keys) {
    if (keys === undefined)
        return undefined;
    const [ek, hk] = keys.map(key32);
    let imported;
    // Values of bound-1 bring their own IV.
    return () => (imported ??= SessionKeys.of("bound-1", ek, new Uint8Array(16), hk));
}
function key32(hex) {
    if (!/^[0-9A-Fa-f]{64}$/.test(hex))
        throw new TypeError("registeredKeys are two keys of 64 HEX digits");
    return fromHex(hex);
}
