// The whole of procedure 000 as a person does it: kagimori and kagimori-agent as two processes, the portal by HTTPS under
// its own name with the headers it ships, the card in a reader of the real pcscd.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { screenshot } from "./browser.mjs";
import { START, stand, visitor } from "./stand.mjs";
import { check, holds, journeys, same, stepwise } from "./tap.mjs";
import { until } from "./until.mjs";
import { APPLICATION, AT, WORDS, atAgent, consent, expectPath, fill, openAgent, opened, press, pressForWindow, readBoth, receiptNumber, stillClosed, toPin } from "./walk.mjs";

await journeys([
  ["the shipped form-action is what lets the browser pass", handOver],
  ["the sixteen steps, in Japanese", sixteenSteps],
]);

async function handOver() {
  for (const [sentence, policy, passes] of [
    ["with the headers as shipped, the form's redirect arrives at the agent", (shipped) => shipped, true],
    ["control: with form-action 'self' alone, it does not", () => "form-action 'self'", false],
  ]) {
    const context = await visitor(`profile-hand-over-${passes}`);
    try {
      const page = await context.newPage();
      await rewritingPolicies(page, policy);
      await page.goto(START);
      await readBoth(page);
      await press(page, AT.agree);
      await expectPath(page, /\/revocation\/card$/);
      await page.locator(AT.openAgent).click();
      await page.waitForURL((url) => url.port === String(stand.agent_port), { timeout: passes ? 30_000 : 4_000 }).catch(() => {});
      await check(sentence, () => same(atAgent(page), passes));
    } finally {
      await context.close();
    }
  }
}

/** Lets every answer through with another Content-Security-Policy, at the last place before the browser reads it. */
async function rewritingPolicies(page, policy) {
  const session = await page.context().newCDPSession(page);
  session.on("Fetch.requestPaused", async ({ requestId, responseHeaders, responseStatusCode }) => {
    if (!responseHeaders || responseStatusCode !== 200) return session.send("Fetch.continueResponse", { requestId });
    // Fulfilled anew rather than continued: only then does Chromium read the policy from these headers.
    const { body, base64Encoded } = await session.send("Fetch.getResponseBody", { requestId });
    const headers = responseHeaders
      .filter(({ name }) => !/^(content-encoding|content-length|transfer-encoding)$/i.test(name))
      .map(({ name, value }) => ({ name, value: /^content-security-policy$/i.test(name) ? policy(value) : value }));
    const whole = base64Encoded ? body : Buffer.from(body).toString("base64");
    return session.send("Fetch.fulfillRequest", { requestId, responseCode: responseStatusCode, responseHeaders: headers, body: whole });
  });
  await session.send("Fetch.enable", { patterns: [{ urlPattern: `${stand.portal}/*`, requestStage: "Response" }] });
}

