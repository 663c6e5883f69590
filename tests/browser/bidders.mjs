// 利用者登録メニュー, 登録 and login by card before two ordering bodies, with a card of ours and one that others wrote: kagimori and
// kagimori-agent as two processes, the portal by HTTPS, the cards in readers of the real pcscd.

import { at, DESK, enters, goesThrough, login, registers } from "./bidder.mjs";
import { browser, person, screenshot } from "./browser.mjs";
import { Readers } from "./readers.mjs";
import { stand } from "./stand.mjs";
import { holds, journeys, same, stepwise } from "./tap.mjs";
import { AT, atAgent, expectPath, press } from "./walk.mjs";

const chromium = await browser({ names: { [new URL(stand.portal).hostname]: "127.0.0.1" }, env: { HOME: stand.home } });
const readers = await Readers.watched();
try {
  await journeys(stand.bidders.map((bidder) => [bidder.told, () => comesAndGoes(bidder)]));
} finally {
  await readers.close();
  await chromium.close();
}

async function comesAndGoes(bidder) {
  const step = stepwise();
  const context = await person(chromium);
  const page = await context.newPage();
  try {
    await step("利用者登録メニュー has 登録, 変更 and ICカード更新", async () => {
      await page.goto(at(bidder));
      holds(await page.locator("h1").innerText(), "利用者登録メニュー");
      for (const [control, word] of [[DESK.register, "登録"], [DESK.change, "変更"], [DESK.renew, "ICカード更新"]]) {
        same((await page.locator(control).innerText()).trim(), word);
      }
      holds(await page.locator("body").innerText(), "お問い合わせ");
      await screenshot(page, `bidders-${bidder.key}-menu`);
    });
    await step("a card that is not registered is told so, and no PIN of it is asked", async () => {
      await readers.hold(bidder.old);
      await page.goto(at(bidder, "/login"));
      await press(page, AT.openAgent);
      const met = await goesThrough(page, bidder, [bidder.old]);
      same(met.filter(({ pin }) => pin).length, 0);
      holds(await page.locator("main").innerText(), stand.refusals.unknown);
    });
    await step("登録: it is registered, the company proved by its number and the code of a letter, the text signed by the card", async () => {
      holds((await registers(chromium, bidder)).replaceAll("-", ""), /^\d{11}$/);
    });
    await step("ログイン: the card proves itself, and the page says who is logged in", async () => {
      same(await enters(page, bidder, bidder.old), "in");
      await page.goto(at(bidder, "/account"));
      const text = await page.locator("main").innerText();
      for (const part of [bidder.company, bidder.old.serial, bidder.mail]) holds(text, part);
      await screenshot(page, `bidders-${bidder.key}-account`);
    });
    await step("the same card is not registered twice", async () => {
      const other = await person(chromium);
      try {
        const again = await other.newPage();
        await again.goto(at(bidder, "/registration"));
        await press(again, DESK.begin);
        if (!atAgent(again)) await press(again, AT.openAgent);
        await goesThrough(again, bidder, [bidder.old]);
        holds(await again.locator("main").innerText(), "E-CARD-REGISTERED");
      } finally {
        await other.close();
      }
    });
    if (bidder.policy === "review") await step("the login ends when the card leaves the reader", async () => {
      await page.goto(at(bidder, "/account"));
      holds(await page.locator("main").innerText(), bidder.company);
      await readers.hold();
      // The page itself sees it and says why; nobody presses anything.
      await page.waitForURL((url) => url.pathname.endsWith("/ended") && url.searchParams.get("why") === "card", { timeout: 30_000 });
      await page.goto(at(bidder, "/account"));
      await expectPath(page, /\/login$/);
    });
    else await step("ログアウト ends the login, the card being out of the reader or not", async () => {
      await readers.hold();
      await page.goto(at(bidder, "/account"));
      holds(await page.locator("main").innerText(), bidder.company);
      await press(page, DESK.logout);
      await expectPath(page, /\/ended$/);
      await page.goto(at(bidder, "/account"));
      await expectPath(page, /\/login$/);
    });
    await step("control: back in the reader, the card logs in", async () => {
      await readers.hold(bidder.old);
      same(await login(chromium, bidder, bidder.old), "in");
    });
    await step("the new card is not registered, and does not", async () => {
      await readers.hold(bidder.new);
      same(await login(chromium, bidder, bidder.new), stand.refusals.unknown);
    });
  } finally {
    await context.close();
  }
}
