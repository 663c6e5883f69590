// Everything that a person, a card, a network or a clock can do wrong in procedure 000, on the demo: each ends in a message
// of DOMAIN's catalogue at its place or in a safe stop, and nothing is revoked that was not asked for.

import { request } from "node:http";
import { browser, person, screenshot } from "./browser.mjs";
import { AGENT, CARDS, OFFICE, PORTAL, START_OF_REVOCATION } from "./demo.mjs";
import { check, holds, journeys, same } from "./tap.mjs";
import { APPLICATION, AT, atAgent, consent, expectPath, fill, openAgent, opened, press, pressForWindow, readBoth, receiptNumber, shows, stillClosed, toAgent, toCertificate, toConfirm, toDone, toPin, toSign } from "./walk.mjs";
import { walkedIn } from "./walked.mjs";

const chromium = await browser();
const walked = walkedIn(chromium);

/** The page says that code and the sentence people read with it. */
async function says(page, code, sentence) {
  const text = await page.locator("main").innerText();
  holds(text, code);
  if (sentence) holds(text, sentence);
}

async function triesLeft(world, card) {
  const state = await world.state();
  return state.cards.find((one) => one.id === card).tries;
}

await journeys([
  walked("the gates", "gates", gates),
  walked("the PIN", "pin", pins),
  walked("the last try", "last-try", lastTry),
  walked("the reader and the card in it", "card", cards),
  walked("a card of somebody else's", "foreign", foreign),
  walked("too late", "late", late),
  walked("midnight between the confirm page and 確定", "midnight", midnight),
  walked("after the expiry", "expired", expired),
  walked("twice", "twice", twice),
  walked("two tabs", "tabs", tabs),
  walked("a lost connection at 確定", "lost", lost),
  walked("somebody else's session", "sessions", sessions),
  walked("what the form takes and refuses", "form", form),
  walked("nobody there for a while", "idle", idle),
  walked("ten megabytes", "big", big),
]);
await chromium.close();

async function gates(page) {
  await page.goto(START_OF_REVOCATION);
  await check("gate 1: with neither window opened, 「同意して次へ」 is disabled", async () => same(await page.locator(AT.agree).isDisabled(), true));
  await check("a form that is sent all the same is answered with E-GATE-1", async () => {
    await page.locator(AT.agree).evaluate((button) => (button.disabled = false));
    await press(page, AT.agree);
    await says(page, "E-GATE-1", "手続きの流れと利用規約を確認してから");
  });
  await page.goto(START_OF_REVOCATION);
  await (await pressForWindow(page, AT.terms)).close();
  await page.bringToFront();
  await check("gate 1: with only the terms opened, it is still disabled, and the page shows what is read", () => stillClosed(page));
  await (await pressForWindow(page, AT.flow)).close();
  await page.bringToFront();
  await check("gate 1: with both opened, in whichever order, it is enabled", () => opened(page));
}

async function pins(page, world) {
  const pin = await world.pin(CARDS.valid);
  await toAgent(page, START_OF_REVOCATION);
  await toPin(page);
  await check("「OK」 waits for a PIN to be typed, and no try is spent", async () => {
    same(await page.locator("#go").isDisabled(), true);
    await page.locator("#pin").fill("1");
    same(await page.locator("#go").isDisabled(), false);
    await page.locator("#pin").fill("");
    same(atAgent(page), true);
    same(await triesLeft(world, CARDS.valid), 10);
  });
  await check("E-PIN-FORMAT: a malformed PIN costs no try", async () => {
    await consent(page, "12ab");
    holds(await page.locator("body").innerText(), "E-PIN-FORMAT");
    same(await triesLeft(world, CARDS.valid), 10);
  });
  await check("E-PIN-WRONG: a wrong PIN costs one try, and the page says how many are left", async () => {
    await consent(page, wrong(pin));
    const text = await page.locator("body").innerText();
    holds(text, "E-PIN-WRONG");
    holds(text, /残り\s*9\s*回/);
    same(await triesLeft(world, CARDS.valid), 9);
    await screenshot(page, "pin-wrong");
  });
  await check("the right PIN then goes on, and gives the tries back", async () => {
    await consent(page, pin);
    await expectPath(page, /\/revocation\/certificate$/);
    same(await triesLeft(world, CARDS.valid), 10);
  });
}

