/** What goes wrong between client and server, and what the client makes of it. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { inspect } from "node:util";

import {
    AldabaClient,
    AldabaError,
    BackendFailed,
    BadAnswer,
    Refused,
    ServerUnavailable,
    SessionLost,
    SignInRefused,
    Unreachable,
    UntrustedKey,
} from "aldaba-client";
import * as bank from "./bank.js";

const RETRIEVE = /public-key\/retrieve$/;
const encoder = new TextEncoder();

/** A gateway that hands out an answer of its own to the key's retrieval. */
function gateway(
    change: (told: Record<string, string>) => Record<string, string> | Promise<Record<string, string>>,
): bank.Fetch {
    return async (url, init) => {
        const answer = await fetch(url, init);
        if (!RETRIEVE.test(url)) return answer;
        const told = await change((await answer.json()) as Record<string, string>);
        return new Response(JSON.stringify(told), { status: 200, headers: answer.headers });
    };
}

async function ownKey(): Promise<{ modulus: string; n: string }> {
    const algorithm = {
        name: "RSA-OAEP",
        modulusLength: 2048,
        publicExponent: Uint8Array.of(1, 0, 1),
        hash: "SHA-256",
    };
    const pair = await crypto.subtle.generateKey(algorithm, true, ["encrypt", "decrypt"]);
    const n = (await crypto.subtle.exportKey("jwk", pair.publicKey)).n ?? "";
    return { modulus: Buffer.from(n, "base64url").toString("hex").toUpperCase(), n };
}

async function forged(
    told: Record<string, string>,
    changes: object,
    header: object = {},
): Promise<Record<string, string>> {
    const { modulus, n } = await ownKey();
    const signer = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]);
    const said = { alg: "ES256", typ: "e2e-key+jwt", ...header };
    const claims = { kid: told["keyId"], n, e: "AQAB", exp: 4_000_000_000, ...changes };
    const message = [said, claims]
        .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
        .join(".");
    const hash = { name: "ECDSA", hash: "SHA-256" };
    const raw = await crypto.subtle.sign(hash, signer.privateKey, encoder.encode(message));
    return { ...told, modulus, signedKey: `${message}.${Buffer.from(raw).toString("base64url")}` };
}

export async function swappedKeysAreRefused(): Promise<void> {
    const { modulus } = await ownKey();
    const gateways = [
        gateway((told) => ({ ...told, modulus })),
        gateway((told) => ({ ...told, exponent: "03" })),
        gateway((told) => ({ ...told, keyId: "another" })),
        gateway((told) => ({ ...told, signedKey: "" })),
        gateway((told) => ({ ...told, signedKey: "a.b.c" })),
        gateway((told) => ({ ...told, modulus: "xyz" })),
        gateway((told) => forged(told, {})),
        gateway((told) => forged(told, {}, { alg: "none" })),
        gateway((told) => ({
            ...told,
            signedKey: (told["signedKey"] ?? "").replace(/[^.]$/, (end) => (end === "A" ? "Q" : "A")),
        })),
    ];
    for (const [at, way] of gateways.entries()) {
        const sent: { url: string; headers: Headers; body: string }[] = [];
        const front = await bank.client({ fetch: bank.recording(sent, way) });
        await assert.rejects(front.preloginV1("15000024"), UntrustedKey, `gateway ${at}`);
        assert.ok(!sent.some(({ url }) => /exchange$/.test(url)), `gateway ${at}: no keys were handed over`);
    }
}

export async function anotherRootKeyIsRefused(): Promise<void> {
    const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
        "sign",
        "verify",
    ]);
    const { kty = "", crv = "", x = "", y = "" } = await crypto.subtle.exportKey("jwk", pair.publicKey);
    const other = { kty, crv, x, y };
    await assert.rejects((await bank.client({ rootKey: other })).exchangeKeys(), UntrustedKey);
    await (await bank.client({ rootKey: [other, await bank.rootKey()] })).exchangeKeys();
    const late = await bank.client({ clock: () => Date.now() + 400 * 86_400_000 });
    await assert.rejects(late.retrievePublicKey(), UntrustedKey);
}

export async function trustOnFirstUseHasToBeSaid(): Promise<void> {
    const { client_id: id, client_secret: clientSecret } = bank.APPLICATION;
    assert.throws(() => new AldabaClient(bank.URL_OF_BANK, id, { clientSecret }), /rootKey/);
    const sent: { url: string; headers: Headers; body: string }[] = [];
    const trusting = { clientSecret, trustOnFirstUse: true, fetch: bank.recording(sent) };
    const front = new AldabaClient(bank.URL_OF_BANK, id, trusting);
    await front.preloginV1("15000024");
    await front.newSession().preloginV1("15000024");
    assert.equal(sent.filter(({ url }) => url.endsWith("aldaba-e2e-root.json")).length, 1);
}

