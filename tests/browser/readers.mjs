// The readers of the stand: which card is in which slot, and what pcscd itself says of cards that come and go.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { stand } from "./stand.mjs";
import { until } from "./until.mjs";

const AGENT = `http://127.0.0.1:${stand.agent_port}`;

/** Both slots of the virtual reader. A card tells the command that inserts it into each of them, and its serial number. */
export class Readers {
  /** Every change that pcscd reported, in its order: `{ slot, card, count }`. */
  events = [];
  #inside = [null, null];
  #watcher;

  /** Begins to listen to pcscd, by a client of its own. */
  static async watched() {
    const readers = new Readers();
    const [command, ...words] = stand.watcher;
    readers.#watcher = spawn(command, words, { env: { ...process.env, ...stand.env }, stdio: ["ignore", "pipe", "inherit"] });
    createInterface({ input: readers.#watcher.stdout }).on("line", (line) => {
      const { reader, card, count } = JSON.parse(line);
      readers.events.push({ slot: Number(reader.split(" ").at(-1)), card, count });
    });
    await until(() => readers.events.length >= 2, "pcscd names both slots");
    return readers;
  }

  /** These cards are in the slots, in this order, and no others. */
  async hold(...cards) {
    for (const slot of [0, 1]) if (this.#inside[slot] && this.#inside[slot].card !== cards[slot]) await this.take(slot);
    for (const slot of [0, 1]) if (cards[slot] && !this.#inside[slot]) await this.put(slot, cards[slot]);
  }

  /** Inserts a card; it is there when pcscd and the agent say so. */
  async put(slot, card) {
    const [command, ...words] = card.inserts[slot];
    const program = spawn(command, words, { env: { ...process.env, ...stand.env }, stdio: "ignore" });
    this.#inside[slot] = { card, program };
    await until(() => this.#last(slot).card, `pcscd reports ${card.name} in slot ${slot}`);
    await this.#seen((page) => page.includes(card.serial), `the agent sees ${card.name}`);
  }

  /** Removes the card of a slot; it is gone when pcscd and the agent say so. */
  async take(slot) {
    const { card, program } = this.#inside[slot];
    this.#inside[slot] = null;
    if (program.exitCode === null && program.kill("SIGINT")) await once(program, "exit");
    await until(() => !this.#last(slot).card, `pcscd reports slot ${slot} empty`);
    await this.#seen((page) => !page.includes(card.serial), `the agent no longer sees ${card.name}`);
  }

  /** One card out and another one in, in one slot; returns what pcscd reported meanwhile. */
  async swap(slot, card) {
    const before = this.events.length;
    await this.take(slot);
    await this.put(slot, card);
    return this.events.slice(before);
  }

  /** Nothing in any slot, and nobody listening. */
  async close() {
    await this.hold().catch(() => {});
    this.#watcher.kill();
  }

  #last(slot) {
    return this.events.findLast((event) => event.slot === slot);
  }

  /** A person looks at the agent's page, and not at the clock. */
  #seen(holds, what) {
    return until(async () => holds(await (await fetch(AGENT)).text()), what);
  }
}
