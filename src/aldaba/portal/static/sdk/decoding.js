/** Answers read into their types, by the table the contract gave. */
import { SHAPES } from "./generated.js";
/** A body is not what the contract says; names the field, never its value. */
export class Undecodable extends Error {
}
/** A JSON object. Throws `Undecodable`. */
export function jsonObject(content) {
    let told;
    try {
        told = JSON.parse(content);
    }
    catch {
        throw new Undecodable("the answer is no JSON");
    }
    if (!isObject(told))
        throw new Undecodable("the answer is no JSON object");
    return told;
}
/** The answer of that shape; unknown members are passed over. Throws `Undecodable`. */
export function read(shape, body) {
    const found = {};
    for (const [wire, ours, type, required] of SHAPES[shape] ?? []) {
        const value = Object.hasOwn(body, wire) ? body[wire] : undefined;
        if (value !== undefined && value !== null)
            found[ours] = readValue(wire, value, type);
        else if (required)
            throw new Undecodable(`${wire} is missing`);
    }
    return found;
}
function readValue(wire, value, type) {
    if (type in SHAPES && isObject(value))
        return read(type, value);
    const right = type === "integer" ? Number.isSafeInteger(value) : typeof value === type;
    if (!right)
        throw new Undecodable(`${wire} is no ${type}`);
    return value;
}
function isObject(value) {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}
