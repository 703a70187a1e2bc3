/** Runs every vector of vectors/e2e.json in the page, by WebCrypto and the client's own modules. */

import * as encoding from "/docs/assets/sdk/encoding.js";
import * as envelope from "/docs/assets/sdk/envelope.js";
import { element } from "./page.js";

interface Bound extends envelope.Binding {
    readonly text: string;
    readonly freshIv: string;
    readonly hex: string;
    readonly dot: string;
    readonly value: string;
}

interface Portal {
    readonly kind: "a" | "b" | "c";
    readonly cr: string;
    readonly sr: string;
    readonly text: string;
    readonly hex: string;
    readonly hexDot: string;
    readonly dot: string;
    readonly value: string;
}

interface Vectors {
    readonly ek: string;
    readonly iv: string;
    readonly hk: string;
    readonly encKeyCheckDigit: string;
    readonly hmacKeyCheckDigit: string;
    readonly rsaPlaintext: string;
    readonly "bound-1": { readonly accepted: readonly Bound[]; readonly refused: readonly Bound[] };
    readonly portal: {
        readonly accepted: readonly Portal[];
        readonly refused: readonly Portal[];
        readonly eventId: { readonly sr: string; readonly header: string };
    };
}

type Check = () => Promise<boolean>;

async function checks(told: Vectors): Promise<Map<string, Check>> {
    const [ek, iv, hk] = [encoding.fromHex(told.ek), encoding.fromHex(told.iv), encoding.fromHex(told.hk)];
    const bound = await envelope.SessionKeys.of("bound-1", ek, iv, hk);
    const portal = await envelope.SessionKeys.of("portal", ek, iv, hk);
    const { sr, header } = told.portal.eventId;
    const found = new Map<string, Check>([
        ["encKeyCheckDigit", async () => (await envelope.checkDigit(ek, iv)) === told.encKeyCheckDigit],
        ["hmacKeyCheckDigit", async () => (await envelope.checkDigit(hk, iv)) === told.hmacKeyCheckDigit],
        ["rsaPlaintext", async () => encoding.fromUtf8(envelope.material(ek, iv, hk)) === told.rsaPlaintext],
        ["portal/eventId", async () => (await envelope.openEventId(portal, header)) === sr],
    ]);
    told["bound-1"].accepted.forEach((one, at) => found.set(`bound-1/accepted/${at}`, () => opensBound(bound, one)));
    told["bound-1"].refused.forEach((one, at) => {
        found.set(`bound-1/refused/${at}`, () => refused(envelope.openBound(bound, one, one.value)));
    });
    told.portal.accepted.forEach((one, at) => found.set(`portal/accepted/${at}`, () => opensPortal(portal, one)));
    told.portal.refused.forEach((one, at) => {
        found.set(`portal/refused/${at}`, () => refused(envelope.openPortal(portal, one.value, "c", [one.sr])));
    });
    return found;
}

async function opensBound(keys: envelope.SessionKeys, one: Bound): Promise<boolean> {
    const iv = encoding.fromHex(one.freshIv);
    for (const rendering of ["hex", "dot"] as const) {
        if ((await envelope.sealBound(keys, one, one.text, rendering, iv)) !== one[rendering]) return false;
        if ((await envelope.openBound(keys, one, one[rendering])) !== one.text) return false;
    }
    return true;
}

async function opensPortal(keys: envelope.SessionKeys, one: Portal): Promise<boolean> {
    for (const rendering of ["hex", "dot"] as const) {
        const made = await envelope.sealPortal(keys, one.kind, one.sr, one.text, rendering, one.cr);
        if (made !== one[rendering]) return false;
    }
    for (const value of [one.hex, one.hexDot, one.dot]) {
        if ((await envelope.openPortal(keys, value, one.kind, [one.sr])) !== one.text) return false;
    }
    return true;
}

async function refused(opening: Promise<string>): Promise<boolean> {
    try {
        await opening;
        return false;
    } catch (trouble) {
        return trouble instanceof envelope.CannotOpen;
    }
}

async function run(): Promise<void> {
    const found = await checks(await (await fetch("/docs/assets/vectors/e2e.json")).json());
    const verdict = element("verdict");
    const rows = [...document.querySelectorAll<HTMLElement>("[data-vector]")];
    let good = 0;
    for (const row of rows) {
        const passed = (await found.get(row.dataset["vector"] ?? "")?.().catch(() => false)) ?? false;
        good += passed ? 1 : 0;
        const word = (passed ? verdict.dataset["good"] : verdict.dataset["bad"]) ?? "";
        const cell = row.querySelector(".verdict");
        if (cell === null) continue;
        cell.textContent = word;
        cell.className = `verdict ${passed ? "good" : "bad"}`;
    }
    verdict.textContent = `${good} / ${rows.length}`;
    verdict.className = good === rows.length ? "verdict good" : "verdict bad";
}

const button = element<HTMLButtonElement>("run");
button.disabled = false;
button.addEventListener("click", () => {
    button.disabled = true;
    void run().finally(() => (button.disabled = false));
});
