// Every page of procedure 004 in both languages: the city's, the reservation app's and the kiosk's. What page-judge.mjs asks of
// each; nobody prints at a kiosk, so that its pages are judged for what is seen.

import { browser, person, screenshot } from "./browser.mjs";
import { PORTAL, START, inDemo } from "./demo.mjs";
import { judge, judgeBoth, judgeShape, texts, violationsOf } from "./page-judge.mjs";
import { check, holds, journeys, same } from "./tap.mjs";
import { until } from "./until.mjs";

const CITY = `${PORTAL}/mihon-city`;
const APP = "http://127.0.0.1:24818/";
const KIOSK = "http://127.0.0.1:24819/";
const NEW = "ATARASHI77";
const A_DAY = 86_400;

const chromium = await browser();
const seen = { ja: new Map(), en: new Map() };

await journeys([
  ["every page in Japanese", () => inDemo("citizen-ja", (world) => everyPage(world, "ja"))],
  ["every page in English", () => inDemo("citizen-en", (world) => everyPage(world, "en"))],
  ["no text is left in the other language", bothLanguages],
]);
await chromium.close();

async function everyPage(world, language) {
  const context = await person(chromium, { language });
  const page = await context.newPage();
  const keep = async (name, judged) => {
    seen[language].set(name, judged);
    await screenshot(page, `${language}-citizen-${name}`);
  };
  const paper = async (name) => keep(name, await judge(page, name, language));
  const screen = async (name) => {
    await judgeShape(page, `${name} (${language})`);
    await keep(name, await texts(page));
  };
  // A kiosk's screen is never narrow, and its keys have the size of fingers.
  const kiosk = async (name) => {
    await check(`${name} (${language}): axe-core finds no violation`, async () => same((await violationsOf(page)).join("; "), ""));
    await keep(name, await texts(page));
  };
  try {
    for (const [name, path] of [["city", ""], ["city-flow", "/pin-reset/flow"], ["city-terms", "/pin-reset/terms"]]) {
      await page.goto(CITY + path);
      await paper(name);
    }
    await reserves(page, screen);
    await sets(page, kiosk);
    await isRefused(page, world, screen, kiosk);
    await isSentAway(page, screen);
  } finally {
    await context.close();
  }
}

/** STEP 1, with what can be mistyped and who else may stand before the camera. */
async function reserves(page, look) {
  const [hanako] = (await state()).citizens;
  await page.goto(APP);
  await at(page, "terms");
  await look("app-terms");
  await page.locator("#agreed").check();
  await page.locator("#go").click();
  await at(page, "card");
  await look("app-no-card");
  await order({ lay: { card: hanako.id, place: "phone" } });
  await page.locator("#reader .ok").waitFor();
  await look("app-card");
  await page.locator("#pin").fill(hanako.pin === "0000" ? "1111" : "0000");
  await page.locator("#go").click();
  await page.locator(".note").filter({ hasText: "E-PIN-WRONG" }).waitFor();
  await look("app-card-wrong");
  await page.locator("#pin").fill(hanako.pin);
  await page.locator("#go").click();
  await at(page, "number");
  await look("app-number");
  for (const [field, value] of Object.entries({ birth: hanako.birth, expiry: hanako.expiry, code: hanako.code })) await page.locator(`#${field}`).fill(value);
  await page.locator("#go").click();
  await at(page, "face");
  await order({ camera: { person: "locked" } });
  await page.reload();
  await look("app-face");
  await page.locator("#shoot:enabled").click();
  await page.locator(".note").filter({ hasText: "E-FACE-FAIL" }).waitFor();
  await look("app-face-unlike");
  await order({ camera: { person: hanako.id } });
  await page.reload();
  await page.locator("#shoot:enabled").click();
  await at(page, "kept");
  await look("app-kept");
  await page.locator("#cancel").click();
  await at(page, "cancel");
  await look("app-cancel");
  await page.locator("#no").click();
  await at(page, "kept");
}

/** STEP 2 to its end. */
async function sets(page, look) {
  const [hanako] = (await state()).citizens;
  await page.setViewportSize({ width: 1080, height: 1920 });
  await page.goto(KIOSK);
  await page.locator("#menu:enabled").waitFor();
  await look("kiosk-top");
  await page.locator("#menu").click();
  await at(page, "guidance");
  await look("kiosk-guidance");
  await page.locator("#next").click();
  await at(page, "insert");
  await look("kiosk-insert");
  await order({ lay: { card: hanako.id, place: "kiosk" } });
  await at(page, "pin");
  await look("kiosk-pin");
  await type(page, hanako.pin);
  await page.locator("#go").click();
  await at(page, "found");
  await look("kiosk-found");
  await page.locator("#next").click();
  await at(page, "password");
  await look("kiosk-password");
  await type(page, NEW);
  await page.locator("#go").click();
  await at(page, "again");
  await look("kiosk-again");
  await type(page, NEW);
  await page.locator("#go").click();
  await at(page, "done");
  await look("kiosk-done");
  await page.locator("#quit").click();
  await at(page, "take");
  await look("kiosk-take");
  await check("the kiosk is free as soon as the card is out", async () => {
    await order({ lay: { card: hanako.id, place: null } });
    await at(page, "top");
  });
}

