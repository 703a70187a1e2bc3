// Plays a flow of the portal's page "Try it" to its end, and tells what the page showed.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { job, opened, withBrowser } from "./browser.mjs";

mkdirSync(job.screenshots, { recursive: true });

await withBrowser(async (browser) => {
  const faults = [];
  const page = await opened(browser, { viewport: { width: job.width ?? 1280, height: 900 } }, faults);
  await page.goto(`${job.origin}/docs/try/${job.flow}?lang=${job.language}`);
  await page.locator("#all:enabled").waitFor();
  await page.locator("#profile").selectOption(job.profile);
  for (const [name, value] of Object.entries(job.fill ?? {})) await page.locator(`[name="${name}"]`).fill(value);
  await page.locator(job.press ?? "#all").click();
  await page.locator("#all:enabled").waitFor({ timeout: 30000 });
  const name = `played-${job.flow}-${job.profile}-${job.name}.png`;
  await page.screenshot({ path: join(job.screenshots, name), fullPage: true });
  return { faults, ...(await page.evaluate(read)) };
});

/** What the page shows; runs in the page. */
function read() {
  const text = (node) => node?.textContent?.trim() ?? "";
  return {
    outcome: text(document.getElementById("outcome")),
    states: Object.fromEntries(
      [...document.querySelectorAll("[data-step]")].map((step) => [step.dataset.step, step.dataset.state ?? ""]),
    ),
    exchanges: [...document.querySelectorAll(".exchange")].map((one) => ({
      step: one.closest("[data-step]").dataset.step,
      summary: text(one.querySelector("summary")),
      wire: [...one.querySelectorAll("pre")].map(text),
      clear: [...one.querySelectorAll(".clear dl")].map((list) =>
        Object.fromEntries([...list.querySelectorAll("dt")].map((term) => [text(term), text(term.nextSibling)])),
      ),
    })),
    trouble: text(document.querySelector(".trouble")),
    links: [...document.querySelectorAll(".trouble a")].map((link) => link.getAttribute("href")),
  };
}