async function lastTry(page, world) {
  await world.insert(CARDS.lastTry);
  const pin = await world.pin(CARDS.lastTry);
  await toAgent(page, START_OF_REVOCATION);
  await toPin(page);
  await check("a03: W-PIN-LAST warns before the last try", async () => {
    holds(await page.locator("body").innerText(), /次に間違えるとICカードがロックされます/);
    same(await page.locator("input[name=last_try]").count(), 1);
    await screenshot(page, "pin-last-try");
  });
  await check("a03: without the extra consent the card is not asked", async () => {
    await page.locator("input[name=last_try]").evaluate((box) => box.removeAttribute("required"));
    await consent(page, wrong(pin));
    same(atAgent(page), true);
    same(await triesLeft(world, CARDS.lastTry), 1);
  });
  await check("E-PIN-LOCKED: with it, a wrong PIN locks the card and the page says what to do", async () => {
    await consent(page, wrong(pin), { lastTry: true });
    const text = await page.locator("body").innerText();
    holds(text, "E-PIN-LOCKED");
    holds(text, "ロック解除");
    same(await triesLeft(world, CARDS.lastTry), 0);
    await screenshot(page, "pin-locked");
  });
}

async function cards(page, world) {
  const pin = await world.pin(CARDS.valid);
  await world.remove();
  await toAgent(page, START_OF_REVOCATION);
  await check("E-CARD-NONE: without a card the agent says how to insert it", async () => {
    const text = await page.locator("body").innerText();
    holds(text, "E-CARD-NONE");
    holds(text, "表面を上向き");
    await screenshot(page, "card-none");
  });
  await world.insert(CARDS.valid);
  await check("with the card in, the same page goes on", async () => {
    await page.locator("#go").waitFor();
    await consent(page, pin);
    await expectPath(page, /\/revocation\/certificate$/);
  });
  await toConfirm(page);
  await toSign(page);
  await check("a06: a card pulled before it signs is missed by name, and nothing is signed", async () => {
    await world.remove();
    await shows(page, /E-CARD-(NONE|REMOVED)/);
    await consent(page, pin);
    same(atAgent(page), true);
    holds(await page.locator("body").innerText(), /E-CARD-(NONE|REMOVED)/);
  });
  await world.insert(CARDS.late);
  await check("a05: another card at 確定 is E-CARD-CHANGED, and costs no try", async () => {
    const before = await triesLeft(world, CARDS.late);
    await shows(page, "E-CARD-CHANGED");
    await consent(page, await world.pin(CARDS.late));
    await shows(page, "E-CARD-CHANGED");
    same(await triesLeft(world, CARDS.late), before);
    await screenshot(page, "card-changed");
  });
  await world.insert(CARDS.valid);
  await check("with the first card back, the application is accepted", async () => {
    await page.locator("#go").waitFor();
    await consent(page, pin);
    await expectPath(page, /\/revocation\/done$/);
    await receiptNumber(page);
  });
}

async function foreign(page, world) {
  const state = await world.state();
  for (const [id, code] of Object.entries({ foreign: "E-CERT-ISSUER", mute: "E-CARD-UNREADABLE" })) {
    await check(`${code}: the drawer has such a card, and it is refused by name`, async () => {
      if (!state.cards.some((card) => card.id === id)) throw new Error(`the drawer holds no card "${id}"`);
      await world.insert(id);
      await toAgent(page, START_OF_REVOCATION);
      await consent(page, (await world.pin(id)) ?? "000000");
      holds(await page.locator("body").innerText(), code);
    });
  }
}

