// The sixteen steps of the source document, as hands on the pages. Each function is one step or one act of a person;
// a journey is a row of them. What a journey does otherwise, it passes in.

import { holds } from "./tap.mjs";
import { until } from "./until.mjs";

/** What a person types into the form of S4; the holder's name comes from the certificate. */
export const APPLICATION = {
  reason: "use_stopped",
  reason_detail: "人事異動のため",
  applicant_kana: "タカハシ　イチロウ",
  phone: "0312345678",
  mail: "ichiro@example.jp",
  mail_again: "ichiro@example.jp",
  bank: "みずほ銀行",
  branch: "本店",
  account_type: "ordinary",
  account_number: "1234567",
  account_holder: "タカハシ　イチロウ",
  new_issue: "no",
};

/** Where on the pages the controls are, in either language. */
export const AT = {
  flow: "#open-flow",
  terms: "#open-terms",
  agree: "#agree",
  openAgent: "#open",
  toForm: 'main a.button[href$="/revocation/application"]',
  example: 'main a[href$="/example"]',
  toConfirm: "#next",
  correct: 'main form[action$="/edit"] button',
  confirmed: "#checked",
  submit: "#final",
  print: "#print",
  end: 'main form[action$="/quit"] button',
  goOn: 'main button[name=choice][value=go]',
};

/** The words that the source document has on them. */
export const WORDS = {
  flow: "手続きの流れを確認",
  terms: "利用規約を確認",
  agree: "同意して次へ",
  toForm: "失効申込情報入力へ",
  example: "記入例を表示",
  toConfirm: "失効申込内容確認へ",
  confirmed: "上記内容を確認しました",
  submit: "失効申込をする(確定)",
  print: "失効申込内容印刷",
  end: "終了",
};

/** Presses a control, which leads to another page, and waits until that one is there; when the click returns it may not be. */
export async function press(page, at) {
  const pressed = control(page, at);
  await pressed.waitFor();
  await Promise.all([page.waitForNavigation(), pressed.click()]);
}

/** A control by its place on the page, or as it was found. */
function control(page, at) {
  return typeof at === "string" ? page.locator(at).first() : at;
}

/** Presses a control that opens a window of its own, and returns that window. */
export async function pressForWindow(page, at) {
  const [window] = await Promise.all([page.context().waitForEvent("page"), control(page, at).click()]);
  await window.waitForLoadState("load");
  return window;
}

/** S1: reads W1 and W2 in their own windows and closes them, as the source document says; the first gate is then open. */
export async function readBoth(page) {
  for (const which of [AT.flow, AT.terms]) {
    const window = await pressForWindow(page, which);
    await window.close();
    await page.bringToFront();
  }
  await opened(page);
}

/** Waits until 「同意して次へ」 can be pressed: the page notices by itself, or is loaded anew. */
export async function opened(page) {
  for (let turn = 0; turn < 10; turn += 1) {
    const ready = await page
      .locator(`${AT.agree}:not([data-gate=closed]):enabled`)
      .waitFor({ timeout: 1_000 })
      .then(() => true, () => false);
    if (ready) return;
    await page.reload().catch(() => {});
  }
  throw new Error("「同意して次へ」 stays closed after both texts were opened");
}

/** Waits until the page, which renews itself, shows one text as read, and sees that 「同意して次へ」 cannot be pressed. */
export async function stillClosed(page) {
  await until(
    () => asked(page, (agree) => document.readyState === "complete" && document.querySelectorAll(".must.read").length === 1 && document.querySelector(agree)?.disabled, AT.agree),
    "one text is read, and 「同意して次へ」 closed",
  );
}

/** At the page 「署名アプリを開きます」: opens the agent. */
export async function openAgent(page) {
  await press(page, AT.openAgent);
  await settled(page);
}

