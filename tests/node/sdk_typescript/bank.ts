/** The served sandbox bank as the stories see it: its address, the ready application, what its phones got. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { AldabaClient, type ClientOptions, type Profile, type PublicJwk } from "aldaba-client";

export const URL_OF_BANK = process.env["BANK_URL"] ?? "";
export const PROFILE = (process.env["BANK_PROFILE"] ?? "bound-1") as Profile;
export const APPLICATION = JSON.parse(readFileSync(process.env["BANK_APPLICATION"] ?? "", "utf-8")) as {
    readonly client_id: string;
    readonly client_secret: string;
};

export const PASSWORD = "mobile20x";
export const PIN = "30203021";
export const TEMPORARY_PIN = "71502846";
export const NIP = "1234";
export const NEW_PIN = "74019263";
export const NEW_PASSWORD = "tecla47brisa";
export const EXPIRES = "1230";

export type Fetch = NonNullable<ClientOptions["fetch"]>;

export async function rootKey(): Promise<PublicJwk> {
    return (await (await fetch(`${URL_OF_BANK}/.well-known/aldaba-e2e-root.json`)).json()) as PublicJwk;
}

/** A client of the ready application, its root key pinned; options may be given. */
export async function client(options: ClientOptions = {}): Promise<AldabaClient> {
    return new AldabaClient(URL_OF_BANK, APPLICATION.client_id, {
        clientSecret: APPLICATION.client_secret,
        rootKey: await rootKey(),
        profile: PROFILE,
        language: "en",
        retry: { firstWaitMs: 1 },
        ...options,
    });
}

export async function entered(customer: string, options: ClientOptions = {}): Promise<AldabaClient> {
    const front = await client(options);
    await front.preloginV1(customer);
    await front.login(customer, { password: PASSWORD });
    return front;
}

async function sandbox(path: string, body: object): Promise<Record<string, string>> {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${URL_OF_BANK}/sandbox/${path}`, {
        method: "POST",
        headers,
        body: JSON.stringify(body),
    });
    assert.ok(answer.ok, `${path}: ${answer.status}`);
    return answer.status === 204 ? {} : ((await answer.json()) as Record<string, string>);
}

export async function reset(): Promise<void> {
    await sandbox("clock", { reset: true });
    await sandbox("reset", {});
}

export async function advance(duration: string): Promise<void> {
    await sandbox("clock", { advance: duration });
}

export async function fault(backend: string, mode: string): Promise<void> {
    await sandbox("faults", { backend, mode });
}

export async function tokenShows(customerId: string, challenge: string): Promise<string> {
    return (await sandbox("token-response", { customerId, challenge }))["response"] ?? "";
}

export async function vendorJwt(customerId: string, grantType: string): Promise<string> {
    return (await sandbox("vendor-jwt", { customerId, grantType }))["jwt"] ?? "";
}

/** The newest one-time code delivered to this phone. */
export async function code(phone: string): Promise<string> {
    const answer = await fetch(`${URL_OF_BANK}/sandbox/messages?to=${encodeURIComponent(phone)}`);
    const told = (await answer.json()) as { readonly otp: string | null }[];
    return told.find((message) => message.otp)?.otp ?? "";
}

/** A fetch that keeps the requests it was given. */
export function recording(
    sent: { url: string; headers: Headers; body: string }[],
    inner: Fetch = fetch,
): Fetch {
    return (url, init) => {
        sent.push({ url, headers: new Headers(init.headers), body: String(init.body ?? "") });
        return inner(url, init);
    };
}

/** A fetch that does the request, and then loses the answer as long as `losing` says so. */
export function losing(lose: (url: string) => boolean): Fetch {
    return async (url, init) => {
        const answer = await fetch(url, init);
        if (lose(url)) throw new TypeError("fetch failed", { cause: { code: "ECONNRESET" } });
        return answer;
    };
}
