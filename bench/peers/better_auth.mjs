// better-auth on Node's own HTTP server, as its documentation mounts it: `node server.mjs PORT FILE scrypt|argon2id`.
import { createServer } from "node:http";
import { hash, verify } from "@node-rs/argon2";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import Database from "better-sqlite3";

const [port, file, kind, memoryCost, timeCost] = process.argv.slice(2);
const argon2id = { algorithm: 2, memoryCost: Number(memoryCost), timeCost: Number(timeCost), parallelism: 1 };
const ownHash = {
  hash: (password) => hash(password, argon2id),
  verify: ({ hash: known, password }) => verify(known, password),
};

const database = new Database(file);
// What the server measured beside it promises too: an answer only after the disk has it.
database.pragma("journal_mode = WAL");
database.pragma("synchronous = FULL");

const auth = betterAuth({
  database,
  baseURL: `http://127.0.0.1:${port}`,
  secret: "of the benchmark, of no use elsewhere",
  emailAndPassword: { enabled: true, ...(kind === "argon2id" && { password: ownHash }) },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
});
const { runMigrations } = await getMigrations(auth.options);
await runMigrations();
createServer({ keepAliveTimeout: 60_000 }, toNodeHandler(auth)).listen(Number(port), "127.0.0.1");
