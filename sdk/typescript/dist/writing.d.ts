/** How one attempt at a call is written, and the sealed values of its answer opened. */
import { type Members } from "./decoding.js";
import { type SessionKeys } from "./envelope.js";
import type { Request } from "./http.js";
import { type Operation } from "./operation.js";
import type { Place } from "./options.js";
/** One attempt at a call, as what is written or signed for it sees it. */
export interface Attempt {
    readonly sid: string;
    readonly uuid: string;
    /** Milliseconds since the epoch. */
    readonly now: number;
    /** The customer the session has identified. Reading it throws `NoSession` where there is none. */
    readonly ccsId: string;
}
/** A request with what its answer is read by. */
export interface Written {
    readonly request: Request;
    readonly uuid: string;
    readonly sid: string;
    /** The keys its fields are sealed with. */
    readonly keys: SessionKeys | undefined;
    /** The session's keys when it was written; an `eventId` is told under these. */
    readonly sessionKeys: SessionKeys | undefined;
    readonly token: string;
}
/** A version 7 UUID (RFC 9562 §5.7): keys without a session ask for one, everybody else takes it too. */
export declare function newUuid(now: number): string;
/** The body with its sealed fields in place of their text, under the random this request spends. */
export declare function sealed(operation: Operation, body: object, keys: SessionKeys, attempt: Attempt, serverRandom: string): Promise<object>;
/** The answer with its sealed values opened. Throws `CannotOpen`. */
export declare function opened(operation: Operation, body: Members, written: Written): Promise<Members>;
/** The HTTP request of this attempt. */
export declare function toRequest(operation: Operation, clientId: string, token: string, place: Place, attempt: Attempt, body: object | undefined): Request;
