// The whole of procedure 000 with other hands: in English, by keyboard alone, without script.

import { browser, person, screenshot } from "./browser.mjs";
import { CARDS, START_OF_REVOCATION, inDemo } from "./demo.mjs";
import { check, holds, journeys, same } from "./tap.mjs";
import { APPLICATION, AT, atAgent, consent, expectPath, fill, openAgent, opened, press, pressForWindow, readBoth, receiptNumber, toConfirm, toDone, toPin } from "./walk.mjs";

const chromium = await browser();

async function inEnglish(world) {
  const context = await person(chromium, { language: "en" });
  const page = await context.newPage();
  const pin = await world.pin(CARDS.valid);
  await check("a browser that prefers English gets English pages, and the agent follows", async () => {
    await page.goto(START_OF_REVOCATION);
    same(await page.locator("html").getAttribute("lang"), "en");
    await readBoth(page);
    await press(page, AT.agree);
    await openAgent(page);
    await toPin(page);
    same(await page.locator("html").getAttribute("lang"), "en");
    await screenshot(page, "en-agent");
    await consent(page, pin);
    await expectPath(page, /\/revocation\/certificate$/);
  });
  await check("the journey ends at an English receipt with a number", async () => {
    await press(page, AT.toForm);
    await fill(page);
    await screenshot(page, "en-form");
    await press(page, AT.toConfirm);
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
    for (const [read, which] of [AT.flow, AT.terms].entries()) {
      await hands.reach(which);
      const [window] = await Promise.all([context.waitForEvent("page"), page.keyboard.press("Enter")]);
      await window.waitForLoadState("load");
      await window.close();
      await page.bringToFront();
      // The page renews itself and shows the text as read.
      await page.locator(".must.read").nth(read).waitFor();
    }
    await opened(page);
    await hands.pressOn(AT.agree);
    await hands.pressOn(AT.openAgent);
    await hands.atAgent(pin);
    await expectPath(page, /\/revocation\/certificate$/);
    await hands.pressOn(AT.toForm);
    await hands.type(APPLICATION);
    await hands.pressOn(AT.toConfirm);
    await expectPath(page, /\/revocation\/confirm$/);
    await hands.reach(AT.confirmed);
    await page.keyboard.press("Space");
    await hands.pressOn(AT.submit);
    await hands.pressOn(AT.openAgent);
    await hands.atAgent(pin);
    await expectPath(page, /\/revocation\/done$/);
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

  /** Tabs until the element has the focus. */
  async reach(wanted) {
    for (let turn = 0; turn < 90; turn += 1) {
      const focus = await this.focus(wanted);
      if (focus?.reached) return focus;
      await this.page.keyboard.press("Tab");
    }
    throw new Error(`Tab does not reach ${wanted}`);
  }

  /** Reaches a control and presses Enter on it. */
  async pressOn(wanted) {
    await this.reach(wanted);
    await Promise.all([this.page.waitForNavigation(), this.page.keyboard.press("Enter")]);
    await this.page.waitForLoadState("load");
  }

  /** Types an application field by field. */
  async type(application) {
    for (const [field, value] of Object.entries(application)) {
      const focus = await this.reach(`[name="${field}"]`);
      if (focus.kind === "select" || focus.kind === "radio") await this.choose(field, value);
      else await this.page.keyboard.type(value);
    }
  }

  /** Chooses by the arrow keys, at most once round. */
  async choose(field, value) {
    for (let turn = 0; turn < 20; turn += 1) {
      const { chosen, untouched } = await this.page.evaluate(() => {
        const element = document.activeElement;
        if (element.tagName === "SELECT") return { chosen: element.value, untouched: false };
        return { chosen: element.checked ? element.value : "", untouched: !element.checked };
      });
      if (chosen === value) return;
      await this.page.keyboard.press(untouched ? "Space" : "ArrowDown");
    }
    throw new Error(`the arrow keys do not reach ${value} in ${field}`);
  }

  /** At the agent: the PIN if it is asked for, then Enter on the button. */
  async atAgent(pin) {
    for (let turn = 0; turn < 4 && atAgent(this.page); turn += 1) {
      await this.page.locator("#go").waitFor();
      if (await this.page.locator("#pin").count()) {
        await this.reach("#pin");
        await this.page.keyboard.type(pin);
      }
      await this.pressOn("#go");
      await this.page.waitForFunction(() => !document.querySelector(".busy[role=status]"));
      await this.page.waitForLoadState("load");
    }
  }

  /** What has the focus now: its name, its field, its kind; and whether one can see that it has it. */
  async focus(wanted) {
    const look = () => this.page.evaluate((selector) => {
      const element = document.activeElement;
      if (!element || element === document.body) return null;
      const style = getComputedStyle(element);
      const name = element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent ?? element.textContent ?? "";
      return {
        name: name.replace(/\s+/g, " ").trim(),
        reached: element.matches(selector),
        kind: element.tagName === "SELECT" ? "select" : element.type,
        seen: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none",
      };
    }, wanted);
    // A page that renews itself in this very moment is looked at when it is there again.
    const found = await look().catch(async (fault) => {
      if (!fault.message.includes("context was destroyed")) throw fault;
      await this.page.waitForLoadState("load");
      return look();
    });
    if (found) {
      this.stops += 1;
      // Inside a date field the browser itself marks the part that has the focus.
      if (!found.seen && found.kind !== "date") this.unseen.push(`${new URL(this.page.url()).pathname}: ${found.name.slice(0, 40)}`);
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
    same(await page.locator(AT.agree).isEnabled(), true);
    await press(page, AT.agree);
    holds(await page.locator("main").innerText(), "E-GATE-1");
  });
  await check("without script the whole way is walked", async () => {
    // Without script the page does not notice by itself that the windows were opened.
    for (const which of [AT.flow, AT.terms]) await (await pressForWindow(page, which)).close();
    await page.goto(START_OF_REVOCATION);
    await press(page, AT.agree);
    await openAgent(page);
    await consent(page, pin);
    await expectPath(page, /\/revocation\/certificate$/);
    await toConfirm(page);
  });
  await check("gate 2: without the checkbox the server answers E-GATE-2", async () => {
    await press(page, AT.submit);
    holds(await page.locator("main").innerText(), "E-GATE-2");
  });
  await check("and with it the application is accepted", async () => {
    await toDone(page, pin);
    await receiptNumber(page);
  });
  await context.close();
}

await journeys([
  ["in English", () => inDemo("english", inEnglish)],
  ["by keyboard alone", () => inDemo("keyboard", byKeyboard)],
  ["without script", () => inDemo("no-script", withoutScript)],
]);
await chromium.close();
