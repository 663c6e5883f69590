// Back, Reload and what comes twice, on the demo: the way back from the agent is walked once, and what was typed stays.

import { browser, screenshot } from "./browser.mjs";
import { AGENT, CARDS, PORTAL, START_OF_REVOCATION } from "./demo.mjs";
import { until } from "./until.mjs";
import { check, holds, journeys, same } from "./tap.mjs";
import { walkedIn } from "./walked.mjs";
import { APPLICATION, AT, consent, expectPath, fill, openAgent, press, receiptNumber, toAgent, toCertificate, toConfirm, toPin, toSign } from "./walk.mjs";

const chromium = await browser();
const walked = walkedIn(chromium);
/** Milliseconds by which a slow line holds an answer back. */
const SLOW = 1_200;

await journeys([
  walked("answers that come twice", "twice-answered", answeredTwice),
  walked("Back at the agent", "back-at-agent", backAtAgent),
  walked("what was typed", "typed", typed),
]);
await chromium.close();

async function answeredTwice(page, world, context) {
  const pin = await world.pin(CARDS.valid);
  await toAgent(page, START_OF_REVOCATION);
  await toPin(page);
  const [first, other] = [walks(page), await context.newPage()];
  await check("an agent that says, while the PIN is on its way, that something changed sends nobody the way back twice", async () => {
    const line = await slowLine(page);
    await until(() => line.asked() > 0, "the page waits for changes");
    line.tellOnceItLeaves();
    await consent(page, pin);
    await page.waitForURL(/\/revocation\/certificate$/);
    await line.mend();
    same(first.length, 1);
  });
  await check("a page that waits goes the way back once, though it is told again and again that it may", async () => {
    await toConfirm(page);
    await toSign(page);
    await toPin(page);
    const here = page.url();
    const line = await slowLine(page);
    await until(() => line.asked() > 0, "the page waits for changes");
    // The holder goes on in another window of the same browser.
    const there = walks(other);
    await other.goto(here);
    await consent(other, pin);
    await other.waitForURL(/\/revocation\/done$/);
    line.tellChanges();
    await page.waitForURL(/\/revocation\/done$/);
    await page.waitForTimeout(2 * SLOW);
    await line.mend();
    same(there.length, 1);
    same(first.length, 2);
    same(await receiptNumber(page), await receiptNumber(other));
  });
  await check("control: a way back that is walked again is counted again, and finds the same receipt", async () => {
    const number = await receiptNumber(page);
    await page.goto(first.at(-1));
    same(first.length, 3);
    same(await receiptNumber(page), number);
  });
}

/** The ways back from the agent that this page walks from now on. */
function walks(page) {
  const found = [];
  page.on("request", (request) => {
    // What a script asks for and then does not follow is no way that anybody walked.
    if (request.isNavigationRequest() && new URL(request.url()).pathname.endsWith("/revocation/return")) found.push(request.url());
  });
  return found;
}

/**
 * A line on which each page of the agent comes late, redirected ones included, and on which the question for changes is
 * answered with yes, again and again, from `tellChanges` on, or from the moment that the browser sets out for another page.
 */
async function slowLine(page) {
  const session = await page.context().newCDPSession(page);
  let [asked, held, telling, leaves] = [0, [], false, () => {}];
  const yes = (requestId) => session.send("Fetch.fulfillRequest", { requestId, responseCode: 200 }).catch(() => {});
  session.on("Fetch.requestPaused", ({ requestId, request }) => {
    if (!request.url.includes("/changes")) {
      leaves();
      return setTimeout(() => session.send("Fetch.continueRequest", { requestId }).catch(() => {}), SLOW);
    }
    asked += 1;
    return telling ? setTimeout(() => yes(requestId), 50) : held.push(requestId);
  });
  await session.send("Fetch.enable", { patterns: [{ urlPattern: `${AGENT}/changes*` }, { urlPattern: `${AGENT}/request*`, resourceType: "Document" }] });
  // Only a page that was loaded since then asks over this line.
  await page.reload();
  const tellChanges = () => {
    telling = true;
    held.splice(0).forEach(yes);
  };
  return {
    asked: () => asked,
    tellChanges,
    tellOnceItLeaves: () => (leaves = tellChanges),
    mend: () => session.detach(),
  };
}

