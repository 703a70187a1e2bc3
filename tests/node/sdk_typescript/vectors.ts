/** vectors/e2e.json in both directions, and what belongs to it: RSA transport, encodings, identifiers. */

import assert from "node:assert/strict";
import { createPrivateKey, generateKeyPairSync, privateDecrypt, constants } from "node:crypto";
import { readFileSync } from "node:fs";

import * as encoding from "./node_modules/aldaba-client/dist/encoding.js";
import * as envelope from "./node_modules/aldaba-client/dist/envelope.js";
import { encryptOaep, encryptPkcs1 } from "./node_modules/aldaba-client/dist/rsa.js";
import { newUuid } from "./node_modules/aldaba-client/dist/writing.js";

interface Bound extends envelope.Binding {
    readonly text: string;
    readonly freshIv: string;
    readonly hex: string;
    readonly dot: string;
    readonly why: string;
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
    readonly why: string;
    readonly value: string;
}

interface Vectors {
    readonly ek: string;
    readonly iv: string;
    readonly hk: string;
    readonly encKeyCheckDigit: string;
    readonly hmacKeyCheckDigit: string;
    readonly rsaPlaintext: string;
    readonly "bound-1": { readonly accepted: Bound[]; readonly refused: Bound[] };
    readonly portal: {
        readonly accepted: Portal[];
        readonly refused: Portal[];
        readonly eventId: { readonly sr: string; readonly header: string };
    };
}

const read = JSON.parse(readFileSync(process.env["VECTORS"] ?? "", "utf-8")) as Vectors;
const [ek, iv, hk] = [read.ek, read.iv, read.hk].map(encoding.fromHex) as [
    encoding.Bytes,
    encoding.Bytes,
    encoding.Bytes,
];
const keys = {
    bound: await envelope.SessionKeys.of("bound-1", ek, iv, hk),
    portal: await envelope.SessionKeys.of("portal", ek, iv, hk),
};

export async function keysAreTold(): Promise<void> {
    assert.equal(await envelope.checkDigit(ek, iv), read.encKeyCheckDigit);
    assert.equal(await envelope.checkDigit(hk, iv), read.hmacKeyCheckDigit);
    assert.equal(encoding.fromUtf8(envelope.material(ek, iv, hk)), read.rsaPlaintext);
}

export async function boundValues(): Promise<void> {
    assert.equal(read["bound-1"].accepted.length, 7);
    for (const one of read["bound-1"].accepted) {
        const freshIv = encoding.fromHex(one.freshIv);
        for (const rendering of ["hex", "dot"] as const) {
            assert.equal(
                await envelope.sealBound(keys.bound, one, one.text, rendering, freshIv),
                one[rendering],
            );
            assert.equal(await envelope.openBound(keys.bound, one, one[rendering]), one.text);
        }
        assert.equal(await envelope.openBound(keys.bound, one, one.hex.toLowerCase()), one.text);
        const drawn = await envelope.sealBound(keys.bound, one, one.text, "hex");
        assert.notEqual(drawn, one.hex);
        assert.equal(await envelope.openBound(keys.bound, one, drawn), one.text);
    }
    assert.equal(read["bound-1"].refused.length, 16);
    for (const one of read["bound-1"].refused) {
        await assert.rejects(envelope.openBound(keys.bound, one, one.value), envelope.CannotOpen, one.why);
    }
}

export async function portalValues(): Promise<void> {
    assert.equal(read.portal.accepted.length, 4);
    for (const one of read.portal.accepted) {
        for (const rendering of ["hex", "dot"] as const) {
            assert.equal(
                await envelope.sealPortal(keys.portal, one.kind, one.sr, one.text, rendering, one.cr),
                one[rendering],
            );
        }
        for (const value of [one.hex, one.hexDot, one.dot]) {
            assert.equal(await envelope.openPortal(keys.portal, value, one.kind, [one.sr]), one.text);
        }
        await assert.rejects(envelope.openPortal(keys.portal, one.hex, one.kind), envelope.CannotOpen);
    }
    assert.equal(read.portal.refused.length, 5);
    for (const one of read.portal.refused) {
        await assert.rejects(
            envelope.openPortal(keys.portal, one.value, "c", [one.sr]),
            envelope.CannotOpen,
            one.why,
        );
    }
    const { sr, header } = read.portal.eventId;
    assert.equal(await envelope.openEventId(keys.portal, header), sr);
    await assert.rejects(envelope.openEventId(keys.portal, header.replace(/^./, "K")), envelope.CannotOpen);
}

