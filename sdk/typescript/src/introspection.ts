/** Session introspection (RFC 7662 shape): what a `sid` is worth, for the bank's other systems. */

import { type Application, errorWord, post } from "./application.js";
import { type Members, Undecodable, jsonObject } from "./decoding.js";
import { BadAnswer, SignInRefused, Unreachable } from "./errors.js";
import type { Answer } from "./http.js";
import type { Within } from "./waiting.js";

const PATH = "/api/v1/sessions/introspect";

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

const MEMBERS = [
    ["customerId", "customerId", "string"],
    ["representative", "representative", "string"],
    ["channel", "channel", "string"],
    ["aal", "aal", "number"],
    ["strong_until", "strongUntil", "string"],
    ["exp", "exp", "number"],
] as const;

/** What that `sid` is worth. Throws `SignInRefused` without the right `introspect`. */
export async function introspect(
    application: Application,
    sid: string,
    within: Within,
): Promise<SessionFacts> {
    for (let last = false; ; last = true) {
        const { access_token: token } = await application.token(within);
        const reply = await application.http.send(
            post(PATH, { authorization: `Bearer ${token}` }, { token: sid }),
            within,
        );
        if (!("status" in reply)) throw new Unreachable("introspect", reply.trouble, false);
        if (reply.status !== 401 || last) return facts(reply);
        application.forgetToken(token);
    }
}

function facts(answer: Answer): SessionFacts {
    if (answer.status !== 200) throw new SignInRefused(answer.status, errorWord(answer.content));
    const told = members(answer.content);
    if (typeof told["active"] !== "boolean") throw new BadAnswer("introspect", "not what RFC 7662 says");
    const found: Record<string, unknown> = { active: told["active"] };
    for (const [wire, ours, type] of MEMBERS) if (typeof told[wire] === type) found[ours] = told[wire];
    return found as unknown as SessionFacts;
}

function members(content: string): Members {
    try {
        return jsonObject(content);
    } catch (trouble) {
        if (!(trouble instanceof Undecodable)) throw trouble;
        throw new BadAnswer("introspect", trouble.message);
    }
}
