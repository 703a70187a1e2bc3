/** The protocol of one session: writes its requests, digests the answers, mends what can be mended. */
import type { Application } from "./application.js";
import { type Profile } from "./envelope.js";
import { type Answers, type Bodies, type OperationId, type PublicKeyResponse } from "./generated.js";
import type { Place } from "./options.js";
import { type Within } from "./waiting.js";
import { type Attempt } from "./writing.js";
/** An operation with what writes its clear body; sealed fields are sealed anew for each attempt. */
export interface Call<Id extends OperationId> {
    readonly id: Id;
    readonly body?: (attempt: Attempt) => Bodies[Id] | Promise<Bodies[Id]>;
}
/** One session of one front end: its `sid`, its keys, and what its answers told. */
export declare class Session {
    #private;
    readonly application: Application;
    readonly place: Place;
    readonly profile: Profile;
    constructor(application: Application, place: Place, profile: Profile);
    get sid(): string | undefined;
    /** Begin anew with the next call. */
    forget(): void;
    /** The call, with all it needs beforehand, made again where that is allowed. Throws an `AldabaError`. */
    run<Id extends OperationId>(call: Call<Id>, within: Within): Promise<Answers[Id]>;
    /** The server's current public key, its signature checked. Throws `UntrustedKey` too. */
    retrievePublicKey(within: Within): Promise<PublicKeyResponse>;
    /** Fresh keys for this session, under a public key that the root key has signed. */
    exchangeKeys(within: Within): Promise<Answers["exchange_keys"]>;
}
