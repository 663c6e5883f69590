// The counter of a city as its clerk works there: an officer's card and the agent, one reader for both cards; then the kiosk, which
// takes the citizen's card with the reservation that the clerk has opened. Every page of the counter is judged in both languages.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { screenshot } from "./browser.mjs";
import { DESK, atCounter } from "./counter.mjs";
import { judge, judgeBoth } from "./page-judge.mjs";
import { stand } from "./stand.mjs";
import { holds, journeys, same, stepwise } from "./tap.mjs";
import { until } from "./until.mjs";
import { AT, atAgent, consent, expectPath, press } from "./walk.mjs";

const KIOSK = `http://127.0.0.1:${stand.kiosk_port}/`;
const GROUPS = stand.number.match(/.{4}/g).join(" ");

await journeys([["a clerk opens a reservation, and the kiosk takes the card", counter]]);

async function counter() {
  await atCounter(async (sitsDown) => {
    const step = stepwise();
    const clerk = await sitsDown("clerk");
    const { page } = clerk;
    let opened = "";
    await step("a clerk of the city logs in, and is at the counter", async () => {
      await clerk.enrols();
      await page.goto(DESK);
      await expectPath(page, /\/counter$/);
      same(await page.locator("h1").innerText(), "窓口での本人確認");
      await bothLanguages(page, "counter", `${DESK}/counter`);
    });
    await step("a number that no card can have is told, and stays where it was typed", async () => {
      await looksUp(page, "4111 1111 1111 1112");
      holds(await page.locator("#error-card").innerText(), "E-NUMBER-FORMAT");
      same(await page.locator("#card").inputValue(), "4111 1111 1111 1112");
      await bothLanguages(page, "counter-wrong", `${DESK}/counter`);
    });
    await step("the card is looked up by the number that is printed on it", async () => {
      await looksUp(page, GROUPS);
      holds(await page.locator("dl.facts").first().innerText(), "有効");
      await press(page, "#next");
      holds(await page.locator("#error-document").innerText(), "E-REQ");
      await page.locator("input[name=document][value=residence_card]").check();
      await screenshot(page, "60-counter-document");
      await press(page, "#next");
      await expectPath(page, /\/counter\/confirm$/);
      await bothLanguages(page, "counter-confirm", `${DESK}/counter/confirm`);
    });
    await step("what was chosen is still there after another language and a look back", async () => {
      await bothLanguages(page, "counter-found", `${DESK}/counter`);
      same(await page.locator("input[name=document]:checked").getAttribute("value"), "residence_card");
      await page.goto(`${DESK}/counter/confirm?lang=ja`);
    });
    await step("a signature that is given up at the agent changes nothing", async () => {
      await press(page, "#sign");
      await expectPath(page, /\/card$/);
      const text = await page.locator("pre.text").innerText();
      for (const said of [stand.number, "在留カード", clerk.name]) holds(text, said);
      await bothLanguages(page, "counter-card", `${DESK}/card`);
      await page.goto(`${DESK}/counter/confirm?lang=ja`);
    });
    await step("the officer's card signs, and the reservation is there to be printed", async () => {
      await press(page, "#sign");
      await press(page, AT.openAgent);
      same(atAgent(page), true);
      await consent(page, clerk.pin);
      await expectPath(page, /\/counter\/[0-9a-z]{26}$/);
      opened = page.url().split("?")[0];
      const said = await page.locator("main").innerText();
      for (const part of ["事前予約が完了しました", "期限", "キオスク端末で手続きできる時間", "暗証番号を書かないでください"]) holds(said, part);
      same(await page.locator("[data-print]").isVisible(), true);
      await screenshot(page, "61-counter-opened");
      await bothLanguages(page, "counter-opened", opened);
    });
    await step("on paper stands no card number and no name of an officer", async () => {
      await page.goto(`${opened}?lang=ja`);
      await page.emulateMedia({ media: "print" });
      const paper = await page.locator("main").innerText();
      await page.emulateMedia({ media: null });
      holds(paper, "受付番号");
      for (const private_ of [GROUPS, stand.number, clerk.name]) same(paper.includes(private_), false);
    });
    await step("no address of the clerk's had the card's number in it", () => same(opened.includes(stand.number), false));
    await clerk.takesCard();
    // A card that follows another one before pcscd has seen that one go is taken for it.
    await until(() => !hasCard(), "pcscd has seen the clerk's card go");
    const card = spawn(stand.citizen[0], stand.citizen.slice(1), { env: { ...process.env, ...stand.env }, stdio: "ignore" });
    try {
      await until(hasCard, "pcscd has seen the citizen's card");
      await step("the kiosk finds the reservation and sets the password", () => sets(page));
    } finally {
      if (card.exitCode === null && card.kill("SIGINT")) await once(card, "exit");
    }
    await step("at the counter the reservation is shown as used, and is not handed out again", async () => {
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.goto(`${opened}?lang=ja`);
      holds(await page.locator("#state").innerText(), "使用済み");
      await bothLanguages(page, "counter-used", opened);
    });
  });
}

/** What pcscd itself says of the reader. */
function hasCard() {
  return execFileSync("opensc-tool", ["--list-readers"], { env: { ...process.env, ...stand.env }, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).includes("Yes");
}

/** K0 to K7. */
async function sets(page) {
  await page.setViewportSize({ width: 1080, height: 1920 });
  await page.goto(KIOSK);
  await page.locator("#menu:enabled").waitFor();
  await to(page, "guidance", () => page.locator("#menu").click());
  await to(page, "pin", () => page.locator("#next").click());
  await types(page, stand.digits);
  await to(page, "found", () => page.locator("#go").click());
  await to(page, "password", () => page.locator("#next").click());
  await types(page, stand.new);
  await to(page, "again", () => page.locator("#go").click());
  await types(page, stand.new);
  await to(page, "done", () => page.locator("#go").click());
}

async function looksUp(page, number) {
  await page.goto(`${DESK}/counter?lang=ja`);
  await page.locator("#card").fill(number);
  await press(page, "#find");
}

async function to(page, stage, act) {
  await act();
  await page.locator(`body[data-stage=${stage}]`).waitFor();
}

async function types(page, text) {
  for (const key of text) await page.locator(`[data-key="${key}"]`).click();
}

/** Judges the page at this address in both languages; ends in Japanese. */
async function bothLanguages(page, name, address) {
  const texts = {};
  for (const language of ["en", "ja"]) {
    await page.goto(`${address}?lang=${language}`);
    texts[language] = await judge(page, name, language);
    await screenshot(page, `${language}-${name}`);
  }
  await judgeBoth(name, texts.ja, texts.en);
}
