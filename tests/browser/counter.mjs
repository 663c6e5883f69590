// The counter: one reader of the real pcscd, into which each officer puts the own card, and a browser for each of them.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { browser, person } from "./browser.mjs";
import { stand } from "./stand.mjs";
import { until } from "./until.mjs";
import { AT, consent, press } from "./walk.mjs";

export const DESK = `${stand.portal}/console/${stand.office}`;
const AGENT = `http://127.0.0.1:${stand.agent_port}`;

/** Opens the counter, walks, and closes it however the walk went: the browser ends, and no card stays in the reader. */
export async function atCounter(walk) {
  const chromium = await browser({ names: { [new URL(stand.portal).hostname]: "127.0.0.1" }, env: { HOME: stand.home } });
  const reader = new Reader();
  try {
    await walk((key) => Officer.sitsDown(key, chromium, reader));
  } finally {
    await reader.empty();
    await chromium.close();
  }
}

/** What openssl says by OCSP of the holder's card at this moment: good, revoked or unknown. */
export function status() {
  const [command, ...words] = stand.ocsp;
  const said = execFileSync(command, words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  return /: (good|revoked|unknown)/.exec(said)?.[1] ?? said;
}

/** An account, with its card and its own session of the browser. */
class Officer {
  static async sitsDown(key, chromium, reader) {
    const context = await person(chromium);
    return Object.assign(new Officer(), { ...stand.officers[key], reader, page: await context.newPage() });
  }

  /** The own card is the one in the reader. */
  async insertsCard() {
    await this.reader.holds(this);
  }

  /** No card is in the reader. */
  async takesCard() {
    await this.reader.empty();
  }

  /** With the code of the invitation; ends logged in. */
  async enrols() {
    await this.insertsCard();
    await this.page.goto(`${DESK}/enrol`);
    await this.page.locator("#code").fill(this.code);
    await press(this.page, AT.openAgent);
    await consent(this.page, this.pin);
    await this.page.locator(".who").waitFor();
  }
}

/** A reader with one card at a time. */
class Reader {
  #card = null;
  #inside = null;

  async holds(officer) {
    if (this.#inside === officer) return;
    await this.empty();
    const [command, ...words] = officer.inserts[0];
    this.#card = spawn(command, words, { env: { ...process.env, ...stand.env }, stdio: "ignore" });
    this.#inside = officer;
    await this.#seen((page) => page.includes(officer.serial), `the card of ${officer.name} in the reader`);
  }

  async empty() {
    if (!this.#card) return;
    const [card, inside] = [this.#card, this.#inside];
    [this.#card, this.#inside] = [null, null];
    if (card.exitCode === null && card.kill("SIGINT")) await once(card, "exit");
    await this.#seen((page) => !page.includes(inside.serial), "an empty reader");
  }

  /** Waits until the agent has seen it: a person looks at the agent's page, too, and not at the clock. */
  #seen(holds, what) {
    return until(async () => holds(await (await fetch(AGENT)).text()), what);
  }
}
