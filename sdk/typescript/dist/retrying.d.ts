/** Whether a failed attempt is made again: never where the first one may have spent something. */
import { type AldabaError } from "./errors.js";
import type { OperationId } from "./generated.js";
import type { Retry } from "./options.js";
/** A retry policy with nothing left open. */
export declare class Patience {
    #private;
    readonly attempts: number;
    /** Throws `TypeError`. */
    constructor(retry: Retry);
    /** Milliseconds before that attempt (0 is the first). */
    wait(attempt: number): number;
    repeats(operation: OperationId): boolean;
}
/** The attempts at one call. */
export declare class Tries {
    #private;
    readonly patience: Patience;
    readonly operation: OperationId;
    /** Whether an attempt may have acted although its answer was not seen. */
    lost: boolean;
    constructor(patience: Patience, operation: OperationId);
    /** Milliseconds before the attempt to be made now. */
    get wait(): number;
    /** Whether there is another attempt after this trouble. */
    again(trouble: AldabaError): boolean;
}
