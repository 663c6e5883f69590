// Every page on which officers work on applications, in both languages: what page-judge.mjs asks of each. An application
// without a mail address is entered by one officer and approved by the other, so that there are letters to post.

import { browser, person, screenshot } from "./browser.mjs";
import { OFFICE, PORTAL, inDemo } from "./demo.mjs";
import { judge, judgeBoth } from "./page-judge.mjs";
import { check, journeys } from "./tap.mjs";
import { AT, consent, fill, press, pressForWindow, toPin } from "./walk.mjs";

const DESK = `${PORTAL}/console/${OFFICE}`;
const SCAN = new URL("../../demo/static/notice.png", import.meta.url).pathname;
const chromium = await browser();
const seen = { ja: new Map(), en: new Map() };
/** What the paper says: no mail address, so that the answers go by post. */
const PAPER = {
  applicant: "holder",
  reason: "lost",
  name: "髙橋　一郎",
  kana: "タカハシ　イチロウ",
  postal_code: "100-0013",
  address: "東京都千代田区霞が関一丁目1番1号",
  phone: "0312345678",
};
/** Before the demo's morning, and not too old. */
const ISSUED = "2026-11-02";

await journeys([
  ["every page in Japanese", () => inDemo("office-ja", (world) => everyPage(world, "ja"))],
  ["every page in English", () => inDemo("office-en", (world) => everyPage(world, "en"))],
  ["no text is left in the other language", bothLanguages],
]);
await chromium.close();

async function everyPage(world, language) {
  const look = async (page, name) => {
    seen[language].set(name, await judge(page, name, language));
    await screenshot(page, `${language}-${name}`);
  };
  const path = await inHands(world, language, "entry", (page, pin) => enters(page, pin, look));
  await inHands(world, language, "approval", (page, pin) => approves(page, pin, look, path));
}

/** An officer who is logged in with the card. */
async function inHands(world, language, card, works) {
  const context = await person(chromium, { language });
  try {
    const [page, pin] = [await context.newPage(), await world.pin(card)];
    await world.insert(card);
    await page.goto(`${DESK}/queue`);
    await press(page, AT.openAgent);
    await consent(page, pin);
    await page.locator(".who").waitFor();
    return await works(page, pin);
  } finally {
    await context.close();
  }
}

async function enters(page, pin, look) {
  await look(page, "queue");
  await page.goto(`${DESK}/queue?show=mine`);
  await look(page, "queue-mine");
  await page.locator("#search").fill("見つからない名前");
  await press(page, "#find");
  await look(page, "queue-not-found");
  await page.goto(`${DESK}/queue`);
  await press(page, "table.queue tbody th a");
  await page.locator("details summary").click();
  await look(page, "case-not-you");
  const print = await pressForWindow(page, "#print");
  await look(print, "case-print");
  await print.close();
  await page.goto(`${DESK}/paper`);
  await look(page, "papers");
  await press(page, "#new");
  await look(page, "paper-find");
  await page.locator("#search").fill("見つからない名前");
  await press(page, "#find");
  await look(page, "paper-find-nothing");
  await page.locator("#search").fill("髙橋");
  await press(page, "#find");
  await look(page, "paper-found");
  await press(page, "main ul.lines button");
  await look(page, "paper-form");
  await page.locator("#add").setInputFiles({ name: "notice.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7") });
  await press(page, "#next");
  await look(page, "paper-form-file");
  await press(page, "#next");
  await look(page, "paper-form-errors");
  await fill(page, PAPER);
  for (const [document, issued] of [["notice"], ["seal_certificate", ISSUED]]) {
    await page.locator(`input[name=enclosure][value=${document}]`).check();
    if (issued) await page.locator(`#issued_${document}`).fill(issued);
  }
  await page.locator("#add").setInputFiles(SCAN);
  await press(page, "#upload");
  await look(page, "paper-form-filled");
  await page.goto(`${DESK}/paper`);
  await look(page, "papers-begun");
  await press(page, "main ul.lines a");
  await press(page, "#next");
  await look(page, "paper-confirm");
  await press(page, "#sign");
  await look(page, "paper-card");
  await press(page, AT.openAgent);
  await toPin(page);
  await press(page, "#cancel");
  await page.waitForURL(/notice=cancelled/);
  await look(page, "paper-cancelled");
  await press(page, "#sign");
  await press(page, AT.openAgent);
  await consent(page, pin);
  await page.waitForURL(/notice=submitted/);
  await look(page, "case-submitted");
  const path = new URL(page.url()).pathname;
  await closesADay(page, look);
  return path;
}

/** 営業日, and a day of the office's own more and less. */
async function closesADay(page, look) {
  await page.goto(`${DESK}/calendar`);
  await look(page, "calendar");
  await press(page, "#close");
  await look(page, "calendar-close");
  await fill(page, { on: "2027-02-30", name_ja: "夏季休業", name_en: "Summer closure", reason: "庁舎の停電作業のため" });
  await press(page, "#save");
  await look(page, "calendar-close-errors");
  await page.locator("#on").fill("2027-08-13");
  await press(page, "#save");
  await look(page, "calendar-closed");
  await press(page, "main table.list a");
  await look(page, "calendar-open");
  await page.locator("#reason").fill("停電作業が中止になったため");
  await press(page, "#save");
  await look(page, "calendar-opened");
}

async function approves(page, pin, look, path) {
  await page.goto(PORTAL + path);
  await press(page, "#take");
  await look(page, "case-taken");
  await press(page, "#decide");
  await look(page, "decide");
  await press(page, "#look");
  await look(page, "decide-errors");
  await page.locator("#verdict input[value=deny]").check();
  await page.locator("#deny").selectOption({ index: 1 });
  await press(page, "#look");
  await look(page, "decide-deny");
  await page.locator("#verdict input[value=approve]").check();
  await press(page, "#look");
  await look(page, "decide-approve");
  await press(page, "#sign");
  await press(page, AT.openAgent);
  await toPin(page);
  await look(page, "agent-decide");
  await consent(page, pin);
  await page.waitForURL(/notice=decided/);
  await look(page, "case-decided");
  await page.goto(`${DESK}/queue?show=done`);
  await look(page, "queue-done");
  await page.goto(`${DESK}/letters`);
  await look(page, "letters");
  await press(page, "main ul.lines a");
  await look(page, "letter");
  await press(page, "#post");
  await look(page, "letters-posted");
  await page.goto(PORTAL + path);
  await press(page, 'main a[href*="/letters/"]');
  await look(page, "letter-posted");
}

async function bothLanguages() {
  await check("both languages have the same pages", () => {
    const [japanese, english] = [seen.ja, seen.en].map((pages) => [...pages.keys()].join(" "));
    if (japanese !== english || seen.ja.size < 34) throw new Error(`${seen.ja.size} pages: ${japanese} – ${english}`);
  });
  for (const [name, texts] of seen.ja) await judgeBoth(name, texts, seen.en.get(name) ?? []);
}
