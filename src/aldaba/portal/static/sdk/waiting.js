/** Waiting that a caller can call off. */
/** The promise's outcome, unless the signal is given first. Throws the signal's reason then. */
export async function unlessAborted(promise, signal) {
    if (signal === undefined)
        return promise;
    let aborted = () => undefined;
    const abortion = new Promise((_, reject) => {
        aborted = () => reject(signal.reason);
        if (signal.aborted)
            aborted();
        else
            signal.addEventListener("abort", aborted, { once: true });
    });
    try {
        return await Promise.race([promise, abortion]);
    }
    finally {
        signal.removeEventListener("abort", aborted);
    }
}
export async function pause(milliseconds, signal) {
    signal?.throwIfAborted();
    if (milliseconds === 0)
        return;
    let timer;
    const over = new Promise((resolve) => {
        timer = setTimeout(resolve, milliseconds);
    });
    try {
        await unlessAborted(over, signal);
    }
    finally {
        clearTimeout(timer);
    }
}
/** Acts run one after another. */
export class Lock {
    #last = Promise.resolve();
    async hold(act, signal) {
        const before = this.#last;
        let release = () => undefined;
        const mine = new Promise((resolve) => {
            release = resolve;
        });
        // Whoever gives up waiting leaves the queue in order.
        this.#last = before.then(() => mine);
        try {
            await unlessAborted(before, signal);
            return await act();
        }
        finally {
            release();
        }
    }
}
