/** What a caller may choose, and which choices do not go together. */
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);
const USUAL = { channel: "MOVIL", country: "MX", business: "GCB", language: "es" };
/** The address without a slash at its end. Throws `TypeError`. */
export function checkedAddress(baseUrl, allowHttp) {
    const parts = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
    if (parts === undefined || !["http:", "https:"].includes(parts.protocol) || parts.search || parts.hash) {
        throw new TypeError("baseUrl is no address: https://…");
    }
    if (parts.protocol === "http:" && !LOOPBACK.has(parts.hostname) && !allowHttp) {
        throw new TypeError("plain HTTP to another machine: use https, or say allowHttp: true");
    }
    return baseUrl.replace(/\/+$/, "");
}
/** Throws `TypeError`. */
export function placeFrom(options, usual = USUAL) {
    const place = {
        channel: options.channel ?? usual.channel,
        country: options.country ?? usual.country,
        business: options.business ?? usual.business,
        language: options.language ?? usual.language,
    };
    for (const [name, value] of Object.entries(place)) {
        if (!/^[!-~]+$/.test(value))
            throw new TypeError(`${name} is no header's value`);
    }
    return place;
}
/** Throws `TypeError` where a secret is given to a page: whoever opens the page could read it. */
export function refuseSecretInPage() {
    if ("document" in globalThis || "WorkerGlobalScope" in globalThis) {
        throw new TypeError("the client secret belongs in a back end: give token, which fetches an access token from there");
    }
}
