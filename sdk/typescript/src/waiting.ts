/** Waiting that a caller can call off. */

/** One caller's patience: its signal, and the milliseconds that each attempt may take. */
export interface Within {
    readonly signal?: AbortSignal | undefined;
    readonly timeoutMs?: number | undefined;
}

/** The promise's outcome, unless the signal is given first. Throws the signal's reason then. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    if (signal === undefined) return promise;
    let aborted = (): void => undefined;
    const abortion = new Promise<never>((_, reject) => {
        aborted = () => reject(signal.reason);
        if (signal.aborted) aborted();
        else signal.addEventListener("abort", aborted, { once: true });
    });
    try {
        return await Promise.race([promise, abortion]);
    } finally {
        signal.removeEventListener("abort", aborted);
    }
}

export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (milliseconds === 0) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const over = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, milliseconds);
    });
    try {
        await unlessAborted(over, signal);
    } finally {
        clearTimeout(timer);
    }
}

/** Acts run one after another. */
export class Lock {
    #last: Promise<void> = Promise.resolve();

    async hold<T>(act: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
        const before = this.#last;
        let release = (): void => undefined;
        const mine = new Promise<void>((resolve) => {
            release = resolve;
        });
        // Whoever gives up waiting leaves the queue in order.
        this.#last = before.then(() => mine);
        try {
            await unlessAborted(before, signal);
            return await act();
        } finally {
            release();
        }
    }
}
