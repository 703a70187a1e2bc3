/** The protocol of one session: writes its requests, digests the answers, mends what can be mended. */
import { Undecodable, jsonObject, read } from "./decoding.js";
import { CannotOpen, offer, openEventId } from "./envelope.js";
import { AldabaError, BackendFailed, BadAnswer, InvalidRequest, NoSession, ResourceNotFound, SessionLost, Unauthorized, Unreachable, } from "./errors.js";
import { OPERATIONS, } from "./generated.js";
import { refusal } from "./refusals.js";
import { Tries } from "./retrying.js";
import { ROOT_PATH, checked, pinned } from "./trust.js";
import { Lock, pause } from "./waiting.js";
import { newUuid, opened, sealed, toRequest } from "./writing.js";
/** So many unspent server randoms the server accepts (profile `portal`). */
const WINDOW = 4;
/** What begins a journey: where the old session has expired, a new one takes its place unasked. */
const BEGINNINGS = new Set([
    "retrieve_public_key",
    "prelogin_v1",
    "prelogin_v2",
    "validate_credentials",
    "generate_rao_token",
]);
const KEY_CALLS = new Set(["retrieve_public_key", "exchange_keys"]);
/** One session of one front end: its `sid`, its keys, and what its answers told. */
export class Session {
    application;
    place;
    profile;
    #settingUp = new Lock();
    #sid;
    #ccsId;
    #keys;
    #randoms = [];
    #learned = 0;
    /** The `sid` that a login was sent on already. */
    #sidTried;
    constructor(application, place, profile) {
        this.application = application;
        this.place = place;
        this.profile = profile;
    }
    get sid() {
        return this.#sid;
    }
    /** Begin anew with the next call. */
    forget() {
        this.#sid = undefined;
        this.#ccsId = undefined;
        this.#take(undefined);
    }
    /** The call, with all it needs beforehand, made again where that is allowed. Throws an `AldabaError`. */
    async run(call, within) {
        await this.#setUp(call.id, within);
        return this.#perform(call, within);
    }
    /** The server's current public key, its signature checked. Throws `UntrustedKey` too. */
    async retrievePublicKey(within) {
        return this.#settingUp.hold(async () => (await this.#publicKey(within))[0], within.signal);
    }
    /** Fresh keys for this session, under a public key that the root key has signed. */
    async exchangeKeys(within) {
        return this.#settingUp.hold(() => this.#exchange(within), within.signal);
    }
    #take(keys, randoms = []) {
        this.#keys = keys;
        this.#randoms = randoms;
    }
    /** Keys must stand before a call with sealed fields, or one that begins a session, can be written. */
    async #setUp(id, within) {
        if (!this.#lacksKeys(id))
            return;
        // One at a time, or two first calls would begin two sessions.
        await this.#settingUp.hold(async () => {
            if (this.#lacksKeys(id))
                await this.#exchange(within);
        }, within.signal);
    }
    #lacksKeys(id) {
        const operation = OPERATIONS[id];
        if (this.#keys !== undefined || KEY_CALLS.has(id))
            return false;
        return (operation.session !== "none" ||
            (operation.sealed.length > 0 && !this.application.hasRegisteredKeys));
    }
    async #perform(call, within) {
        const tries = new Tries(this.application.patience, call.id);
        const mended = new Set();
        for (;;) {
            await pause(tries.wait, within.signal);
            const written = await this.#write(call, within);
            const outcome = await this.#outcome(call, written, await this.application.http.send(written.request, within));
            if (!(outcome instanceof AldabaError))
                return outcome;
            if (call.id === "logout" && isOver(outcome)) {
                this.forget();
                if (tries.lost)
                    return undefined;
            }
            if (!mended.has(outcome.constructor) && (await this.#mend(call.id, outcome, written, within))) {
                mended.add(outcome.constructor);
            }
            else if (!tries.again(outcome)) {
                throw outcome;
            }
        }
    }
    async #exchange(within) {
        for (let last = false;; last = true) {
            const [told, key] = await this.#publicKey(within);
            const [keys, randoms] = [this.#keys, this.#randoms];
            const made = await offer(this.profile, key);
            this.#take(made.keys);
            try {
                return await this.#perform(exchangeOf(made, told.keyId), within);
            }
            catch (trouble) {
                this.#take(keys, randoms);
                // The key may have been retired between the two calls.
                if (last || !(trouble instanceof ResourceNotFound))
                    throw trouble;
            }
        }
    }
    async #publicKey(within) {
        const told = await this.#perform({ id: "retrieve_public_key" }, within);
        const { application } = this;
        if (application.roots.length === 0) {
            const request = {
                method: "GET",
                path: ROOT_PATH,
                headers: { accept: "application/json" },
            };
            application.roots = firstSeen(await application.http.send(request, within));
        }
        return [told, await checked(told, application.roots, application.clock())];
    }
    /** Whether what the call lacked has been put in place; none of these refusals has acted. */
    async #mend(id, trouble, written, within) {
        if (trouble instanceof SessionLost) {
            if (!BEGINNINGS.has(id) || !written.sid)
                return false;
            if (this.#sid === written.sid)
                this.forget();
            await this.#setUp(id, within);
            return true;
        }
        if (!(trouble instanceof Unauthorized) || trouble.location !== "Authorization")
            return false;
        this.application.forgetToken(written.token);
        return true;
    }
    async #write(call, within) {
        const { application } = this;
        const operation = OPERATIONS[call.id];
        const { access_token: token } = await application.token(within);
        const registered = await application.registeredKeys();
        while (this.#lacksRandom(operation))
            await this.#refill(operation, within);
        // Nothing is awaited from the last look at the window until its random is taken.
        const alone = operation.session === "none" && (this.#keys === undefined || operation.sealed.length === 0);
        const keys = alone ? registered : this.#keys;
        const spent = this.#spendsRandom(operation) ? (this.#randoms.pop() ?? "") : "";
        if (call.id === "login")
            this.#sidTried = this.#sid;
        const sessionKeys = this.#keys;
        const attempt = this.#attempt(alone ? "" : (this.#sid ?? ""));
        let body = await call.body?.(attempt);
        if (body !== undefined && operation.sealed.length > 0) {
            if (keys === undefined)
                throw new NoSession(`${operation.id}: no keys to seal with`);
            body = await sealed(operation, body, keys, attempt, spent);
        }
        const request = toRequest(operation, application.clientId, token, this.place, attempt, body);
        return { request, uuid: attempt.uuid, sid: attempt.sid, keys, sessionKeys, token };
    }
    #attempt(sid) {
        const now = this.application.clock();
        const ccsId = this.#ccsId;
        return {
            sid,
            uuid: newUuid(now),
            now,
            get ccsId() {
                if (ccsId !== undefined)
                    return ccsId;
                throw new NoSession("no customer has been identified in this session: preloginV1 or validateCredentials");
            },
        };
    }
    /** In `portal` a request with sealed fields spends an unspent random. */
    #spendsRandom(operation) {
        return this.#keys?.profile === "portal" && operation.sealed.length > 0;
    }
    /** A login leaves one in reserve: where its answer is lost, the old `sid` takes a login and nothing else. */
    #lacksRandom(operation) {
        const reserve = operation.id === "login" && this.#sid !== this.#sidTried ? 1 : 0;
        return this.#spendsRandom(operation) && this.#randoms.length <= reserve;
    }
    /** Any answer brings a random. */
    async #refill(operation, within) {
        const before = this.#learned;
        await this.#perform({ id: "retrieve_public_key" }, within);
        if (this.#keys === undefined) {
            // The session had ended, and another one has been opened without keys.
            const id = operation.id;
            if (!BEGINNINGS.has(id))
                throw new NoSession(`${id}: the session is over; begin again`);
            await this.#setUp(id, within);
        }
        else if (this.#learned === before) {
            throw new BadAnswer(operation.id, "the server hands out no eventId");
        }
    }
    async #outcome(call, written, reply) {
        const operation = OPERATIONS[call.id];
        if (!("status" in reply))
            return new Unreachable(call.id, reply.trouble, reply.sent, written.uuid);
        try {
            await this.#learn(written, reply);
            // A browser shows no more of a redirection than status 0.
            if (reply.status === 0)
                return new BadAnswer(call.id, "the answer leads to another address");
            if (reply.status >= 300)
                return refusal(call.id, reply.status, reply.content, written.uuid);
            if (reply.status !== operation.success) {
                return new BadAnswer(call.id, `status ${reply.status} in place of ${operation.success}`);
            }
            return (await this.#result(operation, written, reply));
        }
        catch (trouble) {
            if (trouble instanceof CannotOpen)
                return new BadAnswer(call.id, "a sealed value in the answer does not open");
            if (trouble instanceof Undecodable)
                return new BadAnswer(call.id, trouble.message);
            throw trouble;
        }
    }
    async #result(operation, written, answer) {
        if (operation.id === "logout")
            this.forget();
        if (operation.answer === undefined)
            return undefined;
        const body = await opened(operation, jsonObject(answer.content), written);
        const result = read(operation.answer, body);
        if (typeof body["ccsId"] === "string")
            this.#ccsId = body["ccsId"];
        return result;
    }
    async #learn(written, answer) {
        const told = answer.headers.get("sid");
        // An answer that was overtaken by a login's must not bring the old sid back.
        if (told && (this.#sid ?? "") === written.sid)
            this.#sid = told;
        const eventId = answer.headers.get("eventId");
        const keys = written.sessionKeys;
        if (!eventId || keys?.profile !== "portal")
            return;
        const random = await openEventId(keys, eventId);
        if (keys !== this.#keys)
            return;
        this.#learned += 1;
        this.#randoms = [...this.#randoms, random].slice(-WINDOW);
    }
}
function exchangeOf(made, keyId) {
    const { keys, ...told } = made;
    const body = { algorithm: keys.profile === "portal" ? "AES" : keys.profile, keyId, ...told };
    return { id: "exchange_keys", body: () => body };
}
/** Whether this refusal of a logout says that the session is over. */
function isOver(trouble) {
    return (trouble instanceof BackendFailed || (trouble instanceof InvalidRequest && trouble.location === "sid"));
}
/** The root key that is believed because nobody gave one. Throws `Unreachable` or `BadAnswer`. */
function firstSeen(reply) {
    if (!("status" in reply))
        throw new Unreachable("root_key", reply.trouble, false);
    try {
        return pinned(jsonObject(reply.content), false);
    }
    catch {
        throw new BadAnswer("root_key", "the answer is no key");
    }
}