export async function choicesThatDoNotGoTogetherAreRefused(): Promise<void> {
    const rootKey = await bank.rootKey();
    const make =
        (options: object, url = bank.URL_OF_BANK) =>
        () =>
            new AldabaClient(url, "an-application", options);
    const clientSecret = "a secret";
    for (const [options, url] of [
        [{ rootKey }],
        [{ rootKey, clientSecret, token: () => "a" }],
        [{ rootKey, clientSecret, trustOnFirstUse: true }],
        [{ rootKey: { ...rootKey, crv: "P-384" }, clientSecret }],
        [{ rootKey: [], clientSecret }],
        [{ rootKey, clientSecret, profile: "bound-2" }],
        [{ rootKey, clientSecret, channel: "A\nB: c" }],
        [{ rootKey, clientSecret, registeredKeys: ["00", "11"] }],
        [{ rootKey, clientSecret, retry: { attempts: 0 } }],
        [{ rootKey, clientSecret }, "http://bank.example"],
        [{ rootKey, clientSecret }, "ftp://127.0.0.1"],
        [{ rootKey, clientSecret }, "bank.example"],
    ] as [object, string?][]) {
        assert.throws(make(options, url), TypeError, JSON.stringify(options));
    }
    make({ rootKey, clientSecret, allowHttp: true }, "http://bank.example")();
    make({ rootKey, clientSecret }, "https://bank.example/mx-gcgapi/")();
    const front = await bank.client();
    const neither = {} as unknown as { readonly pin: string };
    await assert.rejects(front.login("15000024", neither), TypeError);
    await assert.rejects(front.preloginV1("\ud800"), RangeError);
}

export async function aSecretIsRefusedInAPage(): Promise<void> {
    const rootKey = await bank.rootKey();
    Object.defineProperty(globalThis, "document", { value: {}, configurable: true });
    try {
        assert.throws(
            () => new AldabaClient(bank.URL_OF_BANK, "a", { rootKey, clientSecret: "a" }),
            /belongs in a back end/,
        );
        new AldabaClient(bank.URL_OF_BANK, "a", { rootKey, token: () => "a" });
    } finally {
        Reflect.deleteProperty(globalThis, "document");
    }
}

export async function whatIsHarmlessIsSentAgainWithANewUuid(): Promise<void> {
    const sent: { url: string; headers: Headers; body: string }[] = [];
    let lose = 2;
    const lossy = bank.losing((url) => url.endsWith("/login/validate") && lose-- > 0);
    const front = await bank.client({ fetch: bank.recording(sent, lossy) });
    assert.equal((await front.preloginV1("15000024")).loginId, "15000024");
    const tries = sent.filter(({ url }) => url.endsWith("/login/validate"));
    assert.equal(tries.length, 3);
    assert.equal(new Set(tries.map(({ headers }) => headers.get("uuid"))).size, 3);
    assert.equal(new Set(tries.map(({ body }) => body)).size, 3);
}

export async function aLostLoginIsNotSentAgain(): Promise<void> {
    const sent: { url: string; headers: Headers; body: string }[] = [];
    let lose = 1;
    const lossy = bank.losing((url) => url.endsWith("/security/login") && lose-- > 0);
    const front = await bank.client({ fetch: bank.recording(sent, lossy) });
    await front.preloginV1("15000024");
    const trouble: unknown = await front
        .login("15000024", { password: bank.PASSWORD })
        .catch((error: unknown) => error);
    assert.ok(trouble instanceof Unreachable);
    assert.ok(trouble.mayHaveActed && trouble.message.includes("ECONNRESET"));
    const logins = () => sent.filter(({ url }) => url.endsWith("/security/login"));
    assert.deepEqual(
        logins().map(({ headers }) => headers.get("uuid")),
        [trouble.uuid],
    );
    await front.login("15000024", { password: bank.PASSWORD });
    assert.equal(logins().length, 2, "a right login takes the place of the one whose answer was lost");
}

export async function aServerInTroubleIsAskedAgainAndThenBelieved(): Promise<void> {
    const front = await bank.client();
    await front.preloginV1("15000024");
    await bank.fault("directory", "down");
    try {
        await assert.rejects(front.login("15000024", { password: bank.PASSWORD }), BackendFailed);
    } finally {
        await bank.fault("directory", "ok");
    }
    await front.login("15000024", { password: bank.PASSWORD });
    let down = 2;
    const shaky: bank.Fetch = async (url, init) => {
        if (!url.endsWith("/login/validate") || down-- <= 0) return fetch(url, init);
        return new Response(JSON.stringify({ type: "fatal", code: "serverUnavailable", details: "" }), {
            status: 500,
        });
    };
    await (await bank.client({ fetch: shaky })).preloginV1("15000024");
    down = 9;
    await assert.rejects((await bank.client({ fetch: shaky })).preloginV1("15000024"), ServerUnavailable);
}

