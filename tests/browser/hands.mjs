// The whole of procedure 000 with other hands: in English, by keyboard alone, without script; and an examination by keyboard
// alone.

import { browser, person, screenshot } from "./browser.mjs";
import { CARDS, PORTAL, START_OF_REVOCATION, inDemo } from "./demo.mjs";
import { lay } from "./drawer.mjs";
import { Hands } from "./keyboard.mjs";
import { check, holds, journeys, same } from "./tap.mjs";
import { APPLICATION, AT, atAgent, consent, expectPath, fill, openAgent, opened, press, pressForWindow, readBoth, receiptNumber, toConfirm, toDone, toPin } from "./walk.mjs";

const chromium = await browser();

async function inEnglish(world) {
  const context = await person(chromium, { language: "en" });
  const page = await context.newPage();
  const pin = await world.pin(CARDS.valid);
  await check("a browser that prefers English gets English pages, and the agent follows", async () => {
    await page.goto(START_OF_REVOCATION);
    same(await page.locator("html").getAttribute("lang"), "en");
    await readBoth(page);
    await press(page, AT.agree);
    await openAgent(page);
    await toPin(page);
    same(await page.locator("html").getAttribute("lang"), "en");
    await screenshot(page, "en-agent");
    await consent(page, pin);
    await expectPath(page, /\/revocation\/certificate$/);
  });
  await check("the journey ends at an English receipt with a number", async () => {
    await press(page, AT.toForm);
    await fill(page);
    await screenshot(page, "en-form");
    await press(page, AT.toConfirm);
    await toDone(page, pin);
    await receiptNumber(page);
    await screenshot(page, "en-done");
  });
  await check("the mails are in English", async () => {
    for (const mail of await world.mails(2)) holds(mail.subject, /^[\x20-\x7e–—’]+$/);
  });
  await context.close();
}

async function byKeyboard(world) {
  const context = await person(chromium);
  const page = await context.newPage();
  const hands = new Hands(page);
  const pin = await world.pin(CARDS.valid);
  await check("Tab, Space and Enter lead from the start to the receipt, and each stop shows its focus", async () => {
    await page.goto(START_OF_REVOCATION);
    for (const [read, which] of [AT.flow, AT.terms].entries()) {
      await hands.reach(which);
      const [window] = await Promise.all([context.waitForEvent("page"), page.keyboard.press("Enter")]);
      await window.waitForLoadState("load");
      await window.close();
      await page.bringToFront();
      // The page renews itself and shows the text as read.
      await page.locator(".must.read").nth(read).waitFor();
    }
    await opened(page);
    await hands.pressOn(AT.agree);
    await hands.pressOn(AT.openAgent);
    await hands.atAgent(pin);
    await expectPath(page, /\/revocation\/certificate$/);
    await hands.pressOn(AT.toForm);
    await hands.type(APPLICATION);
    await hands.pressOn(AT.toConfirm);
    await expectPath(page, /\/revocation\/confirm$/);
    await hands.reach(AT.confirmed);
    await page.keyboard.press("Space");
    await hands.pressOn(AT.submit);
    await hands.pressOn(AT.openAgent);
    await hands.atAgent(pin);
    await expectPath(page, /\/revocation\/done$/);
    await receiptNumber(page);
  });
  await check("every focused element was visibly so", () => {
    if (hands.unseen.length) throw new Error(hands.unseen.slice(0, 5).join("; "));
    if (hands.stops < 20) throw new Error(`only ${hands.stops} stops`);
  });
  await context.close();
}

async function withoutScript(world) {
  const context = await person(chromium, { script: "without" });
  const page = await context.newPage();
  const pin = await world.pin(CARDS.valid);
  await page.goto(START_OF_REVOCATION);
  await check("without script the gate's button is enabled, and the server answers E-GATE-1", async () => {
    same(await page.locator(AT.agree).isEnabled(), true);
    await press(page, AT.agree);
    holds(await page.locator("main").innerText(), "E-GATE-1");
  });
  await check("without script the whole way is walked", async () => {
    // Without script the page does not notice by itself that the windows were opened.
    for (const which of [AT.flow, AT.terms]) await (await pressForWindow(page, which)).close();
    await page.goto(START_OF_REVOCATION);
    await press(page, AT.agree);
    await openAgent(page);
    await consent(page, pin);
    await expectPath(page, /\/revocation\/certificate$/);
    await toConfirm(page);
  });
  await check("gate 2: without the checkbox the server answers E-GATE-2", async () => {
    await press(page, AT.submit);
    holds(await page.locator("main").innerText(), "E-GATE-2");
  });
  await check("and with it the application is accepted", async () => {
    await toDone(page, pin);
    await receiptNumber(page);
  });
  await context.close();
}

/** Two applications of the demo, one that nobody has yet and one that this examiner has. */
async function examinesByKeyboard(world) {
  const context = await person(chromium);
  const page = await context.newPage();
  const hands = new Hands(page);
  const [pin] = await lay(world, "examiner");
  const opens = async (state) => {
    await page.goto(`${PORTAL}/console/mihon-center/queue`);
    const row = page.locator("table.queue tbody tr").filter({ hasText: state });
    await hands.pressOn(`a[href="${await row.locator("th a").getAttribute("href")}"]`);
  };
  const signs = async (control, state) => {
    await hands.pressOn(control);
    await hands.pressOn(AT.openAgent);
    await hands.atAgent(pin);
    await page.locator("#notice").waitFor();
    holds(await page.locator("#state").innerText(), state);
  };
  await check("Tab and Enter log the examiner in", async () => {
    await page.goto(`${PORTAL}/console/mihon-center/queue`);
    await hands.pressOn(AT.openAgent);
    await hands.atAgent(pin);
    await page.locator(".who").waitFor();
  });
  await check("… take an application, choose why it is given back, say so in words, and sign", async () => {
    await opens("受付");
    await hands.pressOn("#take");
    await hands.reach("#return");
    await hands.choose("return", "terminals");
    await hands.reach("#remark");
    await page.keyboard.type("ご希望日をご確認ください。");
    await signs("#give-back", "確認事項あり");
    holds(await page.locator("main").innerText(), "ご希望日をご確認ください。");
  });
  await check("… and approve another one", async () => {
    await opens("審査中");
    await signs("#approve", "審査終了");
  });
  await check("every focused element of it was visibly so", () => {
    if (hands.unseen.length) throw new Error(hands.unseen.slice(0, 5).join("; "));
    if (hands.stops < 40) throw new Error(`only ${hands.stops} stops`);
  });
  await context.close();
}

await journeys([
  ["in English", () => inDemo("english", inEnglish)],
  ["by keyboard alone", () => inDemo("keyboard", byKeyboard)],
  ["without script", () => inDemo("no-script", withoutScript)],
  ["an examination by keyboard alone", () => inDemo("keyboard-examiner", examinesByKeyboard)],
]);
await chromium.close();
