/** What went over the wire, kept as it was sent and as it came. */
/** A `fetch` that writes down what passes through it. */
export class Traffic {
    #seen = [];
    /** What has passed since the last look. */
    taken() {
        const seen = this.#seen;
        this.#seen = [];
        return seen;
    }
    fetch = async (input, init = {}) => {
        const headers = new Headers(init.headers);
        const { pathname, search } = new URL(input, location.href);
        const one = {
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
function lines(headers, only) {
    return [...headers]
        .filter(([name]) => only === undefined || only.includes(name))
        .map(([name, value]) => `${name}: ${value}`)
        .join("\n");
}
