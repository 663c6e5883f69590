// The whole of procedure 000 with other hands: in English, by keyboard alone, without script.

import { browser, person, screenshot } from "./browser.mjs";
import { CARDS, START_OF_REVOCATION, inDemo } from "./demo.mjs";
import { check, holds, journeys, same } from "./tap.mjs";
import { APPLICATION, LABELS, atAgent, consent, control, expectPath, fill, openAgent, press, readBoth, receiptNumber, toCertificate, toConfirm, toDone } from "./walk.mjs";

const chromium = await browser();

await journeys([
  ["in English", () => inDemo("english", inEnglish)],
  ["by keyboard alone", () => inDemo("keyboard", byKeyboard)],
  ["without script", () => inDemo("no-script", withoutScript)],
]);
await chromium.close();

async function inEnglish(world) {
  const context = await person(chromium, { language: "en" });
  const page = await context.newPage();
  const pin = await world.pin(CARDS.valid);
  await check("a browser that prefers English gets English pages, and the agent follows", async () => {
    await page.goto(START_OF_REVOCATION);
    same(await page.locator("html").getAttribute("lang"), "en");
    await readBoth(page);
    await press(page, LABELS.agree);
    await openAgent(page);
    same(await page.locator("html").getAttribute("lang"), "en");
    await screenshot(page, "en-agent");
    await consent(page, pin);
    expectPath(page, /\/revocation\/certificate$/);
  });
  await check("the journey ends at an English receipt with a number", async () => {
    await press(page, LABELS.toForm);
    await fill(page);
    await screenshot(page, "en-form");
    await press(page, LABELS.toConfirm);
    await toDone(page, pin);
    await receiptNumber(page);
    await screenshot(page, "en-done");
  });
  await check("the mails are in English", async () => {
    for (const mail of await world.mails(2)) holds(mail.subject, /^[\x20-\x7e–—’]+$/);
  });
  await context.close();
}

async function byKeyboard(world) {
  const context = await person(chromium);
  const page = await context.newPage();
  const hands = new Hands(page);
  const pin = await world.pin(CARDS.valid);
  await check("Tab, Space and Enter lead from the start to the receipt, and each stop shows its focus", async () => {
    await page.goto(START_OF_REVOCATION);
    for (const which of ["flow", "terms"]) {
      await hands.reach(LABELS[which]);
      const [window] = await Promise.all([context.waitForEvent("page"), page.keyboard.press("Enter")]);
      await window.waitForLoadState("load");
      await window.close();
      await page.bringToFront();
      await page.reload();
    }
    await hands.pressOn(LABELS.agree);
    await hands.pressOn(LABELS.openAgent);
    await hands.atAgent(pin);
    expectPath(page, /\/revocation\/certificate$/);
    await hands.pressOn(LABELS.toForm);
    await hands.type(APPLICATION);
    await hands.pressOn(LABELS.toConfirm);
    expectPath(page, /\/revocation\/confirm$/);
    await hands.reach(LABELS.confirmed);
    await page.keyboard.press("Space");
    await hands.pressOn(LABELS.submit);
    await hands.pressOn(LABELS.openAgent);
    await hands.atAgent(pin);
    expectPath(page, /\/revocation\/done$/);
    await receiptNumber(page);
  });
  await check("every focused element was visibly so", () => {
    if (hands.unseen.length) throw new Error(hands.unseen.slice(0, 5).join("; "));
    if (hands.stops < 20) throw new Error(`only ${hands.stops} stops`);
  });
  await context.close();
}

/** Two hands on a keyboard: they find a thing by Tab and by the name that a screen reader would say. */
class Hands {
  constructor(page) {
    this.page = page;
    this.stops = 0;
    this.unseen = [];
  }

  /** Tabs until the focused element has that name or is that field. */
  async reach(wanted) {
    for (let turn = 0; turn < 90; turn += 1) {
      const focus = await this.focus();
      if (focus && (wanted instanceof RegExp ? wanted.test(focus.name) : wanted === focus.field)) return focus;
      await this.page.keyboard.press("Tab");
    }
    throw new Error(`Tab does not reach ${wanted}`);
  }

  /** Reaches a control and presses Enter on it. */
  async pressOn(label) {
    await this.reach(label);
    await Promise.all([this.page.waitForNavigation(), this.page.keyboard.press("Enter")]);
    await this.page.waitForLoadState("load");
  }

  /** Types an application field by field. */
  async type(application) {
    for (const [field, value] of Object.entries(application)) {
      if (value === "") continue;
      const focus = await this.reach(field).catch(() => null);
      if (!focus) throw new Error(`Tab does not reach the field ${field}`);
      if (focus.kind === "select" || focus.kind === "radio") await this.choose(field, value);
      else await this.page.keyboard.type(value);
    }
  }

  /** Chooses by the arrow keys, at most once round. */
  async choose(field, label) {
    for (let turn = 0; turn < 20; turn += 1) {
      const chosen = await this.page.evaluate(() => {
        const element = document.activeElement;
        if (element.tagName === "SELECT") return element.selectedOptions[0]?.textContent ?? "";
        return element.checked ? (element.labels[0]?.textContent ?? "") : "";
      });
      if (label.test(chosen.trim())) return;
      const unchecked = await this.page.evaluate(() => document.activeElement.type === "radio" && !document.activeElement.checked);
      await this.page.keyboard.press(unchecked && turn === 0 ? "Space" : "ArrowDown");
    }
    throw new Error(`the arrow keys do not reach ${label} in ${field}`);
  }

  /** At the agent: the PIN if it is asked for, then Enter on the button. */
  async atAgent(pin) {
    for (let turn = 0; turn < 4 && atAgent(this.page); turn += 1) {
      if (await this.page.locator("#pin").count()) {
        await this.reach("pin");
        await this.page.keyboard.type(pin);
      }
      await this.reach("go");
      await Promise.all([this.page.waitForNavigation(), this.page.keyboard.press("Enter")]);
      await this.page.waitForLoadState("load");
    }
  }

  /** What has the focus now: its name, its field, its kind; and whether one can see that it has it. */
  async focus() {
    const found = await this.page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return null;
      const style = getComputedStyle(element);
      const name = element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent ?? element.textContent ?? "";
      return {
        name: name.replace(/\s+/g, " ").trim(),
        field: element.name || element.id,
        kind: element.tagName === "SELECT" ? "select" : element.type,
        seen: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none",
      };
    });
    if (found) {
      this.stops += 1;
      if (!found.seen) this.unseen.push(`${new URL(this.page.url()).pathname}: ${found.name.slice(0, 40)}`);
    }
    return found;
  }
}

async function withoutScript(world) {
  const context = await person(chromium, { script: "without" });
  const page = await context.newPage();
  const pin = await world.pin(CARDS.valid);
  await page.goto(START_OF_REVOCATION);
  await check("without script the gate's button is enabled, and the server answers E-GATE-1", async () => {
    same(await control(page, LABELS.agree).isEnabled(), true);
    await press(page, LABELS.agree);
    holds(await page.locator("main").innerText(), "E-GATE-1");
  });
  await check("without script the whole way is walked", async () => {
    await toCertificate(page, START_OF_REVOCATION, pin);
    await toConfirm(page);
  });
  await check("gate 2: without the checkbox the server answers E-GATE-2", async () => {
    await press(page, LABELS.submit);
    holds(await page.locator("main").innerText(), "E-GATE-2");
  });
  await check("and with it the application is accepted", async () => {
    await toDone(page, pin);
    await receiptNumber(page);
  });
  await context.close();
}