async function late(page, world) {
  const card = (await world.state()).cards.find((one) => one.id === CARDS.late);
  await world.insert(CARDS.late);
  await check("E-REV-LATE: a card 20 days before its expiry is refused before its PIN is asked, and the paper route is named", async () => {
    await toAgent(page, START_OF_REVOCATION);
    await toPin(page);
    same(await page.locator("#pin").count(), 0);
    await says(page, "E-REV-LATE", "書面による失効申込手続き");
    await screenshot(page, "late");
  });
  await check("… with the last day on which it was possible", async () => holds(await page.locator("main").innerText(), dayIn(card.last_day)));
  await check("the paper route's page is two clicks away", async () => {
    await press(page, "#cancel");
    await page.goto(START_OF_REVOCATION);
    await press(page, 'main a[href$="/paper"]');
    await expectPath(page, new RegExp(`/${OFFICE}/paper$`));
  });
}

/** A day as pages write it, whatever stands between year, month and day. */
function dayIn(day) {
  const [year, month, date] = day.split("-").map(Number);
  return new RegExp(`${year}\\D{1,3}0?${month}\\D{1,3}0?${date}(?!\\d)`);
}

async function midnight(page, world) {
  const { last_day: lastDay } = (await world.state()).cards.find((card) => card.id === CARDS.valid);
  await world.goTo(`${lastDay}T23:50:00+09:00`);
  const pin = await world.pin(CARDS.valid);
  await toCertificate(page, START_OF_REVOCATION, pin);
  await check("at 23:50 of the last day the card is still taken", async () => {
    await toConfirm(page);
    holds(await page.locator("main").innerText(), "0312345678");
  });
  await world.advance(11 * 60);
  await check("E-REV-LATE: at 0:01 of the next day 確定 is refused with the limit", async () => {
    await page.locator(AT.confirmed).check();
    await press(page, AT.submit);
    if (!/E-REV-LATE/.test(await page.locator("main").innerText())) {
      await openAgent(page);
      await consent(page, pin);
    }
    same(atAgent(page), false);
    await says(page, "E-REV-LATE");
  });
}

async function expired(page, world) {
  const { not_after: notAfter } = (await world.state()).cards.find((card) => card.id === CARDS.late);
  await world.insert(CARDS.late);
  await world.goTo(notAfter);
  await world.advance(60);
  await check("E-CERT-EXPIRED: there is nothing left to revoke, and no PIN is asked", async () => {
    await toAgent(page, START_OF_REVOCATION);
    await toPin(page);
    same(await page.locator("#pin").count(), 0);
    await says(page, "E-CERT-EXPIRED", "有効期限");
  });
  await check("… with the day on which it expired", async () => holds(await page.locator("main").innerText(), dayIn(notAfter.slice(0, 10))));
}

async function twice(page, world, context) {
  const pin = await world.pin(CARDS.valid);
  await toCertificate(page, START_OF_REVOCATION, pin);
  await toConfirm(page);
  let wayBack;
  page.on("request", (request) => {
    if (new URL(request.url()).pathname.endsWith("/revocation/return")) wayBack = request.url();
  });
  await page.locator(AT.confirmed).check();
  await page.locator(AT.submit).dblclick();
  // The second click may send the form again; either way the next page asks for the agent.
  await page.locator(AT.openAgent).waitFor();
  await openAgent(page);
  await consent(page, pin);
  await expectPath(page, /\/revocation\/done$/);
  const number = await receiptNumber(page);
  await check("a19: the way back asked again shows the same receipt", async () => {
    await page.goto(wayBack);
    same(await receiptNumber(page), number);
  });
  await check("a19: Back is harmless: no page behind takes the application again", async () => {
    await page.goBack();
    await page.goBack();
    if (await page.locator(AT.submit).count()) {
      const box = page.locator(AT.confirmed);
      if (await box.count()) await box.check();
      await press(page, AT.submit);
    }
    await page.goto(`${START_OF_REVOCATION}/status`);
    same(await receiptNumber(page), number);
  });
  await check("each mail has come once, and names the receipt", async () => {
    const mails = await world.mails(2);
    const texts = mails.map((mail) => mail.text);
    same(new Set(mails.map((mail) => mail.subject)).size, mails.length);
    for (const text of texts) holds(text, new RegExp([...number].join("[ -]?")));
  });
  await check("the same card again is told when it was revoked, or that it was applied for", async () => {
    const other = await (await person(chromium)).newPage();
    await toAgent(other, START_OF_REVOCATION);
    await consent(other, pin);
    await says(other, /E-CERT-REVOKED|E-DUP/);
    await screenshot(other, "revoked-already");
    await other.context().close();
  });
  await context.clearCookies();
}

