// Who does not belong here: another web site in the holder's browser, a page without the session's token, a name that
// points at loopback. On the demo, from a real browser where a browser's rules decide, else with bare requests.

import { createServer, request } from "node:http";
import { browser, person } from "./browser.mjs";
import { AGENT, CARDS, PORTAL, START_OF_REVOCATION, inDemo } from "./demo.mjs";
import { check, holds, journeys, same } from "./tap.mjs";
import { AT, atAgent, press, readBoth, toAgent, toPin } from "./walk.mjs";

const chromium = await browser();

await journeys([
  ["the headers of every answer", () => inDemo("headers", headers)],
  ["a foreign web site", () => inDemo("foreign-site", foreignSite)],
  ["a name that points at loopback", () => inDemo("rebinding", rebinding)],
  ["a form without the session's token", () => inDemo("tokens", tokens)],
]);
await chromium.close();

async function headers() {
  for (const url of [`${PORTAL}/`, START_OF_REVOCATION, `${START_OF_REVOCATION}/terms`, `${AGENT}/`, `${PORTAL}/nothing-here`]) {
    const answer = await fetch(url, { redirect: "manual" });
    const policy = answer.headers.get("content-security-policy") ?? "";
    await check(`a45: ${url} cannot be framed, runs no inline script, and is not guessed at`, () => {
      holds(policy, "frame-ancestors 'none'");
      holds(policy, /default-src '(none|self)'/);
      same(/unsafe-(inline|eval)|\*/.test(policy), false);
      same(answer.headers.get("x-content-type-options"), "nosniff");
      holds(answer.headers.get("referrer-policy") ?? "", /same-origin|no-referrer|strict-origin/);
    });
  }
  await check("the portal's form-action names itself and the agent, and nobody else", async () => {
    const policy = (await fetch(START_OF_REVOCATION)).headers.get("content-security-policy");
    same(policy.match(/form-action ([^;]*)/)[1].trim().split(/\s+/).sort().join(" "), `'self' ${AGENT}`);
  });
  await check("the session's cookie is HttpOnly and SameSite=Lax, and holds no more than a token", async () => {
    const context = await person(chromium);
    const page = await context.newPage();
    await page.goto(START_OF_REVOCATION);
    const cookies = await context.cookies(PORTAL);
    same(cookies.length > 0, true);
    for (const cookie of cookies) if (!/lang/i.test(cookie.name)) same(`${cookie.httpOnly} ${cookie.sameSite}`, "true Lax");
    await context.close();
  });
}

async function foreignSite(world) {
  const site = await listen((asked, answer) => {
    answer.setHeader("content-type", "text/html");
    answer.end(`<!doctype html><title>foreign</title>
      <form id="pin" method="post" action="${AGENT}/request/pin"><input name="visit" value="x"><input name="token" value="x"><input name="pin" value="000000"></form>
      <form id="allow" method="post" action="${AGENT}/allow"><input name="portal" value="http://127.0.0.1:1"><input name="answer" value="yes"></form>
      <form id="agree" method="post" action="${START_OF_REVOCATION}/agree"></form>
      <form id="quit" method="post" action="${START_OF_REVOCATION}/quit"></form>`);
  });
  const origin = `http://127.0.0.1:${site.address().port}`;
  const context = await person(chromium);
  const page = await context.newPage();
  const tries = async () => (await world.state()).cards.find((card) => card.id === CARDS.valid).tries;
  const before = await tries();
  for (const form of ["pin", "allow", "agree", "quit"]) {
    await check(`a03: a form 「${form}」 of a foreign site is turned away`, async () => {
      await page.goto(origin);
      const [answer] = await Promise.all([page.waitForResponse((response) => response.request().method() === "POST"), page.locator(`#${form}`).evaluate((element) => void setTimeout(() => element.submit())), page.waitForNavigation()]);
      await page.waitForLoadState("load");
      if (answer.status() < 400) throw new Error(`answered ${answer.status()} to ${answer.url()}`);
    });
  }
  await check("a03: a foreign site's script reads nothing from the agent", async () => {
    await page.goto(origin);
    const read = await page.evaluate((url) => fetch(url, { credentials: "include" }).then((answer) => answer.text(), () => "refused"), `${AGENT}/`);
    same(read, "refused");
  });
  await check("a03: the agent fetches nothing from a portal that the holder has not allowed", async () => {
    let fetched = 0;
    const portal = await listen((asked, answer) => {
      fetched += 1;
      answer.end("{}");
    });
    await page.goto(`${AGENT}/request?portal=${encodeURIComponent(`http://127.0.0.1:${portal.address().port}`)}&id=AAAAAAAAAAAAAAAAAAAAAA`);
    same(fetched, 0);
    same(await page.locator("#pin").count(), 0);
    portal.close();
  });
  await check("a03: and no PIN has been tried meanwhile", async () => same(await tries(), before));
  site.close();
  await context.close();
}

async function rebinding() {
  for (const host of ["evil.example.test:24817", "evil.example.test", "0.0.0.0:24817", "[::]:24817"]) {
    await check(`a03: the agent turns the Host ${host} away`, async () => {
      const status = await bare(AGENT, "/", { host });
      if (status < 400) throw new Error(`answered ${status}`);
    });
  }
  await check("control: its own Host is answered", async () => same(await bare(AGENT, "/", { host: "127.0.0.1:24817" }), 200));
}

async function tokens() {
  const context = await person(chromium);
  const page = await context.newPage();
  await page.goto(START_OF_REVOCATION);
  await readBoth(page);
  await check("a45: a form with another token is turned away", async () => {
    await page.locator("form[action$='/agree'] input[name=csrf]").evaluate((field) => (field.value = "A".repeat(field.value.length)));
    await press(page, AT.agree);
    holds(await page.locator("main").innerText(), /E-(ORIGIN|STALE)/);
  });
  await toAgent(page, START_OF_REVOCATION);
  await toPin(page);
  await check("a03: the agent's form counts once: another token is turned away and no try is lost", async () => {
    await page.locator("form[action='/request/pin'] input[name=token]").evaluate((field) => (field.value = "A".repeat(field.value.length)));
    await page.locator("#pin").fill("000000");
    await press(page, "#go");
    same(atAgent(page), true);
    holds(await page.locator("body").innerText(), /残り\s*10\s*回|E-STALE/);
  });
  await context.close();
}

/** A server of our own on loopback. */
function listen(answers) {
  return new Promise((resolve) => {
    const server = createServer(answers).listen(0, "127.0.0.1", () => resolve(server));
  });
}

/** The status of one bare GET. */
function bare(origin, path, headers) {
  return new Promise((resolve, reject) => {
    const asked = request(origin + path, { headers, setHost: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    asked.on("error", reject);
    asked.end();
  });
}
