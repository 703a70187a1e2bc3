// Every address in both languages, light and dark, narrow and wide: axe-core, overflow, the console, requests.

import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { job, opened, withBrowser } from "./browser.mjs";

const axe = readFileSync("node_modules/axe-core/axe.min.js", "utf-8");
const LOOKS = [
  ["light", 1280],
  ["dark", 1280],
  ["dark", 360],
  ["light", 360],
];
/** Screenshots are kept of these; every look is audited. */
const KEPT = ["es light", "en dark"];

mkdirSync(job.screenshots, { recursive: true });

await withBrowser(async (browser) => {
  const faults = [];
  let visited = 0;
  for (const address of job.addresses) {
    for (const language of job.languages) {
      const seen = [];
      const page = await opened(browser, { reducedMotion: "reduce" }, seen);
      for (const [colorScheme, width] of LOOKS) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 800 });
        if (page.url() === "about:blank") await arrive(page, address, language, seen);
        await audit(page, width, seen);
        const name = `${address.name}-${language}-${colorScheme}-${width}.png`;
        if (KEPT.includes(`${language} ${colorScheme}`)) {
          await page.screenshot({ path: join(job.screenshots, name), fullPage: !address.fold });
        }
        const where = `${address.path} ${language} ${colorScheme} ${width}`;
        faults.push(...seen.splice(0).map((fault) => `${where}: ${fault}`));
        visited += 1;
      }
      await page.context().close();
    }
  }
  return { visited, faults };
});

async function arrive(page, { path, ready, status }, language, seen) {
  const joined = path.includes("?") ? "&" : "?";
  const answer = await page.goto(`${job.origin}${path}${joined}lang=${language}`);
  // The browser itself writes an answer like 404 to the console.
  if (answer.status() !== 200) seen.splice(0);
  if (answer.status() !== status) seen.push(`status ${answer.status()}`);
  if (ready) await page.waitForSelector(ready, { timeout: 20000 });
  if ((await page.locator("html").getAttribute("lang")) !== language) seen.push("speaks another language");
  await page.evaluate(axe);
}

async function audit(page, width, seen) {
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth);
  if (overflow > width) seen.push(`is ${overflow} wide`);
  const told = await page.evaluate(() => globalThis.axe.run({ resultTypes: ["violations"] }));
  for (const { id, nodes } of told.violations) {
    const [{ target, html, any }] = nodes;
    seen.push(`${id}: ${nodes.length} × ${target} ${html.slice(0, 160)} ${any[0]?.message ?? ""}`);
  }
}
