// What goes wrong at ICカード更新, with one reader and with two: each time the page says what happened and what to do, nothing that
// was typed is lost, the cards log in as before, and the same renewal is then walked to its end.

import { asksPin, at, chooses, DESK, enters, goesThrough, login, registers } from "./bidder.mjs";
import { browser, person, screenshot } from "./browser.mjs";
import { Readers } from "./readers.mjs";
import { stand } from "./stand.mjs";
import { holds, journeys, same, stepwise } from "./tap.mjs";
import { AT, atAgent, expectPath, press, settled, shows } from "./walk.mjs";

const [one, two, other] = stand.bidders;
const { spares } = stand;
const VALID = "有効な新しいICカードを挿入してください";
/** What is said at the reader of a card that cannot become the new one, and what is to be done then. */
const UNFIT = [
  ["that another company is registered with", other.old, "E-CARD-REGISTERED", "既に利用者登録されています", "まだ登録していない新しいICカードを挿入してください"],
  ["that was revoked", spares.revoked, "E-CERT-REVOKED", "失効しています", VALID],
  ["that has expired", spares.expired, "E-CERT-EXPIRED", "が切れています", VALID],
  ["that is not valid yet", spares.early, "E-CERT-NOTYET", "まだ有効期間前です", "有効期間が始まってから"],
  ["of which nobody can say whether it was revoked", spares.unknown, "E-CERT-UNKNOWN", "失効情報を確認できない", "しばらくしてから"],
  ["of an authority that the office does not accept", spares.foreign, "E-CERT-ISSUER", "この認証局の電子証明書はご利用いただけません", "電子入札に対応した認証局のICカードを挿入してください"],
];
const TYPED = "田中";

const chromium = await browser({ names: { [new URL(stand.portal).hostname]: "127.0.0.1" }, env: { HOME: stand.home } });
const readers = await Readers.watched();
try {
  await journeys([
    [one.told, withOneReader],
    [two.told, withTwoReaders],
  ]);
} finally {
  await readers.close();
  await chromium.close();
}

async function withOneReader() {
  const step = stepwise();
  const context = await person(chromium);
  const page = await context.newPage();
  try {
    await step("the company is registered with its current card, and another company with a card of its own", async () => {
      for (const company of [other, one]) {
        await readers.hold(company.old);
        await registers(chromium, company);
      }
    });
    await step("R111: the new card first is told before any PIN, and another card may be tried", async () => {
      await readers.hold(one.new);
      await begins(page, one);
      const met = await goesThrough(page, one, [one.new]);
      same(met.filter(({ pin }) => pin).length, 0);
      await says(page, "E-CARD-SWAPPED", "現在登録されているカードではありません", "新旧のカードが逆になっていないか");
      await readers.hold(one.old);
      await again(page);
    });
    await step("E-CARD-REMOVED: the current card pulled at its PIN is missed by name, and asked for again when it is back", async () => {
      await goesThrough(page, one, [one.old], { stops: asksPin });
      await readers.hold();
      await says(page, "E-CARD-REMOVED", "処理中にICカードが抜かれました", "");
      same(await page.locator("#go").count(), 0);
      await screenshot(page, "renewal-refused-removed");
      await readers.hold(one.old);
      await page.locator("#pin").waitFor();
      await proves(page, one.old);
    });
    await step("R110: the same card twice is told, before any PIN", async () => {
      await page.locator("#now").waitFor();
      await goes(page);
      await says(page, "E-CARD-SAME", "古いICカードと新しいICカードが同じです", "新しいICカードに差し替えてください");
      same(await page.locator("#pin").count(), 0);
      await screenshot(page, "renewal-refused-same");
    });
    for (const [sentence, card, code, happened, next] of UNFIT) {
      await step(`R112 to R114: a card ${sentence} is told at the reader with ${code}, before its PIN`, async () => {
        await readers.swap(0, card);
        await chooses(page, card);
        await goes(page);
        await says(page, code, happened, next);
        same(await page.locator("#pin").count(), 0);
        await screenshot(page, `renewal-refused-${code}`);
        await again(page);
      });
    }
    await step("E-CARD-REMOVED: the new card pulled at its PIN is missed by name, and 担当者 is still as it was typed", async () => {
      await readers.swap(0, one.new);
      await goesThrough(page, one, [one.new], { stops: asksPin });
      await page.locator("#person").fill(TYPED);
      await readers.hold();
      await says(page, "E-CARD-REMOVED", "処理中にICカードが抜かれました", "");
      await readers.hold(one.new);
      await page.locator("#pin").waitFor();
      same(await page.locator("#person").inputValue(), TYPED);
    });
    await step("E-PIN-WRONG: a wrong PIN costs one try, which the page counts, and 担当者 is still as it was typed", async () => {
      await page.locator("#pin").fill(wrong(one.new.pin));
      await goes(page);
      await says(page, "E-PIN-WRONG", "暗証番号", /残り\s*9\s*回/);
      same(await page.locator("#person").inputValue(), TYPED);
      await proves(page, one.new);
      await expectPath(page, /\/renewal\/confirm$/);
      holds(await page.locator("#person").innerText(), TYPED);
    });
    await remains(step, one);
    await thirdCard(step, page, one, [spares.third], [one.new]);
    await ends(step, page, one);
  } finally {
    await context.close();
  }
}