async function tabs(page, world, context) {
  const pin = await world.pin(CARDS.valid);
  await toCertificate(page, START_OF_REVOCATION, pin);
  await toConfirm(page);
  const other = await context.newPage();
  await other.goto(page.url());
  await toSign(other);
  await check("E-STALE: while one tab waits for the signature, the other cannot change what is signed", async () => {
    await press(page, AT.correct);
    if (await page.locator("main [name=phone]").count()) {
      await page.locator("main [name=phone]").fill("0699999999");
      await press(page, AT.toConfirm);
    }
    await consent(other, pin);
    const text = await other.locator("main").innerText();
    if (new URL(other.url()).pathname.endsWith("/done")) {
      const print = await pressForWindow(other, AT.print);
      const printed = await print.locator("body").innerText();
      holds(printed, "0312345678");
      same(printed.includes("0699999999"), false);
    } else holds(text, "E-STALE");
  });
}

async function lost(page, world, context) {
  const pin = await world.pin(CARDS.valid);
  await toCertificate(page, START_OF_REVOCATION, pin);
  await toConfirm(page);
  await toSign(page);
  const line = await cutBefore(page, "*/revocation/return*");
  await consent(page, pin).catch(() => {});
  await line.cut;
  await line.mend();
  await check("「申込状況の確認」 says that it is signed and not yet applied for, with 続ける and やめる", async () => {
    await page.goto(`${START_OF_REVOCATION}/status`);
    const text = await page.locator("main").innerText();
    holds(text, /署名済み/);
    same(/失敗/.test(text), false);
    await screenshot(page, "signed-not-applied");
  });
  await check("続ける leads to one receipt", async () => {
    await press(page, AT.goOn);
    await expectPath(page, /\/revocation\/done$/);
    await receiptNumber(page);
  });
}

/** Breaks the connection before requests to such an address, redirected ones included. `cut` comes true with the first. */
async function cutBefore(page, urlPattern) {
  const session = await page.context().newCDPSession(page);
  const cut = new Promise((resolve) => {
    session.on("Fetch.requestPaused", ({ requestId }) => {
      session.send("Fetch.failRequest", { requestId, errorReason: "ConnectionReset" }).catch(() => {});
      resolve();
    });
  });
  await session.send("Fetch.enable", { patterns: [{ urlPattern, requestStage: "Request" }] });
  return { cut, mend: () => session.detach() };
}

async function sessions(page, world) {
  const pin = await world.pin(CARDS.valid);
  await toCertificate(page, START_OF_REVOCATION, pin);
  await toConfirm(page);
  let wayBack;
  page.on("request", (request) => {
    if (new URL(request.url()).pathname.endsWith("/revocation/return")) wayBack = request.url();
  });
  await toDone(page, pin);
  const number = await receiptNumber(page);
  const stranger = await person(chromium);
  const other = await stranger.newPage();
  for (const path of ["/certificate", "/application", "/confirm", "/done", "/done/print", "/done/receipt.pdf", "/status"]) {
    await check(`a17: ${path} shows another session nothing of this application`, async () => {
      const answer = await stranger.request.get(START_OF_REVOCATION + path, { maxRedirects: 5 });
      const text = await answer.text();
      same(text.includes(number) || text.replace(/[\s-]/g, "").includes(number), false);
      same(text.includes("0312345678"), false);
      if (path.startsWith("/done/")) same(answer.headers()["content-type"]?.includes("pdf") ?? false, false);
    });
  }
  await check("a17: the way back's code is nothing in another session", async () => {
    await other.goto(wayBack);
    same((await other.locator("body").innerText()).includes(number), false);
  });
  await check("a18: the number alone, without its check code, opens no receipt", async () => {
    const answer = await stranger.request.get(`${PORTAL}/receipt/${number}`);
    same((await answer.text()).includes("0312345678"), false);
  });
  await stranger.close();
  await check("終了 ends the session: the receipt is not shown any more", async () => {
    await press(page, AT.end);
    await page.goto(`${START_OF_REVOCATION}/done`);
    same((await page.locator("body").innerText()).replace(/[\s-]/g, "").includes(number), false);
  });
}

