/** Session introspection (RFC 7662 shape): what a `sid` is worth, for the bank's other systems. */
import { type Application } from "./application.js";
import type { Within } from "./waiting.js";
/** What the server says of a session; only `active` where it is none. */
export interface SessionFacts {
    readonly active: boolean;
    readonly customerId?: string;
    readonly representative?: string;
    readonly channel?: string;
    readonly aal?: number;
    /** RFC 3339. */
    readonly strongUntil?: string;
    /** Seconds since the epoch. */
    readonly exp?: number;
}
/** What that `sid` is worth. Throws `SignInRefused` without the right `introspect`. */
export declare function introspect(application: Application, sid: string, within: Within): Promise<SessionFacts>;
