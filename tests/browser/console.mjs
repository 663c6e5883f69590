// The officers' desk as its first administrator finds it: kagimori and kagimori-agent as two processes, the portal by HTTPS
// under its own name, the officer's card in a reader of the real pcscd.

import { execFileSync } from "node:child_process";
import { virtualAuthenticator } from "./authenticator.mjs";
import { screenshot } from "./browser.mjs";
import { Hands } from "./keyboard.mjs";
import { judge, judgeBoth } from "./page-judge.mjs";
import { stand, visitor } from "./stand.mjs";
import { check, holds, journeys, same, stepwise } from "./tap.mjs";
import { AT, atAgent, consent, expectPath, press, toPin } from "./walk.mjs";

const DESK = `${stand.portal}/console/${stand.office}`;
const SECOND = { name: "佐藤 花子", person: "2", company: "7000012050002", mail: "sato@ca.example" };

await journeys([["an officer's first day", firstDay]]);

async function firstDay() {
  const context = await visitor("profile-console");
  const step = stepwise();
  try {
    const page = await context.newPage();
    const authenticator = await virtualAuthenticator(page);

    await step("the officer has chosen a phrase at the agent", async () => {
      await page.goto(`http://127.0.0.1:${stand.agent_port}/phrase`);
      await page.locator("#phrase").fill(stand.phrase);
      await press(page, "#go");
    });
    await step("whoever asks for a page of the desk is led to the login", async () => {
      await page.goto(`${DESK}/officers`);
      await expectPath(page, /\/login$/);
      await bothLanguages(page, "desk-login", `${DESK}/login`);
    });
    await step("the invitation's code and the card in the reader enrol its first administrator", async () => {
      await bothLanguages(page, "desk-enrol", `${DESK}/enrol`);
      await page.goto(`${DESK}/enrol`);
      await page.locator("#code").fill("22222-22222-22222-22222");
      await press(page, AT.openAgent);
      holds(await page.locator("main").innerText(), "E-INVITE-CODE");
      await screenshot(page, "desk-enrol-refused");
      await page.locator("#code").fill(stand.invitation);
      await press(page, AT.openAgent);
      same(atAgent(page), true);
      holds(await page.locator("body").innerText(), stand.portal);
      await toPin(page);
      await consent(page, stand.pin);
      await page.waitForURL(/\/console\//);
      await page.goto(`${DESK}/own`);
      holds(await page.locator(".who").innerText(), stand.holder);
    });
    await step("every page of the desk is one for everybody, in both languages", async () => {
      await page.goto(`${DESK}/officers`);
      const own = await page.locator("table a").first().getAttribute("href");
      for (const [name, path] of [
        ["desk-own", "/own"],
        ["desk-tokens", "/own/tokens"],
        ["desk-officers", "/officers"],
        ["desk-invite", "/officers/invite"],
        ["desk-officer", own.slice(new URL(DESK).pathname.length)],
        ["desk-office", "/office"],
        ["desk-office-edit", "/office/edit"],
        ["desk-office-history", "/office/history"],
        ["desk-office-version", "/office/history/1"],
        ["desk-audit", "/audit"],
      ]) {
        await bothLanguages(page, name, DESK + path);
      }
    });
    await step("a second officer is invited by keyboard alone, and the code is shown to be printed", async () => {
      await page.goto(`${DESK}/officers`);
      const hands = new Hands(page);
      await hands.pressOn("#invite");
      await expectPath(page, /\/officers\/invite$/);
      for (const [name, value] of Object.entries(SECOND)) {
        await hands.reach(`#${name}`);
        await page.keyboard.press("Control+A");
        await page.keyboard.type(value);
      }
      await hands.reach("input[name=role][value=entry]");
      await page.keyboard.press("Space");
      await hands.pressOn("#go");
      holds(await page.locator("#code").innerText(), /^[2-9A-Z]{5}(-[2-9A-Z]{5}){3}$/);
      await judge(page, "desk-code", "ja");
      await screenshot(page, "desk-code");
      await page.goto(`${DESK}/officers`);
      holds(await page.locator("table").innerText(), SECOND.name);
    });
    await step("… and blocked on a page that asks first", async () => {
      await press(page, page.getByRole("link", { name: SECOND.name }));
      await press(page, "#block");
      await judge(page, "desk-block", "ja");
      await screenshot(page, "desk-block");
      await press(page, "#go");
      holds(await page.locator("main").innerText(), "停止");
    });
    await step("a text of the office is changed with a preview, and holders see it at once", async () => {
      await page.goto(`${DESK}/office/edit`);
      await page.locator("#contact-ja").fill("見本認証局 新しい窓口（電話 03-1111-1111）");
      await press(page, "#preview");
      holds(await page.locator("ins").innerText(), "03-1111-1111");
      await judge(page, "desk-office-preview", "ja");
      await screenshot(page, "desk-office-preview");
      await press(page, "#save");
      await expectPath(page, /\/office$/);
      await page.goto(`${stand.portal}/${stand.office}`);
      holds(await page.locator("footer").innerText(), "03-1111-1111");
    });
    await step("a passkey is registered with the user verified", async () => {
      await page.goto(`${DESK}/own`);
      await page.locator("#label").fill("執務室のパソコン");
      await Promise.all([page.waitForURL(/notice=saved/), page.locator("#add").click()]);
      holds(await page.locator("table").innerText(), "執務室のパソコン");
      await judge(page, "desk-own-passkey", "ja");
      await screenshot(page, "desk-own-passkey");
    });
    await step("an API token is made by keyboard, shown once, and revoked", async () => {
      await page.goto(`${DESK}/own`);
      const hands = new Hands(page);
      await hands.pressOn("#tokens");
      await expectPath(page, /\/own\/tokens$/);
      await hands.reach("#label");
      await page.keyboard.type("受付スキャナー");
      await hands.reach("input[name=scope][value='case:read']");
      await page.keyboard.press("Space");
      await hands.pressOn("#go");
      holds(await page.locator("#token").innerText(), /^kagimori_[A-Za-z0-9_-]{43}$/);
      await judge(page, "desk-token", "ja");
      await screenshot(page, "desk-token");
      await page.goto(`${DESK}/own/tokens`);
      holds(await page.locator("table").innerText(), "受付スキャナー");
      await press(page, "table button");
      holds(await page.locator("main").innerText(), "失効させました");
    });
    await step("the passkey logs in, and leads to the page that was asked for", async () => {
      await press(page, "#logout");
      await expectPath(page, /\/ended$/);
      await page.goto(`${DESK}/office`);
      await page.locator("#passkey").click();
      await page.locator(".who, #problem, [data-refused]:not(:empty)").waitFor();
      holds(await page.locator("body").innerText(), stand.holder);
      await expectPath(page, /\/office$/);
    });
    await step("an authenticator that does not verify its user logs nobody in", async () => {
      await press(page, "#logout");
      await authenticator.verifies(false);
      await page.goto(`${DESK}/login`);
      await page.locator("#passkey").click();
      await page.locator("[data-refused]:not(:empty)").waitFor();
      await expectPath(page, /\/login$/);
    });
    await step("the card logs in", async () => {
      await page.goto(`${DESK}/officers`);
      await press(page, AT.openAgent);
      await toPin(page);
      await consent(page, stand.pin);
      await page.locator(".who").waitFor();
      await expectPath(page, /\/officers$/);
    });
    await step("who is blocked is out with the next click, and is told why", async () => {
      execFileSync(stand.block[0], stand.block.slice(1), { cwd: stand.server, env: { ...process.env, ...stand.env } });
      await page.getByRole("link", { name: "ご自身の設定" }).click();
      await page.locator("#problem").waitFor();
      holds(await page.locator("main").innerText(), "管理者により利用が停止されました");
      await judge(page, "desk-out", "ja");
      await screenshot(page, "desk-out");
      await page.goto(`${DESK}/own`);
      await expectPath(page, /\/login$/);
    });
  } finally {
    await context.close();
  }
}

/** Judges the page at this address in both languages. */
async function bothLanguages(page, name, address) {
  const texts = {};
  for (const language of ["ja", "en"]) {
    await page.goto(`${address}?lang=${language}`);
    texts[language] = await judge(page, name, language);
    await screenshot(page, `${language}-${name}`);
  }
  await judgeBoth(name, texts.ja, texts.en);
}
