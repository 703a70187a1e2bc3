/** Session introspection (RFC 7662 shape): what a `sid` is worth, for the bank's other systems. */
import { errorWord, post } from "./application.js";
import { Undecodable, jsonObject } from "./decoding.js";
import { BadAnswer, SignInRefused, Unreachable } from "./errors.js";
const PATH = "/api/v1/sessions/introspect";
const MEMBERS = [
    ["customerId", "customerId", "string"],
    ["representative", "representative", "string"],
    ["channel", "channel", "string"],
    ["aal", "aal", "number"],
    ["strong_until", "strongUntil", "string"],
    ["exp", "exp", "number"],
];
/** What that `sid` is worth. Throws `SignInRefused` without the right `introspect`. */
export async function introspect(application, sid, within) {
    for (let last = false;; last = true) {
        const { access_token: token } = await application.token(within);
        const reply = await application.http.send(post(PATH, { authorization: `Bearer ${token}` }, { token: sid }), within);
        if (!("status" in reply))
            throw new Unreachable("introspect", reply.trouble, false);
        if (reply.status !== 401 || last)
            return facts(reply);
        application.forgetToken(token);
    }
}
function facts(answer) {
    if (answer.status !== 200)
        throw new SignInRefused(answer.status, errorWord(answer.content));
    const told = members(answer.content);
    if (typeof told["active"] !== "boolean")
        throw new BadAnswer("introspect", "not what RFC 7662 says");
    const found = { active: told["active"] };
    for (const [wire, ours, type] of MEMBERS)
        if (typeof told[wire] === type)
            found[ours] = told[wire];
    return found;
}
function members(content) {
    try {
        return jsonObject(content);
    }
    catch (trouble) {
        if (!(trouble instanceof Undecodable))
            throw trouble;
        throw new BadAnswer("introspect", trouble.message);
    }
}
