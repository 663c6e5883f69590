// The tour of the demo's start page: the second officer logs in, takes the application on paper, looks through it and
// approves it with the card; then the holder's card is revoked. Whoever entered it is refused.

import { browser, screenshot } from "./browser.mjs";
import { OFFICE, PORTAL, START } from "./demo.mjs";
import { check, holds, journeys, same, stepwise } from "./tap.mjs";
import { until } from "./until.mjs";
import { AT, consent, expectPath, press, toPin } from "./walk.mjs";
import { walkedIn } from "./walked.mjs";

const DESK = `${PORTAL}/console/${OFFICE}`;
const HOLDER = "山﨑 花子";
const chromium = await browser();
const walked = walkedIn(chromium);

await journeys([
  walked("the second person approves, and the card is revoked", "tour", secondPerson),
  walked("whoever entered it does not approve it", "tour-same", samePerson),
]);
await chromium.close();

async function secondPerson(page, world) {
  const step = stepwise();
  await step("the start page tells the tour and leads to the console", async () => {
    await page.goto(START);
    same(await page.locator(`a[href="${DESK}"]`).count(), 2);
    await screenshot(page, "demo-start");
  });
  await step("the second officer logs in with the card from the drawer", async () => {
    await world.insert("approval");
    await logIn(page, await world.pin("approval"));
    holds(await page.locator(".who").innerText(), "石井 誠");
  });
  await step("the queue shows the application that waits", async () => {
    await page.goto(`${DESK}/queue`);
    holds(await page.locator("table.queue").innerText(), HOLDER);
    await screenshot(page, "console-queue");
  });
  await step("the officer takes it and looks through it, the first officer's signature in its history", async () => {
    await press(page, "table.queue tbody th a");
    await press(page, "#take");
    const said = await page.locator("main").innerText();
    for (const part of [HOLDER, "青山 恵", "有限会社例示建設"]) holds(said, part);
    await screenshot(page, "console-case");
  });
  await step("the approval is shown before it is signed", async () => {
    await press(page, "#decide");
    await page.locator("#verdict input[value=approve]").check();
    await press(page, "#look");
    await page.locator("#preview").waitFor();
    await screenshot(page, "console-decision");
  });
  await check("control: until the signature nothing is revoked", async () => same(await revoked(world), false));
  await step("the card signs the decision", async () => {
    await press(page, "#sign");
    await press(page, AT.openAgent);
    await toPin(page);
    holds(await page.locator("body").innerText(), "書面による失効申込の決定");
    await consent(page, await world.pin("approval"));
    await expectPath(page, /\/console\//);
  });
  await step("the drawer says that the holder's card is revoked, and the holder has a mail", async () => {
    same(await revoked(world), true);
    const mails = await until(async () => {
      const theirs = await world.mails(1, "hanako@example.jp");
      return theirs.some((mail) => mail.subject.includes("失効完了")) && theirs;
    }, "the mail that says that it is revoked");
    holds(mails.map((mail) => mail.text).join(""), HOLDER);
  });
}

async function samePerson(page, world) {
  const step = stepwise();
  await step("the officer who entered it finds the application", async () => {
    await world.insert("entry");
    await logIn(page, await world.pin("entry"));
    await page.goto(`${DESK}/queue`);
    await press(page, "table.queue tbody th a");
    holds(await page.locator("main").innerText(), HOLDER);
  });
  await step("… and is told why it is not for the same person to approve", async () => {
    holds(await page.locator("#not").innerText(), "承認できません");
    same(await page.locator("#take").count(), 0);
    same(await revoked(world), false);
  });
}

async function logIn(page, pin) {
  await page.goto(`${DESK}/own`);
  await expectPath(page, /\/login$/);
  await press(page, AT.openAgent);
  await toPin(page);
  await consent(page, pin);
  await page.waitForURL(/\/console\//);
}

async function revoked(world) {
  return (await world.state()).cards.find((card) => card.id === "late").revoked;
}
