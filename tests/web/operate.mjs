// Operators at work in their console: one signs in, finds a locked customer, reads why, unlocks; then two pairs of eyes.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { LOOKS, audit, ready } from "./auditing.mjs";
import { job, opened, withBrowser } from "./browser.mjs";

mkdirSync(job.screenshots, { recursive: true });
const faults = [];
const told = {};

await withBrowser(async (browser) => {
  const help = await signedIn(browser, job.help);
  told.focused = await slash(help);
  await help.keyboard.type(job.locked);
  await through(help, () => help.keyboard.press("Enter"));
  await look(help, "console-found");
  await through(help, () => help.locator("table a").first().click());
  told.why = (await help.locator(".obstacle").allInnerTexts()).join("\n");
  await look(help, "console-locked");
  await through(help, () => help.getByRole("link", { name: "Unlock" }).click());
  await look(help, "console-form");
  await help.getByLabel("Reason").fill(job.reason);
  await through(help, () => help.locator("main button").last().click());
  told.will = await main(help);
  await look(help, "console-confirm");
  await through(help, () => help.getByRole("button", { name: "Unlock" }).click());
  told.done = await main(help);
  await look(help, "console-done");
  await through(help, () => help.getByRole("link", { name: "Back to the file" }).click());
  told.after = await main(help);

  await act(help, "customer.lock?kind=I&customer_id=" + job.suspect, job.reason);
  await help.goto(`${job.origin}/admin/customers/${job.suspect}?lang=en`);
  told.offered = await help.locator(".actions a").allInnerTexts();
  const forbidden = await help.goto(`${job.origin}/admin/acts/customer.lift-preventive?lang=en&customer_id=${job.suspect}`);
  told.forbidden = forbidden.status();
  expected(/status of 403/);
  await look(help, "console-forbidden");

  const officer = await signedIn(browser, job.officer);
  await act(officer, "customer.lift-preventive?customer_id=" + job.suspect, job.reason);
  told.awaiting = await main(officer);
  await look(officer, "console-awaiting");
  const second = await signedIn(browser, job.second);
  await look(second, "console-home-waiting");
  await second.goto(`${job.origin}/admin/grants?lang=en`);
  await look(second, "console-grants");
  await through(second, () => second.getByRole("link", { name: "Approve" }).click());
  await second.getByLabel("Reason").fill(job.reason);
  await through(second, () => second.locator("main button").last().click());
  await through(second, () => second.getByRole("button", { name: "Decide a request" }).click());
  told.approved = await main(second);
  await officer.goto(`${job.origin}/admin/grants?lang=en`);
  await through(officer, () => officer.getByRole("link", { name: "Carry out" }).click());
  await through(officer, () => officer.getByRole("button", { name: "Lift the preventive lock" }).click());
  told.lifted = await main(officer);
  await officer.goto(`${job.origin}/admin/customers/${job.suspect}?lang=en`);
  told.free = await main(officer);
  // Each look is an event: enough of them for a second page.
  for (let looks = 0; looks < 20; looks += 1) await officer.reload();
  told.older = await older(officer);
  return { faults, ...told };
});

async function signedIn(browser, { name, password, code }) {
  const page = await opened(browser, { viewport: { width: 1280, height: 900 }, locale: "en" }, faults);
  await page.goto(`${job.origin}/admin?lang=en`);
  await page.locator("#name").fill(name);
  await page.locator("#password").fill(password);
  await page.locator("#code").fill(code);
  await through(page, () => page.locator("#code").press("Enter"));
  await page.locator("nav.menu").waitFor();
  return page;
}

/** Does what leads to another page, and is on it. */
async function through(page, leaves) {
  await Promise.all([page.waitForEvent("domcontentloaded"), leaves()]);
}

async function slash(page) {
  await page.keyboard.press("/");
  return page.evaluate(() => document.activeElement.id);
}

async function act(page, path, reason) {
  await page.goto(`${job.origin}/admin/acts/${path}&lang=en`);
  await page.getByLabel("Reason").fill(reason);
  await through(page, () => page.locator("main button").last().click());
  await through(page, () => page.locator("button[autofocus]").click());
}

/** Asks for older events until there are no more; they come into the page that is open. */
async function older(page) {
  const before = page.url();
  let asked = 0;
  for (let more = page.locator(".events .more a"); (await more.count()) > 0 && asked < 20; asked += 1) {
    const seen = await page.locator(".events li").count();
    await more.click();
    await page.waitForFunction((seen) => document.querySelectorAll(".events li").length > seen, seen);
  }
  return { asked, same: page.url() === before, events: await page.locator(".events li").count() };
}

async function look(page, name) {
  await ready(page);
  for (const [colorScheme, width] of LOOKS) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width, height: 900 });
    const seen = [];
    await audit(page, width, seen);
    faults.push(...seen.map((fault) => `${name} ${colorScheme} ${width}: ${fault}`));
    await page.screenshot({ path: join(job.screenshots, `${name}-${colorScheme}-${width}.png`), fullPage: true });
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 900 });
}

/** The browser itself writes an answer like 403 to the console. */
function expected(pattern) {
  const at = faults.findIndex((fault) => pattern.test(fault));
  if (at >= 0) faults.splice(at, 1);
}

function main(page) {
  return page.locator("main").innerText();
}
