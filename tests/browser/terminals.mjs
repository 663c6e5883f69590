// Procedure 003 whole, as source document 003 has it and beyond: on the demo, where nothing but the clock is moved. Two terminals are
// applied for, the application is given back, corrected and approved; the morning comes, its mail arrives; one certificate is
// acquired onto a token of SoftHSM and one into a PKCS#12 file, and both log in by TLS, as OpenSSL and curl say. Another
// application is withdrawn, another one denied.

import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { browser, person, screenshot } from "./browser.mjs";
import { PORTAL, inDemo } from "./demo.mjs";
import { lay, through } from "./drawer.mjs";
import { holds, journeys, same, stepwise } from "./tap.mjs";
import { until } from "./until.mjs";
import { expectPath, press, settled } from "./walk.mjs";

const { agent: AGENT, module: MODULE, pin: PIN, conf: CONF } = JSON.parse(process.env.KAGIMORI_TERMINAL);
const CENTRE = `${PORTAL}/mihon-center`;
const DESK = `${PORTAL}/console/mihon-center`;
const DOOR = "https://127.0.0.1:8443";
const HANAKO = { login: "hanako", password: "nami-7-wo-koete-kaze", mail: "hanako@tsukan.example" };
const NAGISA = { login: "nagisa", password: "kamome-3-wa-hikuku-tobu", mail: "nagisa@kaiun.example" };
/** The demo begins on Tuesday, the 24th; the 25th is the next business day. */
const DAYS = { first: "２０２６１１２５", second: "20261126", morning: "2026-11-26T09:05:00+09:00" };
const SUBJECTS = {
  received: "デジタル証明書の再発行受付完了",
  returned: "デジタル証明書再発行申込に関する確認事項のお知らせ",
  completed: "デジタル証明書再発行申込確認完了のお知らせ",
  denied: "デジタル証明書再発行申込の不承認のお知らせ",
  withdrawn: "デジタル証明書再発行申込の取り下げのお知らせ",
};
const PASSWORD = `f1le-${randomBytes(6).toString("hex")}`;

const chromium = await browser();
await journeys([["applied, given back, corrected, approved, opened in the morning, acquired and used; withdrawn; denied", () => inDemo("terminals", whole)]]);
await chromium.close();

async function whole(world) {
  const step = stepwise();
  const hanako = await sitsDown(HANAKO);
  const examiner = await examines(world);
  let number = "";
  await step("N1 to N5: two terminals are applied for, on the next business day, and there is a number", async () => {
    number = await applies(hanako, DAYS.first, 2);
    holds(number, /^\d{11}$/);
    await screenshot(hanako, "terminals-done");
  });
  await step("the mail of the acceptance has come", () => told(world, HANAKO, SUBJECTS.received, number));
  await step("確認事項あり: the examiner gives it back, signed by card", async () => {
    await opens(examiner, number);
    await press(examiner, "#take");
    await examiner.locator("#return").selectOption({ index: 1 });
    await examiner.locator("#remark").fill("ご希望日を一日あとにしてください。");
    await decides(world, examiner, "#give-back");
    await screenshot(examiner, "terminals-returned");
  });
  await step("the applicant is told, reads why, and corrects the day; what was entered is still there", async () => {
    await told(world, HANAKO, SUBJECTS.returned, number);
    await follows(hanako, number);
    holds(await hanako.locator("main").innerText(), "ご希望日を一日あとにしてください。");
    await press(hanako, "#correct");
    await press(hanako, "#next");
    same(await hanako.locator("#phone").inputValue(), "0399998888");
    await press(hanako, "#next");
    await hanako.locator("#day").fill(DAYS.second);
    await press(hanako, "#next");
    await press(hanako, "#final");
    same(await digits(hanako), number);
    same(await hanako.locator("#corrected").count(), 1);
  });
  await step("審査終了: the examiner approves it", async () => {
    await opens(examiner, number);
    if (await examiner.locator("#take").count()) await press(examiner, "#take");
    await decides(world, examiner, "#approve");
    await screenshot(examiner, "terminals-approved");
  });
  await step("control: before the morning of the day nothing can be acquired, and no mail says so", async () => {
    same((await about(world, HANAKO, SUBJECTS.completed)).length, 0);
    await hanako.goto(`${CENTRE}/acquisition`);
    same(await acquirable(hanako), 0);
  });
  await step("the morning comes: 再発行完了, one mail, before noon", async () => {
    await world.goTo(DAYS.morning);
    await told(world, HANAKO, SUBJECTS.completed, number);
    same((await about(world, HANAKO, SUBJECTS.completed)).length, 1);
    // The session's time is over with the days.
    await logsIn(hanako, HANAKO);
    await hanako.goto(`${CENTRE}/acquisition`);
    same(await acquirable(hanako), 2);
    await screenshot(hanako, "terminals-acquirable");
  });
  await acquires(world, step, hanako);
  await step("取り下げ: another company withdraws what it applied for", async () => {
    const nagisa = await sitsDown(NAGISA);
    const withdrawn = await applies(nagisa, "20261127", 1);
    await follows(nagisa, withdrawn);
    await press(nagisa, "#withdraw");
    await press(nagisa, "main form .button");
    await told(world, NAGISA, SUBJECTS.withdrawn, withdrawn);
    const denied = await applies(nagisa, "20261127", 1);
    await opens(examiner, denied);
    await press(examiner, "#take");
    await examiner.locator("#deny").selectOption({ index: 1 });
    await decides(world, examiner, "#refuse");
    await told(world, NAGISA, SUBJECTS.denied, denied);
    await follows(nagisa, denied);
    await screenshot(nagisa, "terminals-denied");
  });
}

