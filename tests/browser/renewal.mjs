// ICカード更新 as the source documents 001 and 002 have it, with two readers and with one and a swap: kagimori and kagimori-agent
// as two processes, the portal by HTTPS, the cards in readers of the real pcscd. What is held is decided by an officer, by keyboard,
// or withdrawn. Who may log in is shown by logging in.

import { alone, at, DESK, enters, goesThrough, login, registers, withdraws } from "./bidder.mjs";
import { browser, screenshot } from "./browser.mjs";
import { Readers } from "./readers.mjs";
import { Reviewer } from "./reviewer.mjs";
import { stand } from "./stand.mjs";
import { holds, journeys, same, stepwise } from "./tap.mjs";
import { AT, expectPath, press } from "./walk.mjs";

/** The sentences of the source documents. */
const SAYS = {
  old: "現在使用している IC カードが IC カードリーダーに正しく挿入されていることを確認して「OK」ボタンをクリックしてください。",
  new: "新しい IC カードが IC カードリーダーに正しく挿入されていることを確認して「OK」ボタンをクリックしてください。",
  check: { core: "新規に使用するICカードの企業名称とICカード企業名称が御社の企業名称であることを確認してください。", review: "新規に使用するICカードの取得者商号又は名称とICカード取得者商号又は名称が御社の商号又は名称であることを確認してください。" },
  done: { core: "これで IC カードの更新が終了しました。閉じるボタンをクリックして処理を終了させてください。", review: "更新完了" },
  press: "この内容でよろしければ更新ボタンを押してください",
};
/** The rows of the confirmation page. */
const ROWS = {
  core: ["企業名称", "企業住所", "ICカード企業名称", "ICカード企業住所", "ICカード取得者氏名", "ICカード取得者住所", "証明書シリアル番号", "証明書発行者", "証明書有効期限"],
  review: ["商号又は名称", "所在地", "ICカード商号又は名称", "ICカード取得者氏名", "ICカード取得者業者所在地", "証明書シリアル番号", "証明書発行者", "証明書有効期限"],
};
const OLD_ONLY = { old: "in", new: stand.refusals.unknown };
const NEW_ONLY = { old: stand.refusals.renewed, new: "in" };
/** How a renewal ends: what the page says at 更新, who comes after it, and who may log in then. */
const ENDS = {
  renewed: { page: "renewed", may: NEW_ONLY },
  approved: { page: "held", then: (step, bidder) => decides(step, bidder, "approve"), may: NEW_ONLY },
  denied: { page: "held", then: (step, bidder) => decides(step, bidder, "deny", "not_the_person"), may: OLD_ONLY },
  withdrawn: { page: "held", then: (step, bidder) => gives(step, bidder), may: OLD_ONLY },
};
/** What an officer may need from the page of a case to the end of the decision. */
const ACTIONS = 5;

const chromium = await browser({ names: { [new URL(stand.portal).hostname]: "127.0.0.1" }, env: { HOME: stand.home } });
const readers = await Readers.watched();
const reviewer = await Reviewer.sitsDown(chromium, stand.reviewer);
try {
  await readers.hold(reviewer);
  await reviewer.enrols();
  await journeys(stand.bidders.map((bidder) => [`${bidder.told}, ${stand.modes[bidder.mode]}`, () => renews(bidder)]));
} finally {
  await reviewer.leaves();
  await readers.close();
  await chromium.close();
}

/** A company from its 登録 on: each of its renewals, with the logins before, meanwhile and after. */
async function renews(bidder) {
  const step = stepwise();
  await step("登録: the company is registered with its old card", async () => {
    await readers.hold(bidder.old);
    holds((await registers(chromium, bidder)).replaceAll("-", ""), /^\d{11}$/);
  });
  // Of what is held it is shown while it is held.
  if (!ENDS[bidder.ends[0]].then) await logsIn(step, bidder, "before", { new: OLD_ONLY.new });
  for (const how of bidder.ends) {
    console.log(`# … ${how}`);
    await renewal(step, bidder, ENDS[how]);
    await logsIn(step, bidder, how, ENDS[how].may);
  }
}

/** One renewal, to its end. */
async function renewal(step, bidder, end) {
  await alone(chromium, async (page) => {
    await ceremony(step, page, bidder);
    await confirms(step, page, bidder);
    await step(end.page === "held" ? "保留: the page says that it is held and that nothing has changed" : "更新完了: the page says that it is done", async () => {
      await expectPath(page, /\/renewal\/done$/);
      same(await page.locator(`#${end.page}`).count(), 1);
      holds((await page.locator("#number").innerText()).replaceAll("-", ""), /^\d{11}$/);
      holds(await page.locator("main").innerText(), end.page === "held" ? "審査が終わるまで" : SAYS.done[bidder.policy]);
      await screenshot(page, `renewal-${bidder.key}-done`);
    });
  });
  if (!end.then) return;
  await logsIn(step, bidder, "while it is held", OLD_ONLY);
  await end.then(step, bidder);
}