export async function anExpiredSessionIsReplacedWhereAJourneyBegins(): Promise<void> {
    let now = Date.now();
    const front = await bank.client({ clock: () => now });
    await front.preloginV1("15000024");
    await front.login("15000024", { password: bank.PASSWORD });
    const before = front.sid;
    await bank.advance("PT13H");
    now += 13 * 3_600_000;
    await assert.rejects(front.retrieveChallenge(), SessionLost);
    assert.equal((await front.preloginV1("15000024")).loginId, "15000024");
    assert.notEqual(front.sid, before);
}

export async function aRefusedTokenIsFetchedAgain(): Promise<void> {
    const { access_token: good } = await (await bank.client()).accessToken();
    const asked: boolean[] = [];
    const { client_id: id } = bank.APPLICATION;
    const front = new AldabaClient(bank.URL_OF_BANK, id, {
        rootKey: await bank.rootKey(),
        profile: bank.PROFILE,
        token: ({ refused }) => {
            asked.push(refused);
            return refused ? { access_token: good, expires_in: 600 } : "worn.out.token";
        },
    });
    await Promise.all([front.preloginV1("15000024"), front.newSession().preloginV1("15000024")]);
    assert.deepEqual(asked, [false, true]);
    const broken = { rootKey: await bank.rootKey(), token: () => "two\r\nlines: here" };
    await assert.rejects(new AldabaClient(bank.URL_OF_BANK, id, broken).preloginV1("1"), BadAnswer);
    const wrong = await bank.client({ clientSecret: "wrong" });
    await assert.rejects(wrong.preloginV1("15000024"), (trouble: unknown) => {
        return (
            trouble instanceof SignInRefused && trouble.error === "invalid_client" && trouble.status === 401
        );
    });
}

async function closedPort(): Promise<number> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    return port;
}

export async function aCallIsCalledOffOrTimesOut(): Promise<void> {
    const slow: bank.Fetch = async (url, init) => {
        if (url.endsWith("/security/login")) {
            await new Promise((resolve, reject) => {
                setTimeout(resolve, 5000).unref();
                init.signal?.addEventListener("abort", () => reject(new Error("aborted")));
            });
        }
        return fetch(url, init);
    };
    const front = await bank.client({ fetch: slow });
    await front.preloginV1("15000024");
    const reason = new Error("the user went away");
    const calling = new AbortController();
    setTimeout(() => calling.abort(reason), 20);
    const off = front.login("15000024", { password: bank.PASSWORD, signal: calling.signal });
    await assert.rejects(off, (trouble: unknown) => trouble === reason);
    await assert.rejects(
        front.preloginV1("15000024", { signal: calling.signal }),
        (trouble: unknown) => trouble === reason,
    );
    const late: unknown = await front
        .login("15000024", { password: bank.PASSWORD, timeoutMs: 20 })
        .catch((error: unknown) => error);
    assert.ok(late instanceof Unreachable && late.mayHaveActed && late.message.includes("timed out"));
    const nobodys = `http://127.0.0.1:${await closedPort()}`;
    const nobody = new AldabaClient(nobodys, "a", {
        clientSecret: "a",
        trustOnFirstUse: true,
        retry: { firstWaitMs: 1 },
    });
    await assert.rejects(nobody.preloginV1("1"), Unreachable);
    const alone = await bank.client({
        fetch: (url, init) =>
            fetch(url.endsWith("/login/validate") ? url.replace(bank.URL_OF_BANK, nobodys) : url, init),
    });
    const unsent: unknown = await alone.preloginV1("15000024").catch((error: unknown) => error);
    assert.ok(
        unsent instanceof Unreachable && !unsent.mayHaveActed && unsent.message.includes("ECONNREFUSED"),
    );
}

export async function anAnswerOfSomebodyElseIsNoAnswer(): Promise<void> {
    const answers: [Response, new (...given: never[]) => Error][] = [
        [new Response("<html>gateway</html>", { status: 502 }), Refused],
        [new Response("<html>welcome</html>", { status: 200 }), BadAnswer],
        [new Response("{}", { status: 201 }), BadAnswer],
        [new Response('{"ccsId": 5}', { status: 200 }), BadAnswer],
        [new Response('{"encryptedLoginId": "00"}', { status: 200 }), BadAnswer],
        [new Response(null, { status: 302, headers: { location: "https://elsewhere.example" } }), Refused],
    ];
    for (const [answer, expected] of answers) {
        const changed: bank.Fetch = (url, init) =>
            url.endsWith("/login/validate") ? Promise.resolve(answer.clone()) : fetch(url, init);
        const front = await bank.client({ fetch: changed });
        await assert.rejects(front.preloginV1("15000024"), expected, String(answer.status));
    }
}