async function form(page, world) {
  await toCertificate(page, START_OF_REVOCATION, await world.pin(CARDS.valid));
  await press(page, AT.toForm);
  const refused = async (change, field, code) => {
    await fill(page, { ...APPLICATION, ...change });
    for (const [name, value] of Object.entries(change)) if (value === "") await page.locator(`main [name="${name}"]`).fill("");
    await press(page, AT.toConfirm);
    if (new URL(page.url()).pathname.endsWith("/confirm")) throw new Error("it was taken");
    const error = await page.locator(`#error-${field}`).innerText();
    holds(error, code);
    same(await page.locator(`#errors a[href="#${field}"], #errors a[href="#${field}-1"], #errors a`).count() > 0, true);
  };
  for (const [sentence, change, field, code] of [
    ["E-REQ: a missing name in kana", { applicant_kana: "" }, "applicant_kana", "E-REQ"],
    ["E-KANA: kanji where kana is wanted", { applicant_kana: "高橋　一郎" }, "applicant_kana", "E-KANA"],
    ["E-LEN: 61 characters", { applicant_kana: "ア".repeat(61) }, "applicant_kana", "E-LEN"],
    ["E-TEL: a number with hyphens", { phone: "03-1234-5678" }, "phone", "E-TEL"],
    ["E-MAIL-FORMAT: no address", { mail: "ichiro", mail_again: "ichiro" }, "mail", "E-MAIL-FORMAT"],
    ["E-MAIL-DIFF: two addresses", { mail_again: "jiro@example.jp" }, "mail_again", "E-MAIL-DIFF"],
    ["an account number of eight digits", { account_number: "12345678" }, "account_number", "E-"],
    ["E-LEN: 201 characters of detail", { reason_detail: "あ".repeat(201) }, "reason_detail", "E-LEN"],
  ]) {
    await check(`${sentence} is refused at its field and in the summary`, () => refused(change, field, code));
    await check(`… and what was typed is still there (${field})`, async () => {
      const expected = Object.values(change)[0];
      same(await page.locator(`main [name="${field}"]`).inputValue(), field in change ? change[field] : expected);
      same(await page.locator("main [name=bank]").inputValue(), APPLICATION.bank);
    });
  }
  await screenshot(page, "form-errors");
  const rare = "𠮷田 髙橋 﨑 葛\u{E0100}飾 ".repeat(1) + "辻\u{E0101}".repeat(40);
  await check("60 kana, IVS, JIS X 0212 and 𠮷 pass, and stand on the confirm page as they were typed", async () => {
    await fill(page, { ...APPLICATION, applicant_kana: "ア".repeat(60), reason_detail: rare });
    await press(page, AT.toConfirm);
    await expectPath(page, /\/revocation\/confirm$/);
    const text = await page.locator("main").innerText();
    holds(text, "ア".repeat(60));
    holds(text, rare.trim());
    await screenshot(page, "confirm-rare-characters");
  });
  await check("half-width kana is taken for the account's holder", async () => {
    await press(page, AT.correct);
    await fill(page, { ...APPLICATION, account_holder: "ﾀｶﾊｼ ｲﾁﾛｳ" });
    await press(page, AT.toConfirm);
    await expectPath(page, /\/revocation\/confirm$/);
  });
  await check("a37: markup in a field is text", async () => {
    await press(page, AT.correct);
    await fill(page, { ...APPLICATION, reason_detail: `<img src=x onerror="document.title='owned'"><b>太字</b>` });
    await press(page, AT.toConfirm);
    holds(await page.locator("main").innerText(), "<b>太字</b>");
    same((await page.title()).includes("owned"), false);
  });
}

