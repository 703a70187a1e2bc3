/** The page *Try it*: takes the steps of its flow one after the other, and shows what each sent and got. */

import { AldabaError, Refused } from "/docs/assets/sdk/index.js";
import { Missing, Run } from "./flow.js";
import { element, link, made, said } from "./page.js";
import { operationOf, shown } from "./showing.js";
import { type Exchange, Traffic } from "./traffic.js";

interface Customer {
    readonly customerId: string;
    readonly purpose: string;
    readonly access?: { readonly pin?: string; readonly password?: string; readonly temporaryPin?: string } | null;
    readonly legalRepresentatives?: readonly { readonly access?: Customer["access"] }[];
    readonly cards?: readonly { readonly expires: string; readonly nip?: string }[];
    readonly phones?: readonly { readonly number: string }[];
}

const form = element<HTMLFormElement>("try");
const sandbox = form.dataset["sandbox"] === "yes";
const kept = form.dataset["kept"] ?? "";
const steps = [...document.querySelectorAll<HTMLElement>("[data-step]")];
const buttons = [...form.querySelectorAll("button")];
const outcome = element("outcome");
const traffic = new Traffic();
const customers = new Map<string, Customer>();

let run: Run;
let at = 0;

function input(name: string): HTMLInputElement | HTMLSelectElement | null {
    return form.querySelector<HTMLInputElement | HTMLSelectElement>(`[name="${name}"]`);
}

function put(name: string, text: string): void {
    const field = input(name);
    if (field !== null) field.value = text;
}

function begin(): void {
    run = new Run({
        sandbox,
        language: form.dataset["language"] === "en" ? "en" : "es",
        traffic,
        value: (field) => input(field)?.value ?? "",
        put,
    });
    at = 0;
    outcome.textContent = "";
    if (sandbox) for (const name of ["otp", "response"]) put(name, "");
    for (const step of steps) mark(step, "", []);
}

function mark(step: HTMLElement, state: "" | "running" | "done" | "failed", content: readonly Node[]): void {
    step.dataset["state"] = state;
    const badge = step.querySelector(".state");
    if (badge !== null) badge.textContent = state === "" ? "" : said(state);
    step.querySelector(".seen")?.replaceChildren(...content);
}

/** Takes the next step; answers whether it went well. */
async function next(): Promise<boolean> {
    const step = steps[at];
    if (step === undefined) return false;
    mark(step, "running", []);
    traffic.taken();
    try {
        const told = await run.take(step.dataset["step"] ?? "");
        mark(step, "done", seen(traffic.taken(), told.opened));
    } catch (trouble) {
        const exchanges = traffic.taken();
        mark(step, "failed", [told(trouble, exchanges), ...seen(exchanges, {})]);
        return false;
    }
    at += 1;
    if (at === steps.length) outcome.textContent = said("finished");
    return true;
}

function seen(exchanges: readonly Exchange[], opened: object): Node[] {
    return exchanges.map((one, number) => shown(one, run.clear, opened, number === exchanges.length - 1));
}

function told(trouble: unknown, exchanges: readonly Exchange[]): HTMLElement {
    const box = made("div", "trouble");
    box.setAttribute("role", "alert");
    if (trouble instanceof Refused) {
        box.append(made("p", "", made("strong", "", `${trouble.status} ${trouble.code}`), ` ${trouble.details}`));
        if (trouble.location) box.append(made("p", "", "location: ", made("code", "", trouble.location)));
        box.append(made("p", "", ...cures(trouble, exchanges)));
    } else if (trouble instanceof Missing) {
        const field = input(trouble.field);
        const label = field?.labels?.[0]?.textContent ?? trouble.field;
        box.append(made("p", "", `${said("missing")}: ${label}.`));
        field?.focus();
    } else {
        const text = trouble instanceof AldabaError || trouble instanceof Error ? trouble.message : String(trouble);
        const lost = exchanges.at(-1)?.status === 0;
        box.append(made("p", "", lost ? `${said("unreachable")}. ${text}` : text));
    }
    return box;
}

function cures(refused: Refused, exchanges: readonly Exchange[]): Node[] {
    const last = exchanges.findLast((one) => operationOf(one) !== undefined);
    const operation = last && operationOf(last);
    if (operation === undefined) return [];
    const page = `/docs/errors/${operation.id}/${refused.status}/${encodeURIComponent(refused.code)}${kept}`;
    const found: Node[] = [link(page, said("error_page"))];
    if (sandbox && refused.code === "cannotDecryptData" && refused.uuid) {
        found.push(document.createTextNode(" · "));
        found.push(link(`/sandbox/diagnosis/${refused.uuid}`, said("diagnosis")));
    }
    return found;
}

async function busy(work: () => Promise<unknown>): Promise<void> {
    for (const button of buttons) button.disabled = true;
    try {
        await work();
    } finally {
        for (const button of buttons) button.disabled = false;
    }
}

async function all(): Promise<void> {
    if (at > 0) begin();
    while (await next());
    steps[at]?.scrollIntoView({ block: "center" });
}

async function step(): Promise<void> {
    if (at >= steps.length) begin();
    const taken = steps[at];
    await next();
    taken?.scrollIntoView({ block: "nearest" });
}

async function reset(): Promise<void> {
    const response = await fetch("/sandbox/reset", { method: "POST" });
    begin();
    outcome.textContent = response.ok ? said("reset_done") : `${response.status} ${await response.text()}`;
}

/** Fills the form with what the chosen customer would type. */
function fill(): void {
    const customer = customers.get(input("customer")?.value.split("-")[0] ?? "");
    element("purpose").textContent = customer?.purpose ?? "";
    if (customer === undefined) return;
    const access = customer.access ?? customer.legalRepresentatives?.[0]?.access ?? {};
    const byPin = input("kind")?.value === "pin" || (access.password === undefined && access.temporaryPin !== undefined);
    if (byPin) put("kind", "pin");
    put("secret", (byPin ? (access.temporaryPin ?? access.pin) : access.password) ?? "");
    put("nip", customer.cards?.[0]?.nip ?? "");
    put("expires", customer.cards?.[0]?.expires ?? "");
    put("phone", customer.phones?.[0]?.number ?? "");
    if (!input("new_password")?.value) put("new_password", "nueva24xyz");
}

async function readCustomers(): Promise<void> {
    const response = await fetch("/sandbox/customers");
    if (!response.ok) {
        outcome.textContent = said("no_customers");
        return;
    }
    for (const one of (await response.json()) as readonly Customer[]) {
        customers.set(one.customerId, one);
        const option = document.createElement("option");
        option.value = one.customerId;
        option.label = one.purpose;
        element("customers").append(option);
    }
    input("customer")?.addEventListener("input", fill);
    input("kind")?.addEventListener("input", fill);
    fill();
}

form.addEventListener("submit", (event) => {
    event.preventDefault();
    void busy(all);
});
element("next").addEventListener("click", () => void busy(step));
element("again").addEventListener("click", () => begin());
document.getElementById("reset")?.addEventListener("click", () => void busy(reset));
if (sandbox) await readCustomers();
begin();
for (const button of buttons) button.disabled = false;