/** At the agent, from its first page to the one that asks the PIN (or says why not): allows the portal, chooses the card. */
export async function toPin(page) {
  for (let turn = 0; turn < 8; turn += 1) {
    await settled(page);
    if (!atAgent(page) || (await page.locator("#pin").count()) || (await page.locator("#errors").count())) return;
    if (await page.locator("input#phrase").count()) await page.locator("#phrase").fill("青いやかん");
    if (!(await page.locator("#go").count())) return;
    if (await page.locator(".text[role=region]").count()) return;
    await press(page, "#go");
  }
}

/** At the agent: consents, with the PIN where it asks for one; ends where the agent has an objection or lets the browser go. */
export async function consent(page, pin, { lastTry = false } = {}) {
  await toPin(page);
  if (!atAgent(page) || !(await page.locator("#go").count())) return;
  if (await page.locator("#pin").count()) {
    await page.locator("#pin").evaluate((field) => field.removeAttribute("required"));
    await page.locator("#pin").fill(pin);
  }
  if (lastTry) await page.locator("input[name=last_try]").check();
  await press(page, "#go");
  await settled(page);
}

/** The agent works while it shows so; this waits until a page is there that does not. */
export async function settled(page) {
  await until(() => asked(page, () => document.readyState === "complete" && !document.querySelector(".busy[role=status]")), "the agent has done its work");
}

/** Waits until the page, which follows the card by itself, says so. */
export async function shows(page, words) {
  await page.locator("body").filter({ hasText: words }).waitFor();
}

/** What the page answers; one that goes away while it is asked has no answer. A question asks for the whole page first. */
function asked(page, question, about) {
  return page.evaluate(question, about).catch(() => false);
}

/** Whether the page is the agent's. */
export function atAgent(page) {
  return new URL(page.url()).port === String(process.env.KAGIMORI_AGENT_PORT ?? 24817);
}

/** S4: types the application; a field that is left out of `application` is left as it is. */
export async function fill(page, application = APPLICATION) {
  for (const [name, value] of Object.entries(application)) {
    const field = page.locator(`main [name="${name}"]`);
    const kind = await field.first().evaluate((element) => (element.tagName === "SELECT" ? "select" : element.type));
    if (kind === "select") await field.selectOption(value);
    else if (kind === "radio") await page.locator(`main [name="${name}"][value="${value}"]`).check();
    else await field.fill(value);
  }
}

/** From an office's start page to S3, the certificate. */
export async function toCertificate(page, start, pin) {
  await toAgent(page, start);
  await consent(page, pin);
  await expectPath(page, /\/revocation\/certificate$/);
}

/** From an office's start page to the agent. */
export async function toAgent(page, start) {
  await page.goto(start);
  await readBoth(page);
  await press(page, AT.agree);
  await openAgent(page);
}

/** From S3 to S5, the confirm page. */
export async function toConfirm(page, application = APPLICATION) {
  await press(page, AT.toForm);
  await fill(page, application);
  await press(page, AT.toConfirm);
  await expectPath(page, /\/revocation\/confirm$/);
}

/** From S5 to the agent's page that shows what is signed. */
export async function toSign(page) {
  await page.locator(AT.confirmed).check();
  await press(page, AT.submit);
  await openAgent(page);
}

/** From S5 to S6, the receipt. */
export async function toDone(page, pin) {
  await toSign(page);
  await consent(page, pin);
  await expectPath(page, /\/revocation\/done$/);
}

/** The 受付番号 on a page, eleven digits. */
export async function receiptNumber(page) {
  const number = (await page.locator(".number b").first().innerText()).replace(/\D/g, "");
  if (number.length !== 11) throw new Error(`a receipt number of ${number.length} digits`);
  return number;
}

/** Waits until the page's path is the one expected, at most a quarter of a minute; else throws, and what stands on the page tells why. */
export async function expectPath(page, pattern) {
  const there = await page.waitForURL((url) => pattern.test(url.pathname), { timeout: 15_000 }).then(() => true, () => false);
  if (there) return;
  holds(`${new URL(page.url()).pathname} — ${await page.locator("main").innerText().catch(() => "")}`, pattern);
}
