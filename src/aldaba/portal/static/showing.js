/** Shows a step's exchanges: as sent and as come, and in the clear beside it. */
import { OPERATIONS } from "/docs/assets/sdk/generated.js";
import { made, said } from "./page.js";
/** The operation an exchange called; undefined for the sandbox's own routes. */
export function operationOf(exchange) {
    const path = exchange.path.split("?")[0];
    return Object.values(OPERATIONS).find((one) => one.path === path && one.method === exchange.method);
}
/** One exchange, folded; `clear` is what was sealed in it, `opened` the answer's values opened. */
export function shown(exchange, clear, opened, open) {
    const operation = operationOf(exchange);
    const box = made("details", "exchange");
    box.open = open;
    const good = exchange.status >= 200 && exchange.status < 300;
    box.append(made("summary", "", made("span", "verb", exchange.method), " ", made("code", "", exchange.path), " ", made("span", good ? "status good" : "status bad", String(exchange.status || "—"))), beside(said("request"), [`${exchange.method} ${exchange.path}`, exchange.sent, "", pretty(exchange.body)].join("\n"), sealedIn(exchange.body, clear)), beside(said("answer"), [`HTTP ${exchange.status}`, exchange.came, "", pretty(exchange.answer)].join("\n"), operation === undefined ? [] : openedIn(operation, exchange.answer, opened)));
    return box;
}
function beside(title, wire, rows) {
    const pre = made("pre", "", made("code", "", wire.trim()));
    pre.tabIndex = 0;
    pre.setAttribute("role", "group");
    pre.setAttribute("aria-label", title);
    const clear = made("div", "clear", made("h4", "", said("clear")));
    if (rows.length === 0)
        clear.append(made("p", "", said("nothing_sealed")));
    const list = made("dl", "");
    for (const [name, text] of rows)
        list.append(made("dt", "", made("code", "", name)), made("dd", "", text));
    if (rows.length > 0)
        clear.append(list);
    return made("div", "beside", made("div", "wire", made("h4", "", title), pre), clear);
}
function sealedIn(body, clear) {
    const whole = parsed(body);
    return Object.entries(clear).filter(([path]) => typeof at(whole, path) === "string");
}
function openedIn(operation, answer, opened) {
    const whole = parsed(answer);
    return operation.sealedAnswer.flatMap((name) => {
        const bare = name.replace(/^encrypted(.)/, (_, first) => first.toLowerCase());
        const text = opened[bare];
        return typeof at(whole, name) === "string" && typeof text === "string" ? [[name, text]] : [];
    });
}
function at(whole, path) {
    return path
        .split(".")
        .reduce((value, name) => value?.[name], whole);
}
function parsed(text) {
    try {
        return JSON.parse(text);
    }
    catch {
        return undefined;
    }
}
function pretty(text) {
    const value = parsed(text);
    return value === undefined ? text : JSON.stringify(value, undefined, 2);
}