async function sixteenSteps() {
  const context = await visitor("profile");
  const step = stepwise();
  let cookies = [];
  try {
    const page = await context.newPage();

    await step("① ② the agent's own page shows the card in the reader", async () => {
      await page.goto(`http://127.0.0.1:${stand.agent_port}/`);
      holds(await page.locator("main").innerText(), "Virtual PCD");
      await screenshot(page, "01-agent-start");
      await page.goto(`http://127.0.0.1:${stand.agent_port}/phrase`);
      await page.locator("#phrase").fill(stand.phrase);
      await press(page, "#go");
      await page.goto(`http://127.0.0.1:${stand.agent_port}/`);
      holds(await page.locator("main").innerText(), stand.phrase);
    });
    await step("③ its first tile is 「失効申込」 and leads to the portal", async () => {
      const tile = page.locator(".tiles a").first();
      same((await tile.innerText()).trim(), "失効申込");
      await press(page, tile);
      same(page.url().split("?")[0], START);
      holds((await page.context().cookies()).map((cookie) => `${cookie.name} ${cookie.secure} ${cookie.httpOnly} ${cookie.sameSite}`).join(), /true true Lax/);
      await screenshot(page, "02-start");
    });
    await step("④ ⑤ 「手続きの流れを確認」 opens a window of its own, and one is not enough for 「同意して次へ」", async () => {
      await says(page, "flow", "terms", "agree", "end");
      same(await page.locator(AT.agree).isDisabled(), true);
      const flow = await pressForWindow(page, AT.flow);
      await screenshot(flow, "03-flow");
      holds(await flow.locator("body").innerText(), "30日前");
      await flow.close();
      await page.bringToFront();
      await stillClosed(page);
    });
    await step("⑥ ⑦ 「利用規約を確認」 opens a window that prints", async () => {
      const terms = await pressForWindow(page, AT.terms);
      await screenshot(terms, "04-terms");
      keep("terms.pdf", await terms.pdf({ format: "A4" }));
      holds(textOf("terms.pdf"), /利\s*用\s*規\s*約/);
      await terms.close();
      await page.bringToFront();
      await opened(page);
    });
    await step("⑧ with both read, 「同意して次へ」 goes on", async () => {
      await press(page, AT.agree);
      await expectPath(page, /\/revocation\/card$/);
      await screenshot(page, "05-open-agent");
      await openAgent(page);
      same(atAgent(page), true);
    });
    await step("⑨ the agent says who asks, shows the tries left, and takes the PIN", async () => {
      holds(await page.locator("body").innerText(), stand.portal);
      await toPin(page);
      const text = await page.locator("body").innerText();
      holds(text, stand.portal);
      holds(text, stand.phrase);
      holds(text, new RegExp(`残り\\s*${stand.tries}\\s*回`));
      await screenshot(page, "06-agent-authenticate");
      await consent(page, stand.pin);
      await expectPath(page, /\/revocation\/certificate$/);
    });
    await step("⑩ the card's certificate is shown", async () => {
      const text = await page.locator("main").innerText();
      for (const part of stand.certificate_shows) holds(text, part);
      await says(page, "toForm", "end");
      await screenshot(page, "07-certificate");
      await press(page, AT.toForm);
    });
    await step("⑪ the form shows an example, and what was typed goes to the confirm page", async () => {
      await says(page, "example", "toConfirm");
      const example = await pressForWindow(page, AT.example);
      holds(await example.locator("main").innerText(), "ニッポン　タロウ");
      await screenshot(example, "08-example");
      await example.close();
      await fill(page, APPLICATION);
      await screenshot(page, "09-form");
      await press(page, AT.toConfirm);
      await expectPath(page, /\/revocation\/confirm$/);
    });
    await step("⑫ 「失効申込をする(確定)」 waits for 「上記内容を確認しました」", async () => {
      const text = await page.locator("main").innerText();
      for (const part of ["0312345678", "ichiro@example.jp", "みずほ銀行", ...stand.certificate_shows]) holds(text, part);
      await says(page, "confirmed", "submit");
      same(await page.locator(AT.submit).isDisabled(), true);
      await screenshot(page, "10-confirm");
      await page.locator(AT.confirmed).check();
      same(await page.locator(AT.submit).isDisabled(), false);
    });
    await step("⑬ 「失効申込をする(確定)」 is signed by the card over the text that the agent shows", async () => {
      await press(page, AT.submit);
      await openAgent(page);
      same(atAgent(page), true);
      const text = await page.locator("pre").first().innerText();
      for (const part of ["失効申込", stand.serial, stand.authentication_serial, stand.holder]) holds(text, part);
      await screenshot(page, "11-agent-sign");
      writeFileSync(join(stand.place, "shown-text.txt"), text);
      await consent(page, stand.pin);
      await expectPath(page, /\/revocation\/done$/);
    });
    await step("the receipt names a list only once it can be fetched with the certificate on it, and then for both", async () => {
      const named = new Set();
      const look = async () => {
        for (const [use, role] of [["signature", "署名用"], ["authentication", "認証用"]]) {
          const row = await page.locator(`dt:text-is("CRL（失効リスト）${role}") + dd`).innerText();
          const [, number] = /第(\d+)号に載りました/.exec(row) ?? [];
          // Asked after the page was made: the list that it names lies there by now, that number or a later one.
          if (number) await isListed(use, Number(number));
          else holds(row, "まもなく公開する次の号");
          if (number) named.add(use);
        }
        if (named.size < 2) await page.reload();
        return named.size === 2;
      };
      await until(look, "the receipt names both lists");
    });
    await step("⑭ the receipt has a number and the time", async () => {
      await says(page, "print", "end");
      const number = await receiptNumber(page);
      writeFileSync(join(stand.place, "receipt-number"), number);
      await screenshot(page, "12-done");
      keep("receipt.pdf", await download(context, `${new URL(START).pathname}/done/receipt.pdf`));
      const text = textOf("receipt.pdf").replace(/[\s-]/g, "");
      for (const part of [number, stand.serial, stand.authentication_serial, stand.holder.replace(/\s/g, "")]) holds(text, part);
    });
    await step("⑮ 「失効申込内容印刷」 opens the print page with all that was applied for", async () => {
      const open = () => context.pages().filter((one) => !one.isClosed()).length;
      const before = open();
      const print = await pressForWindow(page, AT.print);
      same(open(), before + 1);
      await screenshot(print, "13-print");
      keep("print.pdf", await print.pdf({ format: "A4" }));
      const text = textOf("print.pdf").replace(/\s/g, "");
      for (const part of ["0312345678", "みずほ銀行", stand.serial, stand.authentication_serial]) holds(text, part);
      const close = print.getByRole("button", { name: "閉じる" });
      await Promise.all([print.waitForEvent("close"), close.click()]);
      same(open(), before);
      await expectPath(page, /\/revocation\/done$/);
    });
    await step("⑯ 「終了」 ends the session, and says that the application stands", async () => {
      cookies = await context.cookies(stand.portal);
      same((await page.goto(`${START}/done`)).status(), 200);
      await press(page, AT.end);
      await expectPath(page, /\/revocation\/ended$/);
      holds(await page.locator("main").innerText(), "失効申込は受付済みです");
    });
    await step("a page that is asked for afterwards is refused, with the way to begin anew", async () => {
      for (const path of ["/done", "/done/print", "/certificate"]) await isRefused(page, path, /E-STALE/);
      holds(await page.locator("main").innerText(), "メニュー");
    });
    await step("… and so it is with the cookie of the session that ended: its page says so", async () => {
      await context.addCookies(cookies);
      await isRefused(page, "/done", /E-TIMEOUT/);
      await press(page, 'main a.button[href$="/revocation"]');
      await expectPath(page, /\/revocation$/);
      same(await page.locator(AT.agree).count(), 1);
    });
  } finally {
    await context.close();
  }
}

