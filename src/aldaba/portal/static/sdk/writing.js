/** How one attempt at a call is written, and the sealed values of its answer opened. */
import {} from "./decoding.js";
import { randomBytes, toHex } from "./encoding.js";
import { openBound, openPortal, sealBound, sealPortal } from "./envelope.js";
import { boundPath } from "./operation.js";
/** A version 7 UUID (RFC 9562 §5.7): keys without a session ask for one, everybody else takes it too. */
export function newUuid(now) {
    const data = randomBytes(16);
    const time = BigInt(Math.floor(now));
    for (let at = 0; at < 6; at += 1)
        data[at] = Number((time >> BigInt(8 * (5 - at))) & 0xffn);
    data[6] = ((data[6] ?? 0) & 0x0f) | 0x70;
    data[8] = ((data[8] ?? 0) & 0x3f) | 0x80;
    const hex = toHex(data).toLowerCase();
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
/** The body with its sealed fields in place of their text, under the random this request spends. */
export async function sealed(operation, body, keys, attempt, serverRandom) {
    const whole = structuredClone(body);
    for (const one of operation.sealed) {
        const [holder, name] = placed(whole, one.path);
        const text = holder[name];
        if (typeof text !== "string")
            continue;
        if (keys.profile === "portal") {
            holder[name] = await sealPortal(keys, kindOf(one, whole), serverRandom, text, operation.rendering);
        }
        else {
            const { sid, uuid } = attempt;
            const binding = {
                direction: "request",
                path: boundPath(operation),
                sid,
                uuid,
                field: name,
            };
            holder[name] = await sealBound(keys, binding, text, operation.rendering);
        }
    }
    return whole;
}
function placed(body, path) {
    const steps = path.split(".");
    const name = steps.pop() ?? "";
    return [steps.reduce((holder, step) => (holder[step] ?? {}), body), name];
}
function kindOf(one, body) {
    if ("kind" in one)
        return one.kind;
    const [holder, name] = placed(body, one.kindBy);
    return one.kinds[holder[name]] ?? "c";
}
/** The answer with its sealed values opened. Throws `CannotOpen`. */
export async function opened(operation, body, written) {
    const { keys, sid, uuid } = written;
    const found = { ...body };
    for (const field of operation.sealedAnswer) {
        const value = found[field];
        if (typeof value !== "string" || keys === undefined)
            continue;
        const binding = { direction: "response", path: boundPath(operation), sid, uuid, field };
        found[field] =
            keys.profile === "portal" ? await openPortal(keys, value) : await openBound(keys, binding, value);
    }
    return found;
}
/** The HTTP request of this attempt. */
export function toRequest(operation, clientId, token, place, attempt, body) {
    const headers = {
        client_id: clientId,
        authorization: `Bearer ${token}`,
        uuid: attempt.uuid,
        channelId: place.channel,
        countryCode: place.country,
        businessCode: place.business,
        accept: "application/json",
        "accept-language": place.language,
    };
    if (attempt.sid)
        headers["sid"] = attempt.sid;
    const { method, path } = operation;
    if (body === undefined)
        return { method, path, headers };
    return {
        method,
        path,
        headers: { ...headers, "content-type": "application/json" },
        content: JSON.stringify(body),
    };
}
