// Every page of procedure 003 in both languages: what page-judge.mjs asks of each. On the customer's side from the guidance to the
// certificate's page, on the examiner's the list and the application, given back and approved.

import { browser, person, screenshot } from "./browser.mjs";
import { PORTAL, inDemo } from "./demo.mjs";
import { lay, through } from "./drawer.mjs";
import { judge, judgeBoth } from "./page-judge.mjs";
import { check, holds, journeys } from "./tap.mjs";
import { until } from "./until.mjs";
import { press } from "./walk.mjs";

const CENTRE = `${PORTAL}/mihon-center`;
const DESK = `${PORTAL}/console/mihon-center`;
const HANAKO = { login: "hanako", password: "nami-7-wo-koete-kaze", mail: "hanako@tsukan.example" };
/** The demo begins on Tuesday, the 24th. */
const DAY = "20261125";
const MORNING = "2026-11-25T09:05:00+09:00";

const chromium = await browser();
const seen = { ja: new Map(), en: new Map() };

await journeys([
  ["every page in Japanese", () => inDemo("terminal-ja", (world) => everyPage(world, "ja"))],
  ["every page in English", () => inDemo("terminal-en", (world) => everyPage(world, "en"))],
  ["no text is left in the other language", bothLanguages],
]);
await chromium.close();

async function everyPage(world, language) {
  const look = async (page, name) => {
    seen[language].set(name, await judge(page, name, language));
    await screenshot(page, `${language}-terminal-${name}`);
  };
  const customer = await (await person(chromium, { language })).newPage();
  const examiner = await (await person(chromium, { language })).newPage();
  try {
    await logsIn(customer);
    await applies(customer, look);
    const pins = await sitsDown(world, examiner);
    await givesBack(examiner, pins, look);
    await corrects(customer, look);
    await approves(examiner, pins, look);
    await acquires(world, customer, look);
    await withdraws(customer, look);
  } finally {
    await customer.context().close();
    await examiner.context().close();
  }
}

async function logsIn(page) {
  await page.goto(`${CENTRE}/sign-in`);
  if (!(await page.locator("#login").count())) return;
  await page.locator("#login").fill(HANAKO.login);
  await page.locator("#password").fill(HANAKO.password);
  await press(page, "#log-in");
}

/** N1 to N5, with what can be mistyped. */
async function applies(page, look) {
  await page.goto(`${CENTRE}/reissue`);
  await look(page, "guide");
  await press(page, "#next");
  await look(page, "contact");
  await page.locator("#phone").fill("03-12");
  await press(page, "#next");
  await look(page, "contact-wrong");
  await page.locator("#phone").fill("0399998888");
  await press(page, "#next");
  await look(page, "terminals");
  await page.locator("#picker summary").click();
  await look(page, "terminals-picker");
  await page.locator("#day").fill("20261128");
  await press(page, "#next");
  await look(page, "terminals-wrong");
  await chooses(page, DAY);
  await look(page, "confirm");
  await press(page, "#final");
  await look(page, "done");
}

async function chooses(page, day) {
  await page.locator("#day").fill(day);
  await page.locator("input[name=cause]").first().check();
  await page.locator("table.terminals input[type=checkbox]").first().check();
  await press(page, "#next");
}

async function sitsDown(world, page) {
  const pins = await lay(world, "examiner");
  await page.goto(`${DESK}/queue`);
  await through(page, pins);
  await page.locator(".who").waitFor();
  return pins;
}

async function opens(page) {
  await page.goto(`${DESK}/queue`);
  await press(page, page.locator("table.queue tbody tr").filter({ hasText: "見本通関" }).locator("th a"));
}

async function givesBack(page, pins, look) {
  await page.goto(`${DESK}/queue`);
  await look(page, "queue");
  await opens(page);
  await look(page, "examined");
  await press(page, "#take");
  await press(page, "#refuse");
  await look(page, "examined-no-reason");
  await page.locator("#return").selectOption({ index: 1 });
  await press(page, "#give-back");
  await look(page, "examined-sign");
  await through(page, pins);
  await page.locator("#notice").waitFor();
  await look(page, "examined-returned");
}

/** 申込内容の確認, 修正 */
async function corrects(page, look) {
  await page.goto(CENTRE);
  await look(page, "menu-returned");
  await page.goto(`${CENTRE}/applications`);
  await look(page, "applications");
  await press(page, "table.queue tbody th a");
  await look(page, "application-returned");
  await press(page, "#correct");
  await look(page, "guide-correct");
  await press(page, "#next");
  await press(page, "#next");
  await press(page, "#next");
  await press(page, "#final");
  await look(page, "done-corrected");
}

async function approves(page, pins, look) {
  await opens(page);
  if (await page.locator("#take").count()) await press(page, "#take");
  await press(page, "#approve");
  await through(page, pins);
  await page.locator("#notice").waitFor();
  await look(page, "examined-approved");
}

/** デジタル証明書の取得, to the door of the agent, and 取得手順書. */
async function acquires(world, page, look) {
  await page.goto(`${CENTRE}/acquisition`);
  await look(page, "acquisition-before");
  await world.goTo(MORNING);
  await logsIn(page);
  await until(async () => {
    await page.goto(`${CENTRE}/acquisition`);
    return (await page.locator("tbody .tag").allInnerTexts()).some((state) => /取得可能|Can be acquired/.test(state));
  }, "the morning");
  await look(page, "acquisition");
  await press(page, "table.queue tbody th a");
  await look(page, "acquisition-terminal");
  await press(page, "#show");
  await look(page, "acquisition-code");
  await press(page, "#begin");
  await look(page, "acquisition-agent");
  await page.goto(`${CENTRE}/acquisition/guide`);
  await look(page, "guides");
  await press(page, "main ul a");
  await look(page, "guide-of-a-browser");
}

async function withdraws(page, look) {
  await page.goto(`${CENTRE}/reissue`);
  await press(page, "#next");
  await press(page, "#next");
  await chooses(page, "20261130");
  await press(page, "#final");
  await press(page, "#follow");
  await look(page, "application");
  await press(page, "#withdraw");
  await look(page, "withdraw");
  await press(page, "main form .button");
  await look(page, "application-withdrawn");
  await check("it is withdrawn", async () => holds(await page.locator("main").innerText(), /取り下げ|withdrawn/i));
}

async function bothLanguages() {
  await check("both languages have the same pages", () => {
    const [japanese, english] = [seen.ja, seen.en].map((pages) => [...pages.keys()].join(" "));
    if (japanese !== english || seen.ja.size < 24) throw new Error(`${seen.ja.size} pages: ${japanese} – ${english}`);
  });
  for (const [name, texts] of seen.ja) await judgeBoth(name, texts, seen.en.get(name) ?? []);
}