/** K2 with a reservation that was used, one of somebody else, one that was cancelled and one that has expired; and what the app
 * says of the last two. */
async function isRefused(page, world, look, lookAtKiosk) {
  const [hanako] = (await state()).citizens;
  await isToldAtKiosk(page, hanako.id, "E-RSV-USED");
  await lookAtKiosk("kiosk-used");
  await leaves(page, hanako.id);
  await reservesAgain(page, "locked");
  await isToldAtKiosk(page, "digits", "E-RSV-NONE");
  await lookAtKiosk("kiosk-another");
  await leaves(page, "digits");
  await onPhone(page);
  await page.locator("#cancel").click();
  await at(page, "cancel");
  await page.locator("#yes").click();
  await at(page, "kept");
  await page.locator("#cancel").waitFor({ state: "detached" });
  await look("app-cancelled");
  await isToldAtKiosk(page, "locked", "E-RSV-NONE");
  await leaves(page, "locked");
  await reservesAgain(page, "locked");
  await world.advance(A_DAY + 60);
  // The app hears the server's clock anew after a while.
  await until(async () => {
    await onPhone(page);
    return !(await page.locator("#cancel").count());
  }, "the app shows that the reservation is over");
  await look("app-expired");
  await isToldAtKiosk(page, "locked", "E-RSV-EXPIRED");
  await lookAtKiosk("kiosk-expired");
  await leaves(page, "locked");
}

/** STEP 1 without a look at anything. */
async function reservesAgain(page, id) {
  const one = (await state()).citizens.find((citizen) => citizen.id === id);
  await onPhone(page);
  if (await page.locator("#close").count()) await page.locator("#close").click();
  await at(page, "terms");
  await page.locator("#agreed").check();
  await page.locator("#go").click();
  await order({ lay: { card: id, place: "phone" } });
  await page.locator("#reader .ok").waitFor();
  await page.locator("#pin").fill(one.pin);
  await page.locator("#go").click();
  await at(page, "number");
  for (const field of ["birth", "expiry", "code"]) await page.locator(`#${field}`).fill(one[field]);
  await page.locator("#go").click();
  await at(page, "face");
  await order({ camera: { person: id } });
  await page.reload();
  await page.locator("#shoot:enabled").click();
  await at(page, "kept");
}

/** A card is set at the kiosk, which ends with this message. */
async function isToldAtKiosk(page, id, code) {
  await page.setViewportSize({ width: 1080, height: 1920 });
  await page.goto(KIOSK);
  await page.locator("#menu:enabled").click();
  await at(page, "guidance");
  await page.locator("#next").click();
  await at(page, "insert");
  await order({ lay: { card: id, place: "kiosk" } });
  await at(page, "ended");
  await check(`a card that is refused with ${code} is told so before any digit is asked`, async () => holds(await page.locator("main").innerText(), code));
}

/** The session's end, and the card taken. */
async function leaves(page, id) {
  await page.locator("#quit").click();
  await order({ lay: { card: id, place: null } });
  await at(page, "top");
}

async function onPhone(page) {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(APP);
}

/** A card whose four digits are locked. */
async function isSentAway(page, look) {
  await onPhone(page);
  await page.locator("#close").click();
  await at(page, "terms");
  await page.locator("#agreed").check();
  await page.locator("#go").click();
  await order({ lay: { card: "digits", place: "phone" } });
  await page.locator("#reader").filter({ hasText: "E-PIN-LOCKED-JPKI4" }).waitFor();
  same(await page.locator("#go").isDisabled(), true);
  await look("app-locked");
}

async function bothLanguages() {
  for (const [name, japanese] of seen.ja) await judgeBoth(name, japanese, seen.en.get(name) ?? []);
}

async function at(page, stage) {
  await page.locator(`body[data-stage=${stage}]`).waitFor();
}

async function type(page, text) {
  for (const key of text) await page.locator(`[data-key="${key}"]`).click();
}

async function state() {
  return (await fetch(`${START}/state`)).json();
}

async function order(body) {
  const answer = await fetch(`${START}/citizen`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`POST /citizen: ${answer.status} ${await answer.text()}`);
}
