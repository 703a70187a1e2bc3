/** What went over the wire, kept as it was sent and as it came. */

export interface Exchange {
    readonly method: string;
    readonly path: string;
    readonly sent: string;
    readonly body: string;
    status: number;
    came: string;
    answer: string;
}

/** A `fetch` that writes down what passes through it. */
export class Traffic {
    #seen: Exchange[] = [];

    /** What has passed since the last look. */
    taken(): Exchange[] {
        const seen = this.#seen;
        this.#seen = [];
        return seen;
    }

    readonly fetch = async (input: string, init: RequestInit = {}): Promise<Response> => {
        const headers = new Headers(init.headers);
        const { pathname, search } = new URL(input, location.href);
        const one: Exchange = {
            method: init.method ?? "GET",
            path: pathname + search,
            sent: lines(headers),
            body: typeof init.body === "string" ? init.body : "",
            status: 0,
            came: "",
            answer: "",
        };
        this.#seen.push(one);
        const response = await fetch(input, init);
        one.status = response.status;
        one.came = lines(response.headers, ["sid", "eventid", "content-type", "retry-after"]);
        one.answer = await response.clone().text();
        return response;
    };
}

function lines(headers: Headers, only?: readonly string[]): string {
    return [...headers]
        .filter(([name]) => only === undefined || only.includes(name))
        .map(([name, value]) => `${name}: ${value}`)
        .join("\n");
}
