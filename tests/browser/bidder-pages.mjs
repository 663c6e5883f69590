// Every page of the ordering bodies that a bidder meets, in both languages: what page-judge.mjs asks of each. 登録 and
// ICカード更新 where it is in force at once, ICカード更新 where it is held, and what is said of cards that will not do.

import { browser, person, screenshot } from "./browser.mjs";
import { inDemo } from "./demo.mjs";
import { CORE, REVIEW, lay, logsIn, through } from "./drawer.mjs";
import { judge, judgeBoth } from "./page-judge.mjs";
import { check, holds, journeys } from "./tap.mjs";
import { expectPath, press, pressForWindow } from "./walk.mjs";

const chromium = await browser();
const seen = { ja: new Map(), en: new Map() };
/** 登録: what the start page of the demo tells, and whom to ask. */
const COMPANY = { number: "10260002", secret: "mihon-2026" };
const CONTACT = { department: "総務課", name: "髙木　陽子", phone: "0312340002", mail: "info@takagi.example", mail_again: "info@takagi.example" };

await journeys([
  ["every page in Japanese", () => inDemo("bidder-ja", (world) => everyPage(world, "ja"))],
  ["every page in English", () => inDemo("bidder-en", (world) => everyPage(world, "en"))],
  ["no text is left in the other language", bothLanguages],
]);
await chromium.close();

async function everyPage(world, language) {
  const context = await person(chromium, { language });
  const page = await context.newPage();
  const look = async (name, which = page) => {
    seen[language].set(name, await judge(which, name, language));
    await screenshot(which, `${language}-bidder-${name}`);
  };
  const visit = async (name, url) => {
    await page.goto(url);
    await look(name);
  };
  await registers(world, page, look, visit);
  await renewsAtOnce(world, page, look, visit);
  await isRefused(world, page, look);
  await isHeld(world, page, look, visit);
  await context.close();
}

/** 利用者登録メニュー, 登録 from the proof of the company to the receipt. */
async function registers(world, page, look, visit) {
  await visit("menu", CORE);
  await visit("guide", `${CORE}/guide`);
  await visit("login", `${CORE}/login`);
  await visit("no-application", `${CORE}/registration/status`);
  const pins = await lay(world, "takagi");
  await logsIn(page, CORE, pins);
  await look("agent-not-registered");
  await visit("registration", `${CORE}/registration`);
  await press(page, "#begin");
  await look("registration-open");
  await through(page, pins);
  await expectPath(page, /\/registration\/prove$/);
  await look("prove");
  await page.locator("#number").fill(COMPANY.number);
  await page.locator("#secret").fill("mihon-2025");
  await press(page, "#next");
  await look("prove-wrong");
  await page.locator("#number").fill(COMPANY.number);
  await page.locator("#secret").fill(COMPANY.secret);
  await press(page, "#next");
  await look("contact");
  await press(page, "#next");
  await look("contact-errors");
  for (const [name, value] of Object.entries(CONTACT)) await page.locator(`main [name="${name}"]`).fill(value);
  await press(page, "#next");
  await expectPath(page, /\/registration\/confirm$/);
  await look("registration-confirm");
  await visit("application", `${CORE}/registration/status`);
  await page.goto(`${CORE}/registration/confirm`);
  await press(page, "#final");
  await look("registration-sign");
  await visit("registration-out", `${CORE}/registration/confirm`);
  await press(page, "#again");
  await through(page, pins, (kind) => (kind === "sign" ? look("agent-registration") : undefined));
  await expectPath(page, /\/registration\/done$/);
  await look("registered");
  const print = await pressForWindow(page, "#print");
  await look("registered-print", print);
  await print.close();
  await press(page, "#quit");
  await look("registration-ended");
}

