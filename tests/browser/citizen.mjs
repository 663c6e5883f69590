// Procedure 004 as its holder walks it: the reservation app with Chromium's camera, then the kiosk, both real processes before
// the real pcscd; the stand reads the server's memory while the reset is announced and not yet reported.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { personWithProfile, screenshot } from "./browser.mjs";
import { holds, journeys, same, stepwise } from "./tap.mjs";

const stand = JSON.parse(readFileSync(process.env.KAGIMORI_STAND, "utf8"));
const APP = `http://127.0.0.1:${stand.app_port}/`;
const KIOSK = `http://127.0.0.1:${stand.kiosk_port}/`;
const CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", `--use-file-for-fake-video-capture=${stand.video}`];

await journeys([
  ["STEP 1 at the app and STEP 2 at the kiosk, in Japanese", both],
]);

async function both() {
  const context = await personWithProfile(join(stand.place, "profile"), { flags: CAMERA }, { width: 390, height: 844 });
  const step = stepwise();
  try {
    const page = await context.newPage();

    await step("P0 the texts are there, and 「同意して進む」 waits for the consent", async () => {
      await page.goto(APP);
      same(await page.locator("h1").innerText(), "はじめに");
      same((await page.locator("#go").innerText()).trim(), "同意して進む");
      same(await page.locator("#go").isDisabled(), true);
      await screenshot(page, "40-app-terms");
      await page.locator("#agreed").check();
      await to(page, "card", () => page.locator("#go").click());
    });
    await step("P1 the card and its tries are told, and 「読み取り開始」 waits for four digits", async () => {
      await page.locator("#reader .ok").waitFor();
      holds(await page.locator("#reader").innerText(), /残り\s*3\s*回/);
      same((await page.locator("#go").innerText()).trim(), "読み取り開始");
      await page.locator("#pin").fill(stand.digits.slice(0, 3));
      same(await page.locator("#go").isDisabled(), true);
      await page.locator("#pin").fill(stand.digits);
      await screenshot(page, "41-app-card");
      await to(page, "number", () => page.locator("#go").click());
    });
    await step("P1 a number that is not printed on the card is told, and what was typed stays", async () => {
      await fill(page, { ...stand.printed, code: stand.printed.code === "0000" ? "0001" : "0000" });
      await page.locator("#go").click();
      await page.locator(".note.error, .note").filter({ hasText: "E-NUMBER-WRONG" }).waitFor();
      same(await page.locator("#birth").inputValue(), stand.printed.birth);
      await screenshot(page, "42-app-number");
      await fill(page, stand.printed);
      await to(page, "face", () => page.locator("#go").click());
    });
    await step("P2 the camera's picture is compared, and nothing but the page's script sends it", async () => {
      holds(await page.locator("#attempts").innerText(), /5/);
      same((await page.locator("#shoot").innerText()).trim(), "撮影開始");
      await page.locator("#shoot:enabled").waitFor();
      await page.waitForFunction(() => document.querySelector("#video").readyState >= 2);
      await screenshot(page, "43-app-face");
      await to(page, "kept", () => page.locator("#shoot").click());
    });
    await step("P3 「事前予約が完了しました」 with the deadline, the hours and a number", async () => {
      holds(await page.locator("main").innerText(), "事前予約が完了しました");
      holds(await page.locator("#until").innerText(), /\d{4}年\d{1,2}月\d{1,2}日/);
      holds(await page.locator("#number").innerText(), /^\d/);
      same((await page.locator("#close").innerText()).trim(), "閉じる");
      same((await page.locator("#cancel").innerText()).trim(), "予約を取り消す");
      await screenshot(page, "44-app-kept");
    });

    await page.setViewportSize({ width: 1080, height: 1920 });
    await step("K0 K1 「行政サービスメニュー」 leads to the guidance", async () => {
      await page.goto(KIOSK);
      same((await page.locator("#menu").innerText()).trim(), "行政サービスメニュー");
      await page.locator("#menu:enabled").waitFor();
      await screenshot(page, "45-kiosk-top");
      await to(page, "guidance", () => page.locator("#menu").click());
      await screenshot(page, "46-kiosk-guidance");
    });
    await step("K2 K3 the card that is set is found, and four digits are asked for", async () => {
      await to(page, "pin", () => page.locator("#next").click());
      await screenshot(page, "47-kiosk-pin");
      same(await page.locator("#go").isDisabled(), true);
      await type(page, stand.digits);
      same((await page.locator("#go").innerText()).trim(), "確認");
      await to(page, "found", () => page.locator("#go").click());
    });
    await step("K4 the reservation is found, and nobody's name is shown", async () => {
      const text = await page.locator("main").innerText();
      holds(text, "予約を確認しました");
      for (const part of stand.person) same(text.includes(part), false);
      await screenshot(page, "48-kiosk-found");
      await to(page, "password", () => page.locator("#next").click());
    });
    await step("K5 the rules tick as one types, and 「次へ」 waits for them", async () => {
      await type(page, stand.new.slice(0, 3));
      same(await page.locator("#rules .ok").count() < 3, true);
      same(await page.locator("#go").isDisabled(), true);
      await type(page, stand.new.slice(3));
      same(await page.locator("#rules .ok").count(), 3);
      same((await page.locator("#field").innerText()).includes(stand.new), false);
      await screenshot(page, "49-kiosk-password");
      await to(page, "again", () => page.locator("#go").click());
    });
    await step("K6 another password than the first is told, and the right one is set", async () => {
      await type(page, `${stand.new.slice(1)}7`);
      await to(page, "password", () => page.locator("#go").click());
      holds(await page.locator("main").innerText(), "E-PW-DIFF");
      await type(page, stand.new);
      await to(page, "again", () => page.locator("#go").click());
      await type(page, stand.new);
      same((await page.locator("#go").innerText()).trim(), "設定する");
      await to(page, "done", () => page.locator("#go").click());
    });
    await step("K7 「暗証番号の再設定完了」, with the time, and the card is to be taken", async () => {
      same(await page.locator("h1").innerText(), "暗証番号の再設定完了");
      holds(await page.locator("#at").innerText(), /\d{4}年/);
      holds(await page.locator("#card-left").innerText(), "カードをお取りください");
      await screenshot(page, "50-kiosk-done");
      await to(page, "take", () => page.locator("#quit").click());
    });
    await step("the app's page says that the reservation was used", async () => {
      await page.setViewportSize({ width: 390, height: 844 });
      await page.goto(APP);
      holds(await page.locator("main").innerText(), "新しい暗証番号が設定されました");
      await screenshot(page, "51-app-used");
    });
    await step("no page ever had a secret in its address", async () => {
      for (const secret of [stand.digits, stand.new]) same(page.url().includes(secret), false);
    });
  } finally {
    await context.close();
  }
}

/** Does something that leads to another page of the same screen, and waits for that one. */
async function to(page, stage, act) {
  await act();
  await page.locator(`body[data-stage=${stage}]`).waitFor();
}

/** The three numbers that are printed on the card. */
async function fill(page, printed) {
  for (const [field, value] of Object.entries(printed)) await page.locator(`#${field}`).fill(value);
}

/** Presses the keys on the screen. */
async function type(page, text) {
  for (const key of text) await page.locator(`[data-key="${key}"]`).click();
}
