// Every page on which an ordering body's clerk works, in both languages: what page-judge.mjs asks of each. What is held is
// given back, answered by the company and approved; and the list of qualified bidders.

import { browser, person, screenshot } from "./browser.mjs";
import { inDemo } from "./demo.mjs";
import { CITY_DESK, REVIEW, lay, logsIn, through } from "./drawer.mjs";
import { judge, judgeBoth } from "./page-judge.mjs";
import { check, holds, journeys } from "./tap.mjs";
import { press } from "./walk.mjs";

const chromium = await browser();
const seen = { ja: new Map(), en: new Map() };
/** A company of the register. */
const COMPANY = "20260003";

await journeys([
  ["every page in Japanese", () => inDemo("clerk-ja", (world) => everyPage(world, "ja"))],
  ["every page in English", () => inDemo("clerk-en", (world) => everyPage(world, "en"))],
  ["no text is left in the other language", bothLanguages],
]);
await chromium.close();

async function everyPage(world, language) {
  const look = async (page, name) => {
    seen[language].set(name, await judge(page, name, language));
    await screenshot(page, `${language}-clerk-${name}`);
  };
  await inHands(world, language, (page, pins) => givesBack(page, pins, look));
  await answers(world, language, look);
  await inHands(world, language, (page, pins) => approves(page, pins, look));
  await isRefused(world, language, look);
}

/** The clerk, logged in with the card. */
async function inHands(world, language, works) {
  const context = await person(chromium, { language });
  try {
    const page = await context.newPage();
    const pins = await lay(world, "clerk");
    await page.goto(`${CITY_DESK}/queue`);
    await through(page, pins);
    await page.locator(".who").waitFor();
    await works(page, pins);
  } finally {
    await context.close();
  }
}

async function givesBack(page, pins, look) {
  await page.goto(`${CITY_DESK}/queue`);
  await look(page, "queue");
  await page.goto(`${CITY_DESK}/queue?show=mine`);
  await look(page, "queue-mine");
  await lists(page, look);
  await page.goto(`${CITY_DESK}/queue`);
  await press(page, "table.queue tbody th a");
  await look(page, "held");
  await press(page, "#take");
  await look(page, "held-taken");
  await press(page, "#refuse");
  await look(page, "held-no-reason");
  await page.locator("#return").selectOption({ index: 1 });
  await page.locator("#remark").fill("変更届の受付後に承認します。");
  await press(page, "#give-back");
  await look(page, "held-sign");
  await through(page, pins, (kind) => (kind === "sign" ? look(page, "agent-return") : undefined));
  await page.locator("#notice").waitFor();
  await look(page, "held-returned");
}

/** 入札参加資格者名簿 */
async function lists(page, look) {
  await page.goto(`${CITY_DESK}/register`);
  await look(page, "register");
  await page.locator("#search").fill("設備");
  await press(page, "#find");
  await look(page, "register-found");
  await page.goto(`${CITY_DESK}/register/${COMPANY}`);
  await look(page, "company");
  await page.goto(`${CITY_DESK}/register/${COMPANY}/edit`);
  await look(page, "company-edit");
}

/** The company reads why, and answers. */
async function answers(world, language, look) {
  const context = await person(chromium, { language });
  try {
    const page = await context.newPage();
    await logsIn(page, REVIEW, await lay(world, "yamamoto"));
    await page.goto(`${REVIEW}/account`);
    await look(page, "bidder-account");
    await page.goto(`${REVIEW}/renewal/case`);
    await look(page, "bidder-returned");
    await page.locator("#remark").evaluate((field) => field.removeAttribute("required"));
    await press(page, "#answer");
    await look(page, "bidder-answer-empty");
    await page.locator("#remark").fill("本日、変更届を提出しました。");
    await press(page, "#answer");
    await look(page, "bidder-answered");
  } finally {
    await context.close();
  }
}

async function approves(page, pins, look) {
  await page.goto(`${CITY_DESK}/queue`);
  await press(page, "table.queue tbody th a");
  if (await page.locator("#take").count()) await press(page, "#take");
  await look(page, "held-answered");
  await press(page, "#approve");
  await through(page, pins, (kind) => (kind === "sign" ? look(page, "agent-approve") : undefined));
  await page.locator("#notice").waitFor();
  await look(page, "held-approved");
  await page.goto(`${CITY_DESK}/queue?show=done`);
  await look(page, "queue-done");
}

/** From the approval on the card before is refused. */
async function isRefused(world, language, look) {
  const context = await person(chromium, { language });
  try {
    const page = await context.newPage();
    await logsIn(page, REVIEW, await lay(world, "yamamoto"));
    await look(page, "bidder-old-card");
    await check(`the card before the approval is refused (${language})`, async () => holds(await page.locator("main").innerText(), "E-CARD-RENEWED"));
  } finally {
    await context.close();
  }
}

async function bothLanguages() {
  await check("both languages have the same pages", () => {
    const [japanese, english] = [seen.ja, seen.en].map((pages) => [...pages.keys()].join(" "));
    if (japanese !== english || seen.ja.size < 20) throw new Error(`${seen.ja.size} pages: ${japanese} – ${english}`);
  });
  for (const [name, texts] of seen.ja) await judgeBoth(name, texts, seen.en.get(name) ?? []);
}
