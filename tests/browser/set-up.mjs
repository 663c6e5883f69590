// The first officer's part of docs/set-up.md: the card is enrolled with the code of the invitation, and logs in.

import { readFileSync } from "node:fs";
import { browser, person, screenshot } from "./browser.mjs";
import { check, holds, journeys, stepwise } from "./tap.mjs";
import { consent, expectPath, openAgent, press } from "./walk.mjs";

const officer = JSON.parse(readFileSync(process.env.KAGIMORI_OFFICER, "utf8"));
const pin = process.env.KAGIMORI_OFFICER_PIN;
const desk = new URL(officer.address.replace(/\/enrol$/, ""));
const chromium = await browser();

await journeys([["the first officer", firstOfficer]]);
await chromium.close();

async function firstOfficer() {
  const context = await person(chromium);
  const page = await context.newPage();
  const step = stepwise();
  await check("control: before the card is enrolled the console leads to the login", async () => {
    await page.goto(`${desk}/own`);
    await expectPath(page, /\/login$/);
  });
  await step("the address of the invitation takes the code and asks for the card", async () => {
    await page.goto(officer.address);
    await page.locator("#code").fill(officer.code);
    await screenshot(page, "set-up-enrol");
    await openAgent(page);
  });
  await step("the card is enrolled with the officer's PIN, and the console knows the officer by name", async () => {
    await consent(page, pin);
    await named(page);
  });
  await step("the officer logs out, and in again with the card", async () => {
    await press(page, "#logout");
    await expectPath(page, /\/ended$/);
    await page.goto(`${desk}/login`);
    await openAgent(page);
    await consent(page, pin);
    await named(page);
  });
  await step("the administrator sees who the officers are, and the way to invite the next", async () => {
    await page.goto(`${desk}/officers`);
    holds(await page.locator("main").innerText(), officer.name);
    holds(await page.locator("#invite").getAttribute("href"), "/officers/invite");
  });
  await context.close();
}

/** The officer's own page has the name in its head. */
async function named(page) {
  await page.goto(`${desk}/own`);
  holds(await page.locator(".who b").innerText(), officer.name);
}
