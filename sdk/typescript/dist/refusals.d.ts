/** Which error an error answer becomes: by status, code and, for a few, location. */
import type { Refused } from "./errors.js";
/** The error for an answer with an error status, whatever its body is; `uuid` is the one that was sent. */
export declare function refusal(operation: string, status: number, content: string, uuid?: string): Refused;
