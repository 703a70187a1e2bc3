// A headless Chromium whose pages tell every request elsewhere, every error on the console, every exception.

import { chromium } from "playwright-core";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-quic",
  "--no-first-run",
];

export const job = JSON.parse(process.argv[2]);

export async function withBrowser(work) {
  const browser = await chromium.launch({ executablePath: job.chromium, args: ARGUMENTS });
  try {
    console.log(JSON.stringify(await work(browser)));
  } finally {
    await browser.close();
  }
}

/** A page in a context of its own; `faults` grows by what goes wrong in it. */
export async function opened(browser, options, faults) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${job.origin}/`) && !url.startsWith("data:")) faults.push(`asks elsewhere: ${url}`);
  });
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`exception: ${error.message}`));
  return page;
}