async function backAtAgent(page, world) {
  const pin = await world.pin(CARDS.valid);
  const walked = walks(page);
  await toAgent(page, START_OF_REVOCATION);
  await consent(page, pin);
  await expectPath(page, /\/revocation\/certificate$/);
  same(walked.length, 1);
  await check("Back from the certificate asks for no PIN again and leads to no refusal", async () => {
    await page.goBack();
    await page.waitForLoadState("load");
    same(await page.locator("#pin").count(), 0);
    same(/E-[A-Z]/.test(await page.locator("main").innerText()), false);
    await page.goto(`${START_OF_REVOCATION}/certificate`);
    holds(await page.locator("main").innerText(), "髙橋 一郎");
  });
  await toConfirm(page);
  await toSign(page);
  await toPin(page);
  const before = walked.length;
  await check("Back, pressed before the PIN has left, signs nothing, and the way on is open", async () => {
    const line = await heldLine(page, "Request");
    await page.locator("#go").click({ noWaitAfter: true });
    await until(() => line.held() > 0, "the consent has set out");
    await backToPortal(page);
    await line.mend();
    holds(await status(page), "署名を待っています");
    await press(page, 'main a[href$="/revocation/card"]');
    await openAgent(page);
    await toPin(page);
  });
  await check("Back, pressed between the consent and the way back, leaves one application and one receipt", async () => {
    const line = await heldLine(page, "Response");
    await page.locator("#go").click({ noWaitAfter: true });
    await until(() => line.held() > 0, "the agent has answered");
    await backToPortal(page);
    await line.mend();
    same(walked.length - before, 0);
    // The text is signed and not applied for: the portal asks what shall become of it.
    holds(await status(page), "署名済み");
    await press(page, AT.goOn);
    holds(await status(page), "受付済み");
    await receiptNumber(page);
  });
}

/** The browser's own Back button at the agent, while what it was asked for is still on its way. */
async function backToPortal(page) {
  const session = await page.context().newCDPSession(page);
  const { currentIndex, entries } = await session.send("Page.getNavigationHistory");
  await session.send("Page.navigateToHistoryEntry", { entryId: entries[currentIndex - 1].id });
  await page.waitForURL(`${PORTAL}/**`);
}

/** What the portal says of the application. */
async function status(page) {
  await page.goto(`${START_OF_REVOCATION}/status`);
  return page.locator("main").innerText();
}

/** A line on which whatever the agent's pages send, or get answered, is held until it is mended. */
async function heldLine(page, requestStage) {
  const session = await page.context().newCDPSession(page);
  let held = 0;
  session.on("Fetch.requestPaused", () => (held += 1));
  await session.send("Fetch.enable", { patterns: [{ urlPattern: `${AGENT}/request*`, resourceType: "Document", requestStage }] });
  return { held: () => held, mend: () => session.detach() };
}

async function typed(page, world) {
  await toCertificate(page, START_OF_REVOCATION, await world.pin(CARDS.valid));
  await press(page, AT.toForm);
  await fill(page, APPLICATION);
  await check("what was typed is there after a reload, also in the field that was not left yet", async () => {
    await typeInto(page, "reason_detail", "途中まで書いた");
    await page.reload();
    await hasKept(page, { ...APPLICATION, reason_detail: "途中まで書いた" });
  });
  await check("… and after a look at another page and Back", async () => {
    await typeInto(page, "bank", "あさひ銀行");
    await press(page, 'header a[href$="/status"]');
    await expectPath(page, /\/revocation\/status$/);
    await page.goBack();
    await hasKept(page, { ...APPLICATION, reason_detail: "途中まで書いた", bank: "あさひ銀行" });
  });
  await check("… and after Back to the certificate and forward again by its button", async () => {
    await typeInto(page, "branch", "渋谷");
    await page.goto(`${START_OF_REVOCATION}/certificate`);
    await press(page, AT.toForm);
    await hasKept(page, { ...APPLICATION, reason_detail: "途中まで書いた", bank: "あさひ銀行", branch: "渋谷" });
  });
  await check("… and after Back from the confirm page, which shows it too", async () => {
    await press(page, AT.toConfirm);
    await expectPath(page, /\/revocation\/confirm$/);
    holds(await page.locator("main").innerText(), "あさひ銀行");
    await page.goBack();
    await expectPath(page, /\/revocation\/application$/);
    // What was taken stands there as it was taken: the account's holder in the half-width kana of transfers.
    await hasKept(page, { ...APPLICATION, reason_detail: "途中まで書いた", bank: "あさひ銀行", branch: "渋谷", account_holder: "ﾀｶﾊｼ ｲﾁﾛｳ" });
    await screenshot(page, "typed-after-back");
  });
  await check("control: where the portal cannot be told, a reload loses it", async () => {
    await page.route(`${PORTAL}/**/application`, (route) => (route.request().method() === "POST" ? route.abort() : route.continue()));
    await typeInto(page, "bank", "みらい銀行");
    await page.reload();
    same(await page.locator("main [name=bank]").inputValue(), "あさひ銀行");
  });
}

/** Types as fingers do, and stays in the field for the moment that a person needs to reach for something else. */
async function typeInto(page, name, value) {
  const field = page.locator(`main [name="${name}"]`);
  await field.fill("");
  await field.pressSequentially(value);
  await page.waitForTimeout(1_000);
}

async function hasKept(page, application) {
  await expectPath(page, /\/revocation\/application$/);
  for (const [name, value] of Object.entries(application)) {
    const fields = page.locator(`main [name="${name}"]`);
    const found = await fields.evaluateAll((all) => (all[0].type === "radio" ? all.find((one) => one.checked)?.value : all[0].value));
    if (found !== value) throw new Error(`${name} is ${JSON.stringify(found)}, not ${JSON.stringify(value)}`);
  }
}
