// ICカード更新 on the demo as its start page tells it: 001 without script, 002 by keyboard alone, with the two cards in two readers.

import { browser, person } from "./browser.mjs";
import { START, inDemo } from "./demo.mjs";
import { CITY_DESK, CORE, REVIEW, lay, logsIn, through } from "./drawer.mjs";
import { Hands } from "./keyboard.mjs";
import { check, holds, journeys, same } from "./tap.mjs";
import { AT, atAgent, expectPath, press, settled } from "./walk.mjs";

const chromium = await browser();

await journeys([
  ["001 without script", () => inDemo("bidder-no-script", withoutScript)],
  ["002 by keyboard alone", () => inDemo("bidder-keyboard", byKeyboard)],
]);
await chromium.close();

async function withoutScript(world) {
  const context = await person(chromium, { script: "without" });
  const page = await context.newPage();
  const pins = await lay(world);
  await check("the start page puts the cards of the walk into the readers, and stays where the walk is", async () => {
    await page.goto(START);
    for (const card of ["sato", "sato-new"]) {
      await press(page, `form.put:has(input[value="${card}"]):has(input[name=at][value=core]) button`);
      same(new URL(page.url()).hash, "#core");
      pins.push(await world.pin(card));
    }
    same((await world.state()).cards.filter((card) => card.reader).map((card) => `${card.id} ${card.reader}`).join(), "sato 1,sato-new 2");
    for (const place of [CORE, REVIEW, CITY_DESK]) same((await page.locator(`a[href="${place}"]`).count()) > 0, true);
  });
  await check("login, ceremony and 更新 are walked without script", async () => {
    await logsIn(page, CORE, pins);
    await page.goto(`${CORE}/renewal`);
    await press(page, "#begin");
    await through(page, pins);
    await expectPath(page, /\/renewal\/confirm$/);
    await press(page, "#final");
    await through(page, [pins[1], pins[1]]);
    await expectPath(page, /\/renewal\/done$/);
    same(await page.locator("#renewed").count(), 1);
  });
  await context.close();
}

async function byKeyboard(world) {
  const context = await person(chromium);
  const page = await context.newPage();
  const hands = new Hands(page);
  const pins = await lay(world, "suzuki", "tanaka-new");
  await check("Tab, Space and Enter lead from 利用者登録メニュー to what is held", async () => {
    await page.goto(REVIEW);
    await hands.pressOn("#renew");
    await hands.pressOn("#begin");
    await hands.pressOn(AT.openAgent);
    await atReaders(page, hands, pins);
    await expectPath(page, /\/renewal\/confirm$/);
    await hands.pressOn("#final");
    await hands.pressOn(AT.openAgent);
    await atReaders(page, hands, [pins[1], pins[1]]);
    await expectPath(page, /\/renewal\/done$/);
    same(await page.locator("#held").count(), 1);
  });
  await check("every focused element was visibly so", () => {
    if (hands.unseen.length) throw new Error(hands.unseen.slice(0, 5).join("; "));
    if (hands.stops < 30) throw new Error(`only ${hands.stops} stops`);
  });
  await check("the company's mail says that it is held", async () => {
    const [mail] = (await world.mails(2, "eigyo@setsubi.example")).slice(-1);
    holds(mail.text, "審査を行います");
  });
  await context.close();
}

/** At the agent by keyboard: the card of reader 1 until the other one is asked for. */
async function atReaders(page, hands, pins) {
  let number = 1;
  for (let turn = 0; turn < 12; turn += 1) {
    await settled(page);
    if (!atAgent(page)) return;
    if (await page.locator("#now").count()) number = 2;
    if (await page.locator("fieldset.choice").count()) {
      const offered = page.locator("fieldset.choice label").filter({ hasText: `virtual reader ${number}` }).locator("input");
      await offered.waitFor();
      const value = await offered.inputValue();
      await hands.reach("fieldset.choice input");
      await hands.choose("card", value);
    } else if (await page.locator("#pin").count()) {
      await hands.reach("#pin");
      await page.keyboard.type(pins[number - 1]);
    }
    await hands.pressOn("#go");
  }
}
