// What is looked for in a page that stands open: axe-core's rules, and whether it fits its width.

import { readFileSync } from "node:fs";

const axe = readFileSync("node_modules/axe-core/axe.min.js", "utf-8");
export const LOOKS = [
  ["light", 1280],
  ["dark", 1280],
  ["dark", 360],
  ["light", 360],
];

/** Brings axe-core into the page. */
export async function ready(page) {
  await page.evaluate(axe);
}

export async function audit(page, width, seen) {
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth);
  if (overflow > width) seen.push(`is ${overflow} wide`);
  const told = await page.evaluate(() => globalThis.axe.run({ resultTypes: ["violations"] }));
  for (const { id, nodes } of told.violations) {
    const [{ target, html, any }] = nodes;
    seen.push(`${id}: ${nodes.length} × ${target} ${html.slice(0, 160)} ${any[0]?.message ?? ""}`);
  }
}
