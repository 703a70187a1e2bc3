/** How a request goes out by `fetch`, and what came of it. */
import type { Within } from "./waiting.js";
/** One HTTP request. */
export interface Request {
    readonly method: "GET" | "POST";
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly content?: string;
}
/** One HTTP answer. */
export interface Answer {
    readonly status: number;
    readonly headers: Headers;
    readonly content: string;
}
/** No answer; `sent` is false where the server cannot have seen the request. */
export interface Lost {
    readonly sent: boolean;
    readonly trouble: string;
}
export type Reply = Answer | Lost;
export type Fetch = (input: string, init: RequestInit) => Promise<Response>;
export declare class Http {
    #private;
    readonly baseUrl: string;
    readonly timeoutMs: number;
    constructor(baseUrl: string, timeoutMs: number, fetcher: Fetch | undefined);
    /** Throws the reason of the caller's signal, and nothing else. */
    send(request: Request, within: Within): Promise<Reply>;
}