export async function rsaTransport(): Promise<void> {
    for (const bits of [2048, 2056, 3072]) {
        const pair = generateKeyPairSync("rsa", { modulusLength: bits });
        const { n = "", e = "" } = pair.publicKey.export({ format: "jwk" });
        const key = { modulus: number(n), exponent: number(e) };
        const message = envelope.material(ek, iv, hk);
        const oaep = { key: pair.privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" };
        assert.equal(privateDecrypt(oaep, await encryptOaep(key, message)).toString(), read.rsaPlaintext);
        const jwk = pair.privateKey.export({ format: "jwk" });
        for (let round = 0; round < 20; round += 1) {
            const sealed = encryptPkcs1(key, message);
            assert.equal(sealed.length, Math.ceil(bits / 8));
            const block = raw(jwk, sealed);
            assert.deepEqual([...block.slice(0, 2)], [0, 2]);
            const end = block.indexOf(0, 2);
            assert.equal(end, block.length - message.length - 1, "no zero byte in the padding");
            assert.equal(encoding.fromUtf8(block.slice(end + 1)), read.rsaPlaintext);
        }
        assert.notDeepEqual(encryptPkcs1(key, message), encryptPkcs1(key, message));
        assert.throws(() => encryptPkcs1(key, new Uint8Array(Math.ceil(bits / 8) - 10)), RangeError);
        encryptPkcs1(key, new Uint8Array(Math.ceil(bits / 8) - 11));
    }
}

function number(text: string): bigint {
    return encoding.bytesToBig(encoding.fromBase64Url(text));
}

/** The block under the seal, by OpenSSL without padding. */
function raw(jwk: object, sealed: Uint8Array): Uint8Array {
    const key = createPrivateKey({ key: jwk as never, format: "jwk" });
    return new Uint8Array(privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, sealed));
}

export async function encodings(): Promise<void> {
    for (let length = 0; length < 40; length += 1) {
        const data = encoding.randomBytes(length);
        assert.equal(encoding.toHex(data), Buffer.from(data).toString("hex").toUpperCase());
        assert.equal(encoding.toBase64(data), Buffer.from(data).toString("base64"));
        assert.equal(encoding.toBase64Url(data), Buffer.from(data).toString("base64url"));
        assert.deepEqual(encoding.fromBase64Url(encoding.toBase64Url(data)), data);
        if (length > 0) assert.deepEqual(encoding.fromHex(encoding.toHex(data).toLowerCase()), data);
    }
    for (const text of ["QQ", "QR==", "Q Q=", "QQ==\n", "QQ-_", "===="])
        assert.throws(() => encoding.fromBase64(text), text);
    for (const text of ["QQ==", "QR", "A", "Q+"]) assert.throws(() => encoding.fromBase64Url(text), text);
    for (const text of ["", "0", "0G", " 00", "00\n"]) assert.throws(() => encoding.fromHex(text), text);
    assert.equal(encoding.fromUtf8(encoding.toUtf8("\ufeffñ€😀")), "\ufeffñ€😀");
    assert.throws(() => encoding.toUtf8("\ud83d"), RangeError);
    assert.throws(() => encoding.fromUtf8(Uint8Array.of(0xff)));
    const now = Date.UTC(2026, 10, 24);
    const made = newUuid(now);
    assert.match(made, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(Number.parseInt(made.replaceAll("-", "").slice(0, 12), 16), now);
}
