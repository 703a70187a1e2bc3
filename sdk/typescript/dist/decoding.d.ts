/** Answers read into their types, by the table the contract gave. */
export type Members = Readonly<Record<string, unknown>>;
/** A body is not what the contract says; names the field, never its value. */
export declare class Undecodable extends Error {
}
/** A JSON object. Throws `Undecodable`. */
export declare function jsonObject(content: string): Members;
/** The answer of that shape; unknown members are passed over. Throws `Undecodable`. */
export declare function read(shape: string, body: Members): Members;