/** The portal refuses a page to whoever has no session, with that code and nothing of the application. */
async function isRefused(page, path, code) {
  const answer = await page.goto(START + path);
  same(answer.status(), 409);
  const text = await page.locator("body").innerText();
  holds(text, code);
  for (const part of [readFileSync(join(stand.place, "receipt-number"), "utf8"), stand.holder, stand.serial]) same(text.includes(part), false);
}

/** The list that the certificate's distribution point names has at least this number and the certificate on it, as openssl reads it. */
async function isListed(use, number) {
  const answer = await fetch(stand.crl[use]);
  same(answer.status, 200);
  const input = Buffer.from(await answer.arrayBuffer());
  const printed = execFileSync("openssl", ["crl", "-inform", "DER", "-noout", "-text", "-crlnumber"], { input, encoding: "utf8" });
  const published = Number(/crlNumber=(0x[0-9A-F]+)/i.exec(printed)[1]);
  if (published < number) throw new Error(`the receipt names list ${number}, published is ${published}`);
  const serial = BigInt(use === "signature" ? stand.serial : stand.authentication_serial).toString(16).toUpperCase();
  holds(printed.replaceAll(/[\s:]/g, ""), serial);
}

/** The controls have the words of the source document on them. */
async function says(page, ...controls) {
  for (const control of controls) {
    const element = page.locator(AT[control]).first();
    const word = control === "confirmed" ? await element.evaluate((box) => box.labels[0].textContent) : await element.innerText();
    holds(word, WORDS[control]);
  }
}

/** A file of the portal, asked for with the session's cookies by the name that the portal has. */
async function download(context, path) {
  const portal = new URL(stand.portal);
  const cookie = (await context.cookies(stand.portal)).map(({ name, value }) => `${name}=${value}`).join("; ");
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port: portal.port, path, servername: portal.hostname, ca: readFileSync(stand.trust), headers: { host: portal.host, cookie } }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => (answer.statusCode === 200 ? resolve(Buffer.concat(parts)) : reject(new Error(`${path}: ${answer.statusCode}`))));
    });
    asked.on("error", reject);
    asked.end();
  });
}

function keep(name, bytes) {
  writeFileSync(join(stand.place, name), bytes);
}

function textOf(name) {
  return execFileSync("pdftotext", ["-layout", join(stand.place, name), "-"], { encoding: "utf8" });
}
