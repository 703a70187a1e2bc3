/** Whether the server's public key is the server's: its signature by the pinned root key, checked here. */
import type { PublicKeyResponse } from "./generated.js";
import type { RsaKey } from "./rsa.js";
import { type PublicJwk } from "./signatures.js";
export declare const ROOT_PATH = "/.well-known/aldaba-e2e-root.json";
/** The root keys to hold the server to; none where the first one seen counts. Throws `TypeError`. */
export declare function pinned(rootKey: PublicJwk | readonly PublicJwk[] | undefined, trustOnFirstUse: boolean): readonly PublicJwk[];
/** The numbers of a public key that a root key has signed. Throws `UntrustedKey`. */
export declare function checked(told: PublicKeyResponse, roots: readonly PublicJwk[], now: number): Promise<RsaKey>;
