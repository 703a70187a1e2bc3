/** Waiting that a caller can call off. */
/** One caller's patience: its signal, and the milliseconds that each attempt may take. */
export interface Within {
    readonly signal?: AbortSignal | undefined;
    readonly timeoutMs?: number | undefined;
}
/** The promise's outcome, unless the signal is given first. Throws the signal's reason then. */
export declare function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T>;
export declare function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void>;
/** Acts run one after another. */
export declare class Lock {
    #private;
    hold<T>(act: () => Promise<T>, signal: AbortSignal | undefined): Promise<T>;
}
