/** How a request goes out by `fetch`, and what came of it. */
/** Codes of Node for connections that were never made; a browser does not tell. */
const NEVER_SENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"]);
export class Http {
    baseUrl;
    timeoutMs;
    #fetch;
    constructor(baseUrl, timeoutMs, fetcher) {
        this.baseUrl = baseUrl;
        this.timeoutMs = timeoutMs;
        // A browser's fetch works as the window's method only.
        this.#fetch = fetcher ?? ((input, init) => globalThis.fetch(input, init));
    }
    /** Throws the reason of the caller's signal, and nothing else. */
    async send(request, within) {
        const { signal } = within;
        signal?.throwIfAborted();
        const ours = new AbortController();
        const giveUp = () => ours.abort();
        signal?.addEventListener("abort", giveUp, { once: true });
        let late = false;
        const timer = setTimeout(() => {
            late = true;
            ours.abort();
        }, within.timeoutMs ?? this.timeoutMs);
        try {
            return await this.#answer(request, ours.signal);
        }
        catch (trouble) {
            signal?.throwIfAborted();
            return late ? { sent: true, trouble: "timed out" } : lost(trouble);
        }
        finally {
            clearTimeout(timer);
            signal?.removeEventListener("abort", giveUp);
        }
    }
    async #answer(request, signal) {
        const response = await this.#fetch(`${this.baseUrl}${request.path}`, {
            method: request.method,
            headers: { ...request.headers },
            signal,
            // Nothing is sent to another address than the caller's, nor kept on the way.
            redirect: "manual",
            credentials: "omit",
            cache: "no-store",
            referrerPolicy: "no-referrer",
            ...(request.content === undefined ? {} : { body: request.content }),
        });
        return { status: response.status, headers: response.headers, content: await response.text() };
    }
}
/** The trouble's own text may quote headers, so only its code goes further. */
function lost(trouble) {
    const code = codeOf(trouble instanceof Error ? trouble.cause : undefined) ?? codeOf(trouble);
    const name = trouble instanceof Error ? trouble.name : "no answer";
    return { sent: !(code !== undefined && NEVER_SENT.has(code)), trouble: code ?? name };
}
function codeOf(trouble) {
    if (typeof trouble !== "object" || trouble === null || !("code" in trouble))
        return undefined;
    return typeof trouble.code === "string" ? trouble.code : undefined;
}
