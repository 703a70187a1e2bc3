// Single acts in single pages: the vectors, the search for errors, light and dark, reading without a script.

import { job, opened, withBrowser } from "./browser.mjs";

const ACTS = {
  async vectors(page) {
    await page.goto(`${job.origin}/docs/e2e?lang=en`);
    await page.locator("#run:enabled").click();
    await page.locator("#verdict:not(:empty)").waitFor();
    return page.evaluate(() => ({
      verdict: document.getElementById("verdict").textContent,
      good: document.querySelectorAll("td .verdict.good").length,
    }));
  },
  async altered(page) {
    await page.route("**/vectors/e2e.json", async (route) => {
      const told = await (await route.fetch()).json();
      told["bound-1"].accepted[0].hex = told["bound-1"].accepted[1].hex;
      await route.fulfill({ json: told });
    });
    return ACTS.vectors(page);
  },
  async search(page) {
    await page.goto(`${job.origin}/docs/errors?lang=en`);
    await page.locator("#q").fill("login 8006");
    const shown = await page.locator("tbody tr:visible th a").evaluateAll((all) => all.map((a) => a.getAttribute("href")));
    return { shown, count: await page.locator("#count").textContent() };
  },
  async theme(page) {
    await page.goto(`${job.origin}/docs`);
    const look = () => page.evaluate(() => document.documentElement.dataset.bsTheme);
    const before = await look();
    await page.locator("#theme").click();
    await page.goto(`${job.origin}/docs/errors`);
    return { before, after: await look() };
  },
  async scriptless(page) {
    const told = {};
    for (const path of job.paths) {
      await page.goto(`${job.origin}${path}`);
      told[path] = (await page.locator("main").innerText()).length;
    }
    await page.goto(`${job.origin}/docs/errors?lang=en`);
    await page.locator("#q").fill("8006");
    await page.locator("form#find button").click();
    return { told, found: await page.locator("tbody tr").count(), address: page.url() };
  },
};

await withBrowser(async (browser) => {
  const faults = [];
  const options = { javaScriptEnabled: job.act !== "scriptless", colorScheme: "light" };
  const page = await opened(browser, options, faults);
  return { faults, ...(await ACTS[job.act](page)) };
});