/** Request 1: the old card, the swap or the second reader, the new card; both sign. */
async function ceremony(step, page, bidder) {
  const one = bidder.mode === "swap";
  let events = [];
  let before = 0;
  await step("ICカード更新 begins with the old card, and ends at the confirmation page", async () => {
    await readers.hold(bidder.old, one ? undefined : bidder.new);
    if (bidder.policy === "core") same(await enters(page, bidder, bidder.old), "in");
    await page.goto(at(bidder));
    await press(page, DESK.renew);
    if (await page.locator(DESK.begin).count()) await press(page, DESK.begin);
    if (await page.locator(AT.openAgent).count()) await press(page, AT.openAgent);
    before = readers.events.length;
    const swaps = async (card) => {
      if (one) events = await readers.swap(0, card);
    };
    bidder.met = await goesThrough(page, bidder, [bidder.old, bidder.new], { swaps, person: "田中" });
    await expectPath(page, /\/renewal\/confirm$/);
  });
  await step("the agent asked for the old card and for the new one in the words of the source document", () => {
    const texts = bidder.met.map(({ text }) => text.replace(/\s+/g, ""));
    for (const says of [SAYS.old, SAYS.new]) {
      if (!texts.some((text) => text.includes(says.replace(/\s+/g, "")))) throw new Error(`${says} was not shown: ${texts.join(" | ").slice(0, 600)}`);
    }
  });
  await step(bidder.policy === "core" ? "the PIN of the old card was not asked again; that of the new one as the shortcut has it" : "the PIN of each card was asked", () => {
    const asked = bidder.met.filter(({ pin }) => pin).length;
    same(asked, bidder.policy === "review" ? 2 : bidder.same_pin ? 0 : 1);
  });
  await step(one ? "the swap was one removal and one insertion, as pcscd counts them" : "control: with two readers pcscd reported neither a removal nor an insertion", () => {
    if (!one) return same(readers.events.length, before);
    const [out, into, ...more] = events;
    same(more.length, 0);
    same(`${out.slot} ${out.card} ${into.slot} ${into.card}`, "0 false 0 true");
    same(into.count, out.count + 1);
    return same(readers.events.length, before + 2);
  });
}

/** The confirmation page, and 更新, which the new card signs. */
async function confirms(step, page, bidder) {
  await step("電子証明書更新確認 shows both cards, row by row, and the sentences of the source document", async () => {
    const text = await page.locator("main").innerText();
    for (const row of ROWS[bidder.policy]) holds(text, row);
    for (const card of [bidder.old, bidder.new]) for (const part of [card.serial, card.holder, card.company]) holds(text, part);
    holds(text, SAYS.check[bidder.policy]);
    holds(text, SAYS.press);
    await screenshot(page, `renewal-${bidder.key}-confirm`);
  });
  await step("更新 is signed by the new card over the text that the agent shows", async () => {
    await readers.hold(...(bidder.mode === "swap" ? [bidder.new] : [bidder.old, bidder.new]));
    await press(page, DESK.final);
    if (await page.locator(AT.openAgent).count()) await press(page, AT.openAgent);
    const met = await goesThrough(page, bidder, [bidder.new]);
    const signed = met.find(({ kind }) => kind === "sign")?.text ?? "";
    for (const part of [bidder.old.serial, bidder.new.serial]) holds(signed, part);
  });
}

/** An officer decides what is held from its page, with the own card in the reader. */
async function decides(step, bidder, verdict, reason) {
  await step("the officer finds it in the list, and its page shows the register and both cards", async () => {
    await readers.hold(reviewer);
    await reviewer.opens(bidder.company);
    const text = await reviewer.page.locator("main").innerText();
    for (const part of [bidder.representative, bidder.old.serial, bidder.new.serial, bidder.new.holder, "不一致"]) holds(text, part);
    await screenshot(reviewer.page, `renewal-${bidder.key}-case`);
  });
  await step(`by keyboard alone it is decided from there in at most ${ACTIONS} actions: ${verdict}`, async () => {
    const { actions, stops } = await reviewer.decides(verdict, reason);
    console.log(`# ${actions.length} actions (${actions.join(", ")}) over ${stops} stops of the focus`);
    if (actions.length > ACTIONS) throw new Error(`${actions.length} actions: ${actions.join(", ")}`);
  });
}

/** 取下げ by the company itself. */
async function gives(step, bidder) {
  await step("取下げ: the company withdraws what is held", async () => {
    await readers.hold(bidder.old);
    await withdraws(chromium, bidder);
  });
}

/** Logs in with each of these cards, alone in the reader. */
async function logsIn(step, bidder, when, expected) {
  for (const [which, outcome] of Object.entries(expected)) {
    await step(`${when}: the ${which} card ${outcome === "in" ? "logs in" : `is refused with ${outcome}`}`, async () => {
      await readers.hold(bidder[which]);
      same(await login(chromium, bidder, bidder[which]), outcome);
    });
  }
}
