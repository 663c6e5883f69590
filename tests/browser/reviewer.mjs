// An officer of an ordering body: a card of the own, a browser of the own, and hands on a keyboard that count what they do.

import { person } from "./browser.mjs";
import { Hands } from "./keyboard.mjs";
import { stand } from "./stand.mjs";
import { holds } from "./tap.mjs";
import { AT, atAgent, consent, expectPath, press, settled } from "./walk.mjs";

/** Where the controls of a decision are on the page of a case. */
const CASE = { approve: "#approve", deny: "#refuse", reason: "#deny" };
/** What the state of a decided case is called. */
const STATES = { approve: "更新完了", deny: "否認" };

/** An account, as the stand tells it. */
export class Reviewer {
  static async sitsDown(chromium, told) {
    const context = await person(chromium);
    return Object.assign(new Reviewer(), { ...told, context, page: await context.newPage() });
  }

  get desk() {
    return `${stand.portal}/console/${this.office}`;
  }

  /** With the code of the invitation and the card in the reader; ends logged in. */
  async enrols() {
    await this.page.goto(`${this.desk}/enrol`);
    await this.page.locator("#code").fill(this.code);
    await press(this.page, AT.openAgent);
    await consent(this.page, this.pin);
    await this.page.locator(".who").waitFor();
  }

  /** Finds what the company has applied for in the list, and opens its page. */
  async opens(company) {
    await this.page.goto(`${this.desk}/queue`);
    await press(this.page, this.page.locator("table.queue tbody tr").filter({ hasText: company }).locator("th a").first());
    await expectPath(this.page, /\/cases\/[0-9a-z]+$/);
  }

  /**
   * Decides the case whose page is open, by keyboard, signed by the card in the reader; returns what was done for it.
   * One action is one field filled or one control pressed: the keys that lead to it (Tab) belong to it, as the way of a hand
   * with a mouse does, and a chord that did something by itself would be an action, too.
   */
  async decides(verdict, reason) {
    const hands = new Hands(this.page);
    const actions = [];
    const presses = async (control) => {
      actions.push(`press ${control}`);
      await hands.pressOn(control);
      await settled(this.page);
    };
    if (verdict === "deny") {
      actions.push(`fill ${CASE.reason}`);
      await hands.reach(CASE.reason);
      await hands.choose("reason", reason);
    }
    await presses(CASE[verdict]);
    await presses(AT.openAgent);
    for (let turn = 0; turn < 4 && atAgent(this.page); turn += 1) {
      if (await this.page.locator("#pin").count()) {
        actions.push("fill #pin");
        await hands.reach("#pin");
        await this.page.keyboard.type(this.pin);
      }
      await presses("#go");
    }
    holds(await this.page.locator("#state").innerText(), STATES[verdict]);
    if (hands.unseen.length) throw new Error(`no focus to be seen: ${hands.unseen.join("; ")}`);
    return { actions, stops: hands.stops };
  }

  async leaves() {
    await this.context.close();
  }
}
