// Hands that use a keyboard alone, and eyes that look whether each stop shows its focus.

import { atAgent, settled } from "./walk.mjs";

/** Two hands on a keyboard: they find a thing by Tab and by the name that a screen reader would say. */
export class Hands {
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

  /** Types a date, in whichever order this browser has the parts of its field. */
  async typeDate(wanted, date) {
    const [year, month, day] = date.split("-");
    await this.reach(wanted);
    // A year has six digits there, and what is full gives way to the next part.
    for (const typed of [`${month}${day}${year}`, `00${year}${month}${day}`]) {
      await this.page.keyboard.type(typed);
      if ((await this.page.locator(wanted).inputValue()) === date) return;
      for (const key of ["ArrowLeft", "ArrowLeft", "ArrowLeft"]) await this.page.keyboard.press(key);
    }
    throw new Error(`${date} cannot be typed into ${wanted}`);
  }

  /** Opens the window in which a file is chosen, and chooses. */
  async chooseFile(wanted, path) {
    // Waited for from before the way there, so that the browser knows of it when the key comes.
    const presses = async () => {
      await this.reach(wanted);
      await this.page.keyboard.press("Enter");
    };
    const [window] = await Promise.all([this.page.waitForEvent("filechooser"), presses()]);
    await window.setFiles(path);
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
      await settled(this.page);
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