/** Each of the two terminals, to a certificate that logs in. */
async function acquires(world, step, page) {
  const env = { ...process.env, SOFTHSM2_CONF: CONF, KAGIMORI_AGENT_DIR: join(world.place, "demo", "agent") };
  execFileSync(AGENT, ["keys", "use-module", MODULE], { env });
  const anchor = join(world.place, "demo", "enrolment-authority.pem");
  const waiting = page.locator("tbody tr").filter({ hasText: "取得可能" }).locator("th a");
  const paths = await waiting.evaluateAll((links) => links.map((link) => link.href));
  await step("取得 onto a token: 認証コード2 is masked until it is asked for, and the key never leaves the token", async () => {
    await page.goto(paths[0]);
    same(await page.locator("#code-2").count(), 0);
    await press(page, "#show");
    holds(await page.locator("#code-2").innerText(), /^[0-9A-Z]{10}$/);
    await begins(page, /トークン/);
    await page.locator("#pin").fill(PIN);
    await installs(page);
    await screenshot(page, "terminals-on-token");
    const keys = execFileSync("pkcs11-tool", ["--module", MODULE, "--login", "--pin", PIN, "-O", "--type", "privkey"], { env }).toString();
    holds(keys, "never extractable");
  });
  await step("取得 into a PKCS#12 file, which openssl opens and curl logs in with", async () => {
    await page.goto(paths[1]);
    await begins(page, /PKCS ?#12/);
    await page.locator("#password").fill(PASSWORD);
    await page.locator("#repeat").fill(PASSWORD);
    await press(page, "#go");
    await settled(page);
    const file = await page.locator("dd", { hasText: ".p12" }).innerText();
    await installs(page, false);
    same(existsSync(file), true);
    const opened = execFileSync("openssl", ["pkcs12", "-in", file, "-nokeys", "-passin", "env:PASSWORD"], { env: { ...process.env, PASSWORD } }).toString();
    holds(opened, /CN ?= ?NAC/);
    const shows = ["-sS", "--fail", "--cacert", anchor, "-w", "%{http_code}", "-o", "/dev/null", `${DOOR}/.well-known/kagimori/installed`];
    same(execFileSync("curl", ["--cert-type", "P12", "--cert", `${file}:${PASSWORD}`, ...shows]).toString(), "200");
    let refused = false;
    try {
      execFileSync("curl", shows, { stdio: "ignore" });
    } catch {
      refused = true;
    }
    same(refused, true);
  });
  await step("control: neither PIN nor password stands in what the demo wrote", () => {
    const log = readFileSync(join(world.place, "demo.log"), "utf8");
    for (const secret of [PIN, PASSWORD]) same(log.includes(secret), false);
    holds(log, PORTAL);
  });
}

/** From the page of a terminal to the agent, where this place is chosen. */
async function begins(page, place) {
  await press(page, "#begin");
  if (await page.locator("#phrase").count()) {
    await page.locator("#phrase").fill("青いやかん");
    await press(page, "#go");
  }
  await page.locator("fieldset.choice label").filter({ hasText: place }).locator("input").check();
  await press(page, "#go");
}

/** Until the portal says that the terminal has its certificate. */
async function installs(page, goes = true) {
  if (goes) {
    await press(page, "#go");
    await settled(page);
  }
  holds(await page.locator("h1").innerText(), "証明書を登録しました");
  await press(page, "#go");
  await expectPath(page, /\/acquisition\/[^/]+$/);
  same(await page.locator("#result").count(), 1);
  holds(await page.locator("main .lead").innerText(), "取得済");
}

async function sitsDown(who) {
  const context = await person(chromium);
  const page = await context.newPage();
  await logsIn(page, who);
  return page;
}

async function logsIn(page, { login, password }) {
  await page.goto(`${CENTRE}/sign-in`);
  if (await page.locator("#login").count()) {
    await page.locator("#login").fill(login);
    await page.locator("#password").fill(password);
    await press(page, "#log-in");
  }
  same(page.url(), CENTRE);
}

/** The guidance, 申込担当者, 論理端末, 確認, 登録; returns the receipt number. */
async function applies(page, day, terminals) {
  await page.goto(CENTRE);
  await press(page, page.getByRole("link", { name: "デジタル証明書の再発行", exact: true }).first());
  await press(page, "#next");
  await page.locator("#phone").fill("0399998888");
  await press(page, "#next");
  await page.locator("#day").fill(day);
  await page.locator("input[name=cause]").first().check();
  const rows = page.locator("table.terminals input[type=checkbox]");
  for (let row = 0; row < terminals; row += 1) await rows.nth(row).check();
  await press(page, "#next");
  await expectPath(page, /\/confirm$/);
  await press(page, "#final");
  await expectPath(page, /\/done$/);
  return digits(page);
}

async function digits(page) {
  return (await page.locator("#number").innerText()).replaceAll("-", "");
}

/** 申込内容の確認 of this number. */
async function follows(page, number) {
  await page.goto(`${CENTRE}/applications`);
  await chooses(page, number);
}

/** The row of this number. */
async function chooses(page, number) {
  const links = page.locator("table.queue tbody th a");
  const texts = await links.allInnerTexts();
  const place = texts.findIndex((text) => text.replaceAll("-", "").includes(number));
  if (place < 0) throw new Error(`${number} is not among ${texts.join(" ")}`);
  await press(page, links.nth(place));
}

async function examines(world) {
  const context = await person(chromium);
  const page = await context.newPage();
  const pins = await lay(world, "examiner");
  await page.goto(`${DESK}/queue`);
  await through(page, pins);
  await page.locator(".who").waitFor();
  return Object.assign(page, { pins });
}

/** The page of an application on the examiner's list. */
async function opens(page, number) {
  await page.goto(`${DESK}/queue`);
  if (atLogin(page)) {
    await through(page, page.pins);
    await page.goto(`${DESK}/queue`);
  }
  await chooses(page, number);
  await expectPath(page, /\/cases\/[0-9a-z]+$/);
}

function atLogin(page) {
  return page.url().includes("/login");
}

async function decides(world, page, control) {
  await press(page, control);
  await through(page, page.pins);
  await page.locator("#notice").waitFor();
}

async function acquirable(page) {
  return page.locator("tbody tr").filter({ hasText: "取得可能" }).count();
}

/** The mails to a person under this subject. */
async function about(world, who, subject) {
  return (await world.mails(0, who.mail)).filter((mail) => mail.subject.includes(subject));
}

async function told(world, who, subject, number) {
  await until(async () => {
    const mails = await about(world, who, subject);
    return mails.some((mail) => mail.text.replaceAll("-", "").includes(number));
  }, `${subject} to ${who.mail}, for ${number}`);
}
