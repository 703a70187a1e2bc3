/** Whether a failed attempt is made again: never where the first one may have spent something. */
import { BackendFailed, ServerFailed, ServerUnavailable, Unreachable } from "./errors.js";
const LONGEST_WAIT_MS = 2000;
/** Operations that do no more the second time; the others spend a code, count a try or cost a message. */
const HARMLESS = new Set([
    "retrieve_public_key",
    "exchange_keys",
    "prelogin_v1",
    "prelogin_v2",
    "validate_credentials",
    "credentials_status",
    "retrieve_challenge",
    "register_transmit_customer",
    "validate_transmit_customer",
    "certified_phone",
    "logout",
]);
/** A retry policy with nothing left open. */
export class Patience {
    attempts;
    #firstWaitMs;
    #repeatable;
    /** Throws `TypeError`. */
    constructor(retry) {
        this.attempts = retry.attempts ?? 3;
        this.#firstWaitMs = retry.firstWaitMs ?? 200;
        this.#repeatable = new Set([...HARMLESS, ...(retry.alsoLost ?? [])]);
        if (!(Number.isInteger(this.attempts) && this.attempts >= 1 && this.#firstWaitMs >= 0)) {
            throw new TypeError("retry: at least one attempt, and no negative wait");
        }
    }
    /** Milliseconds before that attempt (0 is the first). */
    wait(attempt) {
        return attempt === 0 ? 0 : Math.min(this.#firstWaitMs * 2 ** (attempt - 1), LONGEST_WAIT_MS);
    }
    repeats(operation) {
        return this.#repeatable.has(operation);
    }
}
/** The attempts at one call. */
export class Tries {
    patience;
    operation;
    /** Whether an attempt may have acted although its answer was not seen. */
    lost = false;
    #made = 0;
    constructor(patience, operation) {
        this.patience = patience;
        this.operation = operation;
    }
    /** Milliseconds before the attempt to be made now. */
    get wait() {
        return this.patience.wait(this.#made);
    }
    /** Whether there is another attempt after this trouble. */
    again(trouble) {
        this.#made += 1;
        return this.#mayRepeat(trouble) && this.#made < this.patience.attempts;
    }
    #mayRepeat(trouble) {
        // The session has ended all the same; there is nothing left to try.
        if (trouble instanceof BackendFailed && this.operation === "logout")
            return false;
        // The server's own word: it has given back what it had reserved.
        if (trouble instanceof ServerUnavailable || trouble instanceof BackendFailed)
            return true;
        if (trouble instanceof Unreachable && !trouble.mayHaveActed)
            return true;
        if (!(trouble instanceof Unreachable || trouble instanceof ServerFailed))
            return false;
        // A gateway's 5xx says as little as silence does.
        this.lost = true;
        return this.patience.repeats(this.operation);
    }
}
