/** What each step does, by the client that integrators use. */

import { AldabaClient, AuthType } from "/docs/assets/sdk/index.js";
import type { Clear } from "./showing.js";
import type { Traffic } from "./traffic.js";

/** The form lacks this value. */
export class Missing extends Error {
    constructor(readonly field: string) {
        super(field);
    }
}

/** A route of the sandbox, or the page's own back end, said no. */
export class Refusal extends Error {}

/** What the answer said once opened. */
export interface Told {
    readonly opened: object;
}

export interface Setting {
    readonly sandbox: boolean;
    readonly language: "es" | "en";
    readonly traffic: Traffic;
    /** A value of the form; empty where it has no such field. */
    value(field: string): string;
    /** Shows a value that a step has found in the form. */
    put(field: string, text: string): void;
}

const NOTHING: Told = { opened: {} };
const KEYS: Clear = { encryptedPayload: "HEX(EK) ‖ HEX(IV) ‖ HEX(HK)" };
const TOKEN_PATH = "/sandbox/access-token";

/** One run through a flow: a client, and what one step leaves to the next. */
export class Run {
    readonly #setting: Setting;
    #client: AldabaClient | undefined;
    #token: { access_token: string; expires_in?: number } | undefined;
    #question = "";
    #clear: Clear = {};
    #newest = "";

    constructor(setting: Setting) {
        this.#setting = setting;
    }

    /** What the last step sealed, in the clear; known even where it failed. */
    get clear(): Clear {
        return this.#clear;
    }

    /** Takes the step of that name. Throws what the client throws, `Missing` and `Refusal`. */
    async take(step: string): Promise<Told> {
        const known = this.#steps[step];
        if (known === undefined) throw new Error(`no such step: ${step}`);
        this.#clear = {};
        return known();
    }

    readonly #steps: Readonly<Record<string, () => Promise<Told>>> = {
        token: async () => this.#begin(),
        public_key: async () => this.#told({}, this.#session.retrievePublicKey()),
        exchange: async () => this.#told(KEYS, this.#session.exchangeKeys()),
        keys: async () => this.#told(KEYS, this.#session.exchangeKeys()),
        prelogin: async () => {
            const userId = this.#need("customer");
            return this.#told({ encryptedUserId: userId }, this.#session.preloginV1(userId));
        },
        login: async () => this.#login(this.#session, this.#need("secret"), this.#setting.value("kind") === "pin"),
        logout: async () => this.#told({}, this.#session.logout()),
        validate_credentials: async () => {
            const userId = this.#need("customer");
            return this.#told({ encryptedUserId: userId }, this.#session.validateCredentials(userId));
        },
        validate_card: async () => {
            const nip = this.#need("nip");
            const call = this.#session.validateCard(nip, this.#need("expires"));
            return this.#told({ encryptedCredentialAccess: nip }, call);
        },
        validate_phone: async () => {
            return this.#told({}, this.#session.validateMobilePhone(this.#need("phone")));
        },
        send_otp: async () => {
            if (this.#setting.sandbox) this.#newest = (await this.#messages(fetch))[0]?.at ?? "";
            return this.#told({}, this.#session.sendOtp(AuthType.smsProvedPhone));
        },
        inbox: async () => this.#readInbox(),
        set_access: async () => {
            const [password, otp] = [this.#need("new_password"), this.#need("otp")];
            const clear = { newEncryptedAccessCredential: password, encryptedOtp: otp };
            return this.#told(clear, this.#session.setAccess(password, otp));
        },
        login_again: async () => {
            this.#client = this.#session.newSession();
            const userId = this.#need("customer");
            this.#clear = { ...KEYS, encryptedUserId: userId };
            const found = await this.#client.preloginV1(userId);
            const login = await this.#login(this.#client, this.#need("new_password"), false);
            return { opened: { ...found, ...login.opened } };
        },
        retrieve_challenge: async () => {
            const found = await this.#session.retrieveChallenge();
            this.#question = found.challengeQuestion;
            return { opened: found };
        },
        token_shows: async () => this.#askToken(),
        validate_challenge: async () => {
            const response = this.#need("response");
            const call = this.#session.validateChallenge(this.#question, response);
            return this.#told({ oneTimePasswordToken: response }, call);
        },
    };

    get #session(): AldabaClient {
        if (this.#client === undefined) throw new Error("the first step makes the client");
        return this.#client;
    }

    #need(field: string): string {
        const text = this.#setting.value(field).trim();
        if (text === "") throw new Missing(field);
        return text;
    }

    async #begin(): Promise<Told> {
        const { traffic, sandbox, language, value } = this.#setting;
        const token = sandbox ? await this.#pageToken() : { access_token: this.#need("access_token") };
        const clientId = "client_id" in token ? token.client_id : this.#need("client_id");
        this.#token = token;
        this.#client = new AldabaClient(location.origin, clientId, {
            token: async ({ refused }) => {
                if (refused && sandbox) this.#token = await this.#pageToken();
                return this.#token ?? token;
            },
            // The page comes from the very server it would pin: a page that matters carries the root key.
            trustOnFirstUse: true,
            profile: value("profile") === "portal" ? "portal" : "bound-1",
            language,
            fetch: traffic.fetch,
            // What goes wrong is shown, not mended.
            retry: { attempts: 1 },
            allowHttp: true,
        });
        return NOTHING;
    }

    async #pageToken(): Promise<{ access_token: string; expires_in: number; client_id: string }> {
        return JSON.parse(await this.#asked("POST", TOKEN_PATH));
    }

    async #login(client: AldabaClient, secret: string, pin: boolean): Promise<Told> {
        const userId = this.#need("customer");
        const clear = { "customerCredentials.encryptedCredential": secret };
        return this.#told(clear, client.login(userId, pin ? { pin: secret } : { password: secret }));
    }

    async #told(clear: Clear, call: Promise<object | void>): Promise<Told> {
        this.#clear = { ...this.#clear, ...clear };
        return { opened: (await call) ?? {} };
    }

    async #readInbox(): Promise<Told> {
        if (!this.#setting.sandbox) {
            this.#need("otp");
            return NOTHING;
        }
        for (let look = 0; look < 20; look += 1) {
            const newest = (await this.#messages(this.#setting.traffic.fetch))[0];
            if (newest?.otp && newest.at !== this.#newest) {
                this.#setting.put("otp", newest.otp);
                return NOTHING;
            }
            await new Promise((done) => setTimeout(done, 250));
            this.#setting.traffic.taken();
        }
        throw new Missing("otp");
    }

    async #messages(by: Traffic["fetch"] | typeof fetch): Promise<readonly { otp: string | null; at: string }[]> {
        const to = encodeURIComponent(`+52${this.#need("phone")}`);
        return (await by(`/sandbox/messages?to=${to}`, {})).json();
    }

    async #askToken(): Promise<Told> {
        if (!this.#setting.sandbox) {
            this.#need("response");
            return NOTHING;
        }
        const question = { customerId: this.#need("customer"), challenge: this.#question };
        const { response } = JSON.parse(
            await this.#asked("POST", "/sandbox/token-response", JSON.stringify(question)),
        );
        this.#setting.put("response", response);
        return NOTHING;
    }

    async #asked(method: string, path: string, body?: string): Promise<string> {
        const headers = body === undefined ? {} : { "content-type": "application/json" };
        const init = body === undefined ? { method, headers } : { method, headers, body };
        const response = await this.#setting.traffic.fetch(path, init);
        const content = await response.text();
        if (!response.ok) throw new Refusal(`${path}: ${response.status} ${content.slice(0, 200)}`);
        return content;
    }
}