/** ICカード更新 of 001: at once, with one PIN for both cards. */
async function renewsAtOnce(world, page, look, visit) {
  const pins = await lay(world, "sato", "sato-new");
  await logsIn(page, CORE, pins, (kind) => (kind === "card" ? look("agent-two-cards") : undefined));
  await visit("account", `${CORE}/account`);
  await visit("menu-in", CORE);
  await visit("change", `${CORE}/registration/change`);
  await changes(page, pins, look);
  await visit("renewal", `${CORE}/renewal`);
  await press(page, "#begin");
  await look("renewal-open");
  await through(page, pins, (kind) => (kind === "swap" ? look("agent-new-card") : undefined));
  await expectPath(page, /\/renewal\/confirm$/);
  await look("renewal-confirm");
  await visit("renewal-application", `${CORE}/renewal/status`);
  await page.goto(`${CORE}/renewal/confirm`);
  await press(page, "#final");
  await look("renewal-sign");
  await visit("renewal-out", `${CORE}/renewal/confirm`);
  await press(page, "#again");
  await through(page, [pins[1], pins[1]], (kind) => (kind === "sign" ? look("agent-renewal") : undefined));
  await expectPath(page, /\/renewal\/done$/);
  await look("renewed");
  const print = await pressForWindow(page, "#print");
  await look("renewed-print", print);
  await print.close();
  await press(page, "#quit");
  await look("renewal-ended");
}

/** 変更: what is registered stands in the form, and beside it what it becomes. */
async function changes(page, pins, look) {
  await press(page, "#begin");
  await expectPath(page, /\/registration\/form$/);
  await look("change-contact");
  await page.locator("main [name=department]").fill("契約課");
  await press(page, "#next");
  await expectPath(page, /\/registration\/confirm$/);
  await look("change-confirm");
  await press(page, "#final");
  await through(page, pins);
  await expectPath(page, /\/registration\/done$/);
  await look("changed");
}

/** Cards that will not do, as the agent tells it. */
async function isRefused(world, page, look) {
  const [pin] = await lay(world, "sato");
  await logsIn(page, CORE, [pin]);
  await look("agent-renewed");
  await check("the renewed card is told to be renewed", async () => holds(await page.locator("main").innerText(), "E-CARD-RENEWED"));
  await logsIn(page, CORE, await lay(world, "sato-new"));
  for (const [card, name, code] of [["sato-expired", "expired", "E-CERT-EXPIRED"], ["sato-revoked", "revoked", "E-CERT-REVOKED"], ["takagi", "registered", "E-CARD-REGISTERED"]]) {
    const pins = await lay(world, "sato-new", card);
    await page.goto(`${CORE}/renewal`);
    await press(page, "#begin");
    await through(page, pins);
    await look(`agent-new-${name}`);
    await check(`a new card that is ${name} is told so`, async () => holds(await page.locator("main").innerText(), code));
    await press(page, "#cancel");
  }
}

/** ICカード更新 of 002 with a representative of whom the register does not know. */
async function isHeld(world, page, look, visit) {
  const pins = await lay(world, "suzuki", "tanaka-new");
  await visit("review-menu", REVIEW);
  await visit("review-renewal", `${REVIEW}/renewal`);
  await press(page, "#begin");
  let signed = 0;
  await through(page, pins, (kind) => (kind === "sign" ? look(`agent-signs-${(signed += 1)}`) : undefined));
  await expectPath(page, /\/renewal\/confirm$/);
  await look("review-confirm");
  await press(page, "#final");
  await through(page, [pins[1], pins[1]]);
  await expectPath(page, /\/renewal\/done$/);
  await look("review-held");
  const print = await pressForWindow(page, "#print");
  await look("review-held-print", print);
  await print.close();
  await press(page, "#quit");
  const [pin] = await lay(world, "suzuki");
  await logsIn(page, REVIEW, [pin]);
  await visit("review-account", `${REVIEW}/account`);
  await visit("review-case", `${REVIEW}/renewal/case`);
  await press(page, "#withdraw");
  await look("review-withdraw");
  await press(page, "#withdraw");
  await look("review-withdrawn");
  await page.goto(`${REVIEW}/account`);
  await world.remove(1);
  await page.waitForURL((url) => url.pathname.endsWith("/ended"), { timeout: 30_000 });
  await look("review-ended");
}

async function bothLanguages() {
  await check("both languages have the same pages", () => {
    const [japanese, english] = [seen.ja, seen.en].map((pages) => [...pages.keys()].join(" "));
    if (japanese !== english || seen.ja.size < 53) throw new Error(`${seen.ja.size} pages: ${japanese} – ${english}`);
  });
  for (const [name, texts] of seen.ja) await judgeBoth(name, texts, seen.en.get(name) ?? []);
}