async function withTwoReaders() {
  const step = stepwise();
  const context = await person(chromium);
  const page = await context.newPage();
  try {
    await step("the company is registered and logged in with its current card, the new card in the second reader", async () => {
      await readers.hold(two.old);
      await registers(chromium, two);
      await readers.hold(two.old, two.new);
      same(await enters(page, two, two.old), "in");
    });
    await step("E-CARD-REMOVED: the current card pulled before it signs is missed by name; its PIN has left with it, and is asked for again", async () => {
      await begins(page, two);
      await goesThrough(page, two, [two.old, two.new], { stops: async () => (await page.locator("pre.text").count()) > 0 });
      same(await asksPin(page), false);
      await readers.hold(undefined, two.new);
      await page.locator("#errors").waitFor();
      same(await page.locator("#go").count(), 0);
      await readers.hold(two.old, two.new);
      await page.locator("#pin").waitFor();
      await proves(page, two.old);
    });
    await step("E-CARD-REMOVED: the new card pulled at its PIN is missed by name, whatever is in the other reader", async () => {
      await goesThrough(page, two, [two.old, two.new], { stops: asksPin });
      // At the swap the new card was chosen.
      await chooses(page, two.new).catch(() => {});
      await readers.hold(two.old);
      await page.locator("#errors").waitFor();
      same(await page.locator("#go").count(), 0);
      await readers.hold(two.old, two.new);
      await page.locator("#pin").waitFor();
      await proves(page, two.new);
      await expectPath(page, /\/renewal\/confirm$/);
    });
    await thirdCard(step, page, two, [two.old, spares.other], [two.old, two.new]);
    await ends(step, page, two);
  } finally {
    await context.close();
  }
}

/** 更新 with a card in the new one's place: it is told at the agent, nothing is signed; with the new card back it goes on. */
async function thirdCard(step, page, bidder, instead, cards) {
  await step("R117: a third card at 更新 is told by name, and signs nothing", async () => {
    await readers.hold(...instead);
    await press(page, DESK.final);
    if (!atAgent(page)) await press(page, AT.openAgent);
    await says(page, "E-CARD-CHANGED", "差し替えられました", "最初に確認したカード");
    same(await page.locator("#go").count(), 0);
    await screenshot(page, `renewal-refused-${bidder.key}-third`);
  });
  await step("… with the new card back in its place the same page goes on, and what it signs is what was confirmed", async () => {
    await readers.hold(...cards);
    await page.locator("#go").waitFor();
    const met = await goesThrough(page, bidder, [bidder.new]);
    for (const part of [bidder.old.serial, bidder.new.serial]) holds(met.find(({ kind }) => kind === "sign")?.text ?? "", part);
  });
}

/** After all that was refused nothing has changed. */
async function remains(step, bidder) {
  await step("after all this the current card logs in as before, and the new one does not", async () => {
    await readers.hold(bidder.old);
    same(await login(chromium, bidder, bidder.old), "in");
    await readers.hold(bidder.new);
    same(await login(chromium, bidder, bidder.new), stand.refusals.unknown);
  });
}

/** The renewal that was begun is done, and who may log in has changed. */
async function ends(step, page, bidder) {
  await step("the renewal that was begun comes to its end: the new card logs in, and the old one does not", async () => {
    await expectPath(page, /\/renewal\/done$/);
    same(await page.locator("#renewed").count(), 1);
    for (const [which, outcome] of [["new", "in"], ["old", stand.refusals.renewed]]) {
      await readers.hold(bidder[which]);
      same(await login(chromium, bidder, bidder[which]), outcome);
    }
  });
}

/** From the menu to the agent. */
async function begins(page, bidder) {
  await page.goto(at(bidder));
  await press(page, DESK.renew);
  if (await page.locator(DESK.begin).count()) await press(page, DESK.begin);
  if (!atAgent(page)) await press(page, AT.openAgent);
  await settled(page);
}

/** The page says, by itself and in one place, what happened, under which code, and what to do. */
async function says(page, code, happened, next) {
  await shows(page, code);
  const text = await page.locator("main").innerText();
  holds(text, happened);
  holds(text, next);
}

async function goes(page) {
  await press(page, "#go");
  await settled(page);
}

async function proves(page, card) {
  await page.locator("#pin").fill(card.pin);
  await goes(page);
}

/** 「別のカードでやり直す」 */
async function again(page) {
  await press(page, "#again");
  await settled(page);
}

/** Another PIN of the same form. */
function wrong(pin) {
  return [...pin].map((digit) => (Number(digit) + 1) % 10).join("");
}
