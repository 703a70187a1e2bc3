/** The scripted stories of sdk/stories.json, which the Python client plays too. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import * as sdk from "aldaba-client";
import * as bank from "./bank.js";

interface Code {
    readonly code: string;
}

interface Step {
    readonly do: string;
    readonly with?: readonly (string | number | Code)[];
    readonly named?: Record<string, string>;
    readonly answers?: Record<string, unknown>;
    readonly raises?: string;
}

interface Story {
    readonly name: string;
    readonly steps: readonly Step[];
}

type Method = (...words: unknown[]) => Promise<Record<string, unknown> | undefined>;

function camel(name: string): string {
    return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

async function played(front: sdk.AldabaClient, step: Step): Promise<Record<string, unknown> | undefined> {
    const words: unknown[] = [];
    for (const word of step.with ?? []) words.push(typeof word === "object" ? await bank.code(word.code) : word);
    if (step.named !== undefined) words.push(step.named);
    const methods = front as unknown as Record<string, Method>;
    const method = methods[camel(step.do)];
    assert.ok(method, step.do);
    return method.apply(front, words);
}

async function refused(front: sdk.AldabaClient, step: Step, kind: string): Promise<void> {
    const classes = sdk as unknown as Record<string, abstract new (...words: never) => Error>;
    const expected = classes[kind];
    assert.ok(expected, kind);
    await assert.rejects(played(front, step), (error: unknown) => {
        assert.ok(error instanceof expected, `${step.do}: ${String(error)}`);
        assert.ok(error instanceof sdk.Refused && error.uuid);
        return true;
    });
}

export async function scripted(): Promise<void> {
    const stories = JSON.parse(readFileSync(process.env["STORIES"] ?? "", "utf-8")) as readonly Story[];
    const story = stories.find((one) => one.name === process.env["STORY"]);
    assert.ok(story);
    const front = await bank.client();
    for (const step of story.steps) {
        if (step.raises !== undefined) {
            await refused(front, step, step.raises);
        } else {
            const answer = await played(front, step);
            for (const [name, wanted] of Object.entries(step.answers ?? {})) {
                assert.equal(answer?.[camel(name)], wanted, step.do);
            }
        }
    }
}