export async function noSecretIsTold(): Promise<void> {
    const secrets = ["andador99x", bank.APPLICATION.client_secret, "15000024"];
    const told: string[] = [];
    const front = await bank.client({ fetch: bank.losing((url) => url.endsWith("/security/login")) });
    await front.preloginV1("15000024");
    const calls = [
        () => front.login("15000024", { password: "andador99x" }),
        () => front.setCredentials("NONE", { password: "andador99x" }),
        () => front.setAccess("andador99x", "12345678"),
    ];
    for (const call of calls) {
        const trouble: unknown = await call().catch((error: unknown) => error);
        assert.ok(trouble instanceof AldabaError);
        told.push(
            inspect(trouble, { depth: 9, showHidden: true }),
            JSON.stringify(trouble),
            String(trouble.stack),
        );
    }
    told.push(inspect(front, { depth: 9, showHidden: true }), JSON.stringify(front));
    const { access_token: token } = await front.accessToken();
    for (const secret of [...secrets, token]) {
        assert.ok(!told.some((text) => text.includes(secret)), "a secret is told");
    }
}

/** A browser's rules of the Fetch standard: it asks before, and shows exposed headers only. */
export async function aBrowserIsLetIn(): Promise<void> {
    const origin = process.env["PAGE_ORIGIN"] ?? "";
    const id = process.env["PAGE_CLIENT_ID"] ?? "";
    const safe = new Set(["accept", "accept-language"]);
    const browser: bank.Fetch = async (url, init) => {
        const names = [...new Headers(init.headers).keys()].filter((name) => !safe.has(name));
        const asking = {
            origin,
            "access-control-request-method": init.method ?? "",
            "access-control-request-headers": names.join(),
        };
        const allowed = await fetch(url, { method: "OPTIONS", headers: asking });
        const listed = (allowed.headers.get("access-control-allow-headers") ?? "").split(/,\s*/);
        assert.equal(allowed.headers.get("access-control-allow-origin"), origin);
        assert.deepEqual(
            names.filter((name) => !listed.includes(name)),
            [],
        );
        const answer = await fetch(url, {
            ...init,
            headers: { ...(init.headers as Record<string, string>), origin },
        });
        assert.equal(answer.headers.get("access-control-allow-origin"), origin);
        const exposed = (answer.headers.get("access-control-expose-headers") ?? "")
            .toLowerCase()
            .split(/,\s*/);
        const shown = [...answer.headers].filter(([name]) => exposed.includes(name));
        return new Response(answer.status === 204 ? null : await answer.text(), {
            status: answer.status,
            headers: shown,
        });
    };
    const behind = new AldabaClient(bank.URL_OF_BANK, id, {
        clientSecret: process.env["PAGE_CLIENT_SECRET"] ?? "",
        rootKey: await bank.rootKey(),
    });
    const page = new AldabaClient(bank.URL_OF_BANK, id, {
        token: () => behind.accessToken(),
        rootKey: await bank.rootKey(),
        profile: bank.PROFILE,
        fetch: browser,
    });
    await page.preloginV1("15000024");
    await page.login("15000024", { password: bank.PASSWORD });
    await page.logout();
}

export async function anApplicationSignsInByItsKey(): Promise<void> {
    const privateKey = process.env["KEY_PEM"] ?? "";
    const rootKey = await bank.rootKey();
    const { client_id: id } = bank.APPLICATION;
    const keyed = { privateKey, rootKey, profile: bank.PROFILE };
    const front = new AldabaClient(bank.URL_OF_BANK, process.env["KEY_CLIENT_ID"] ?? "", keyed);
    await front.preloginV1("15000024");
    await assert.rejects(new AldabaClient(bank.URL_OF_BANK, id, keyed).accessToken(), SignInRefused);
    const noKey = new AldabaClient(bank.URL_OF_BANK, id, { privateKey: "no key at all", rootKey });
    await assert.rejects(noKey.accessToken(), TypeError);
}

export async function registeredKeysNeedNoSession(): Promise<void> {
    const [ek = "", hk = ""] = (process.env["REGISTERED_KEYS"] ?? "").split(" ");
    const sent: { url: string; headers: Headers; body: string }[] = [];
    const front = await bank.client({ registeredKeys: [ek, hk], fetch: bank.recording(sent) });
    await front.unlockAccess(await bank.vendorJwt("15000016", "2"), "15000016");
    assert.ok(!sent.some(({ url, headers }) => url.includes("e2e-gateway") || headers.has("sid")));
}
