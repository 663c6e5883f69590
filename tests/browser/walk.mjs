// The sixteen steps of the source document, as hands on the pages. Each function is one step or one act of a person;
// a journey is a row of them. What a journey does otherwise, it passes in.

import { holds } from "./tap.mjs";

/** What a person types into the form of S4; the holder's name comes from the certificate. */
export const APPLICATION = {
  reason: /使用停止|stop(s|ped)? using|no longer us/i,
  reason_detail: "人事異動のため",
  event_date: "",
  applicant_kana: "タカハシ　イチロウ",
  phone: "0312345678",
  mail: "ichiro@example.jp",
  mail_again: "ichiro@example.jp",
  bank: "みずほ銀行",
  branch: "本店",
  account_type: /普通|ordinary|savings/i,
  account_number: "1234567",
  account_holder: "タカハシ　イチロウ",
  new_issue: /いいえ|^\s*no/i,
};

/** The labels by which a person finds a button or a link, in both languages. */
export const LABELS = {
  flow: /手続きの流れを確認|もう一度見る.*流れ|procedure|steps/i,
  terms: /利用規約を確認|terms/i,
  agree: /同意して次へ|agree/i,
  openAgent: /署名アプリを開/,
  toForm: /失効申込情報入力へ/,
  example: /記入例を表示/,
  toConfirm: /失効申込内容確認へ/,
  correct: /修正する/,
  confirmed: /上記内容を確認しました/,
  submit: /失効申込をする\s*[（(]確定[)）]/,
  print: /失効申込内容印刷/,
  end: /^\s*終了\s*$/,
};

/** The button, else the link, of that label. */
export function control(page, label) {
  return page.getByRole("button", { name: label }).or(page.getByRole("link", { name: label })).first();
}

/** Presses a control and waits for the page it leads to. */
export async function press(page, label) {
  await control(page, label).click();
  await page.waitForLoadState("load");
}

/** Presses a control that opens a window of its own, and returns that window. */
export async function pressForWindow(page, label) {
  const [window] = await Promise.all([page.context().waitForEvent("page"), control(page, label).click()]);
  await window.waitForLoadState("load");
  return window;
}

/** S1: reads W1 and W2 in their own windows and closes them, as the source document says. */
export async function readBoth(page, look = async () => {}) {
  for (const which of ["flow", "terms"]) {
    const window = await pressForWindow(page, LABELS[which]);
    await look(window, which);
    await window.close();
    await page.bringToFront();
  }
  await page.reload();
}

/** At the page 「署名アプリを開きます」: opens the agent. */
export async function openAgent(page) {
  await page.locator("main form button, main form input[type=submit]").first().click();
  await page.waitForLoadState("load");
}

/** At the agent: consents, with the PIN where it asks for one; ends on the page the browser is sent to. */
export async function consent(page, pin, { lastTry = false } = {}) {
  for (let turn = 0; turn < 4 && atAgent(page); turn += 1) {
    if (await page.locator("#pin").count()) await page.locator("#pin").fill(pin);
    if (lastTry && (await page.locator("input[name=last_try]").count())) await page.locator("input[name=last_try]").check();
    await page.locator("#go").click();
    await page.waitForLoadState("load");
    if (await page.locator("[role=alert]").count()) return;
  }
}

/** Whether the page is the agent's. */
export function atAgent(page) {
  return new URL(page.url()).port === String(process.env.KAGIMORI_AGENT_PORT ?? 24817);
}

/** S4: types the application; a field that is left out of `application` is left as it is. */
export async function fill(page, application = APPLICATION) {
  for (const [name, value] of Object.entries(application)) await enter(page, name, value);
}

async function enter(page, name, value) {
  const field = page.locator(`main [name="${name}"]`);
  if (value === "" || (await field.count()) === 0) return;
  const kind = await field.first().evaluate((element) => (element.tagName === "SELECT" ? "select" : element.type));
  if (kind === "select") return field.selectOption(await optionOf(field, value));
  if (kind === "radio") return page.getByRole("radio", { name: value }).and(field).first().check();
  return field.fill(value);
}

async function optionOf(field, label) {
  const options = await field.locator("option").evaluateAll((all) => all.map((option) => [option.value, option.textContent]));
  const found = options.find(([, text]) => (label instanceof RegExp ? label.test(text) : text.includes(label)));
  if (!found) throw new Error(`no option ${label} among ${JSON.stringify(options)}`);
  return found[0];
}

/** From an office's start page to S3, the certificate. */
export async function toCertificate(page, start, pin) {
  await page.goto(start);
  await readBoth(page);
  await press(page, LABELS.agree);
  await openAgent(page);
  await consent(page, pin);
  expectPath(page, /\/revocation\/certificate$/);
}

/** From S3 to S5, the confirm page. */
export async function toConfirm(page, application = APPLICATION) {
  await press(page, LABELS.toForm);
  await fill(page, application);
  await press(page, LABELS.toConfirm);
  expectPath(page, /\/revocation\/confirm$/);
}

/** From S5 to S6, the receipt. */
export async function toDone(page, pin) {
  await page.getByRole("checkbox", { name: LABELS.confirmed }).check();
  await press(page, LABELS.submit);
  await openAgent(page);
  await consent(page, pin);
  expectPath(page, /\/revocation\/done$/);
}

/** The 受付番号 on a page: eleven digits, maybe in groups. */
export async function receiptNumber(page) {
  const text = await page.locator("main").innerText();
  const found = text.match(/(?<!\d)\d(?:[ -]?\d){10}(?!\d)/);
  if (!found) throw new Error(`no receipt number in: ${text.slice(0, 400)}`);
  return found[0].replace(/\D/g, "");
}

/** Throws unless the page's path is the one expected. */
export function expectPath(page, pattern) {
  holds(new URL(page.url()).pathname, pattern);
}