async function idle(page, world) {
  const pin = await world.pin(CARDS.valid);
  await toCertificate(page, START_OF_REVOCATION, pin);
  await press(page, AT.toForm);
  await fill(page, APPLICATION);
  await world.advance(16 * 60);
  await check("E-TIMEOUT: after sixteen minutes without a request the session has ended, and nothing of it is shown", async () => {
    await press(page, AT.toConfirm);
    await says(page, "E-TIMEOUT");
    same(await page.locator("main [name=applicant_name]").count(), 0);
    same((await page.locator("body").innerText()).includes("髙橋"), false);
    await screenshot(page, "timeout");
  });
  for (const [label, path] of [
    ["もう一度はじめから", /\/revocation$/],
    ["申込状況の確認", /\/revocation\/status$/],
    ["メニューへ", new RegExp(`/${OFFICE}$`)],
  ]) {
    await check(`E-TIMEOUT: its button 「${label}」 leads on, without another refusal`, async () => {
      await timedOut(page, world);
      const button = page.locator("main").getByRole("link", { name: label });
      same(await button.count(), 1);
      await press(page, button);
      await expectPath(page, path);
      same(/E-[A-Z]/.test(await page.locator("main").innerText()), false);
    });
  }
  await check("the agent has forgotten the PIN: a new session is asked for it", async () => {
    await timedOut(page, world);
    await press(page, page.locator("main").getByRole("link", { name: "もう一度はじめから" }));
    await readBoth(page);
    await press(page, AT.agree);
    await openAgent(page);
    await toPin(page);
    same(await page.locator("#pin").count(), 1);
  });
  await check("… and with it the whole way can be gone again", async () => {
    await consent(page, pin);
    await expectPath(page, /\/revocation\/certificate$/);
    await toConfirm(page);
    await toDone(page, pin);
    await receiptNumber(page);
  });
}

/** To the page that tells that a session has ended. */
async function timedOut(page, world) {
  await page.goto(START_OF_REVOCATION);
  await world.advance(16 * 60);
  await page.goto(`${START_OF_REVOCATION}/certificate`);
  await says(page, "E-TIMEOUT", "はじめからやり直してください");
}

async function big(page) {
  await page.goto(START_OF_REVOCATION);
  await check("a body of 10 MB is refused with 413 or a closed connection", async () => {
    expectRefusal(await posted(`${START_OF_REVOCATION}/application`, 10_000_000));
  });
  await check("the agent refuses it too", async () => expectRefusal(await posted(`${AGENT}/request/pin`, 10_000_000)));
  await check("and both answer as before", async () => {
    same((await page.goto(START_OF_REVOCATION)).status(), 200);
    same((await page.goto(`${AGENT}/`)).status(), 200);
  });
}

/** Posts so many bytes; the status, or how the connection ended. */
function posted(url, length) {
  return new Promise((resolve) => {
    const headers = { "content-type": "application/x-www-form-urlencoded", "content-length": length, origin: new URL(url).origin };
    const asked = request(url, { method: "POST", headers, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    // The answer may come, and the line be closed, while most of the body is still unsent: that is the refusal.
    asked.on("error", (fault) => resolve(fault.code));
    asked.on("socket", (socket) => socket.on("error", (fault) => resolve(fault.code)));
    asked.end(Buffer.alloc(length, 97));
  });
}

function expectRefusal(outcome) {
  if (!(outcome >= 400 && outcome < 500) && !["EPIPE", "ECONNRESET"].includes(outcome)) throw new Error(`ended with ${outcome}`);
}

/** Another PIN of the same form. */
function wrong(pin) {
  return [...pin].map((digit) => String((Number(digit) + 5) % 10)).join("");
}
