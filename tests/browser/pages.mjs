// Every page of portal and agent, in both languages: what page-judge.mjs asks of each.

import { browser, person, screenshot } from "./browser.mjs";
import { AGENT, CARDS, OFFICE, PORTAL, START, START_OF_REVOCATION, inDemo } from "./demo.mjs";
import { judge, judgeBoth, judgeShape, violationsOf } from "./page-judge.mjs";
import { check, journeys } from "./tap.mjs";
import { AT, consent, fill, openAgent, press, pressForWindow, toPin } from "./walk.mjs";

const chromium = await browser();
const seen = { ja: new Map(), en: new Map() };

await journeys([
  ["controls of the judge", controls],
  ["every page in Japanese", () => inDemo("pages-ja", (world) => everyPage(world, "ja"))],
  ["every page in English", () => inDemo("pages-en", (world) => everyPage(world, "en"))],
  ["no text is left in the other language", bothLanguages],
]);
await chromium.close();

async function controls() {
  const context = await person(chromium);
  const page = await context.newPage();
  await page.goto("data:text/html,<html><img src=x><input></html>");
  await check("control: axe-core finds what is wrong in a bad page", async () => (await violationsOf(page)).length >= 3);
  await context.close();
}

async function everyPage(world, language) {
  const context = await person(chromium, { language });
  const page = await context.newPage();
  const pin = await world.pin(CARDS.valid);
  const look = async (name, which = page) => {
    seen[language].set(name, await judge(which, name, language));
    await screenshot(which, `${language}-${name}`);
  };
  const visit = async (name, url) => {
    await page.goto(url);
    await look(name);
  };
  await visit("offices", `${PORTAL}/`);
  await visit("office", `${PORTAL}/${OFFICE}`);
  await onPaper(page, look);
  await visit("receipt-blank", `${PORTAL}/receipt`);
  await visit("start", START_OF_REVOCATION);
  await visit("flow", `${START_OF_REVOCATION}/flow`);
  await visit("flow-print", `${START_OF_REVOCATION}/flow?print=1`);
  await visit("terms", `${START_OF_REVOCATION}/terms`);
  await visit("start-read", START_OF_REVOCATION);
  await visit("not-found", `${PORTAL}/${OFFICE}/nothing-here`);
  await visit("agent-start", `${AGENT}/`);
  // The demo's start page is no page of the product: it tells the way in both languages at once.
  await page.goto(`${START}/`);
  await judgeShape(page, "demo-start");
  await screenshot(page, "demo-start");
  await page.goto(START_OF_REVOCATION);
  await press(page, AT.agree);
  await look("open-agent");
  await openAgent(page);
  await look("agent-card");
  await toPin(page);
  await look("agent-authenticate");
  await consent(page, "1");
  await look("agent-pin-format");
  await consent(page, [...pin].map((digit) => (Number(digit) + 5) % 10).join(""));
  await look("agent-pin-wrong");
  await consent(page, pin);
  await look("certificate");
  await press(page, AT.toForm);
  await look("form");
  await press(page, AT.toConfirm);
  await look("form-errors");
  await visit("example", `${START_OF_REVOCATION}/example`);
  await page.goto(`${START_OF_REVOCATION}/application`);
  await fill(page);
  await press(page, AT.toConfirm);
  await look("confirm");
  await page.locator(AT.confirmed).check();
  await press(page, AT.submit);
  await look("open-agent-to-sign");
  await openAgent(page);
  await look("agent-sign");
  await visit("status-waiting", `${START_OF_REVOCATION}/status`);
  await page.goto(`${START_OF_REVOCATION}/card`);
  await openAgent(page);
  await consent(page, pin);
  await look("done");
  const print = await pressForWindow(page, AT.print);
  await look("done-print", print);
  await print.close();
  await visit("status", `${START_OF_REVOCATION}/status`);
  await page.goto(`${START_OF_REVOCATION}/done`);
  await byNumber(page, look);
  await page.goto(`${START_OF_REVOCATION}/done`);
  await press(page, AT.end);
  await look("ended");
  await context.close();
}

/** 書面による失効申込手続き: what to enclose, and the 失効届 filled in, as it is printed. */
async function onPaper(page, look) {
  await page.goto(`${PORTAL}/${OFFICE}/paper`);
  await look("paper");
  await choose("third_party", "lost");
  await look("paper-not-so");
  await choose("holder", "lost");
  await look("paper-chosen");
  await page.locator("#holder").fill("髙橋　一郎");
  await page.locator("#detail").fill("紛失\u202e");
  await press(page, "#print");
  await look("paper-errors");
  await page.locator("#detail").fill("11月15日に紛失");
  await press(page, "#print");
  await look("paper-notice");

  async function choose(applicant, reason) {
    await page.locator(`input[name=applicant][value=${applicant}]`).check();
    await page.locator("#reason").selectOption(reason);
    await press(page, "#show");
  }
}

/** 受付番号による申込状況の確認, from the receipt: a wrong code, and the right one. */
async function byNumber(page, look) {
  const code = await page.locator("dl.facts dd", { hasText: /^[0-9A-Z]{4}-?[0-9A-Z]{4}$/ }).innerText();
  await press(page, 'main a[href^="/receipt/"]');
  await look("look-up");
  for (const [name, typed] of [["look-up-wrong", "AAAA-AAAA"], ["looked-up", code]]) {
    await page.locator("#check_code").fill(typed);
    await press(page, "main form button");
    await look(name);
  }
}

async function bothLanguages() {
  await check("both languages have the same pages", () => {
    const [japanese, english] = [seen.ja, seen.en].map((pages) => [...pages.keys()].join(" "));
    if (japanese !== english || seen.ja.size < 32) throw new Error(`${seen.ja.size} pages: ${japanese} – ${english}`);
  });
  for (const [name, texts] of seen.ja) await judgeBoth(name, texts, seen.en.get(name) ?? []);
}
