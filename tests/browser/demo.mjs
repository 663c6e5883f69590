// The demo as a world of its own: started fresh for a journey, with its card drawer, its clock and its mailbox.

import { spawn } from "node:child_process";
import { appendFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:net";
import { until } from "./until.mjs";
import { APPLICATION } from "./walk.mjs";

const BINARY = process.env.KAGIMORI_DEMO ?? "target/debug/demo";
const PLACE = process.env.KAGIMORI_PLACE ?? "target/journeys/demo";

export const PORTAL = "http://127.0.0.1:8080";
export const AGENT = "http://127.0.0.1:24817";
export const START = "http://127.0.0.1:8026";
export const OFFICE = "mihon-ca";
export const START_OF_REVOCATION = `${PORTAL}/${OFFICE}/revocation`;
/** The cards in the demo's drawer, by what is the matter with them. */
export const CARDS = { valid: "valid", late: "late", lastTry: "last-try" };
const MAILBOX = "http://127.0.0.1:8025";
const PORTS = [8080, 8081, 8443, 8025, 8026, 24817, 24818, 24819];

/** A Tuesday morning far from every window's edge. */
const MORNING = "2026-11-24T10:00:00+09:00";

/** Starts the demo under a name with the valid card in reader 1, walks, and ends it, however the walk went. */
export async function inDemo(name, walk, { clock = MORNING, host = "127.0.0.1" } = {}) {
  await Promise.all(PORTS.map(isFree));
  const data = join(PLACE, name);
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { recursive: true });
  const program = spawn(BINARY, ["--data", join(data, "demo"), "--clock", clock, "--host", host], { stdio: ["ignore", "pipe", "pipe"] });
  const log = (part) => appendFileSync(join(data, "demo.log"), part);
  program.stdout.on("data", log);
  program.stderr.on("data", log);
  const ended = new Promise((resolve) => program.once("exit", resolve));
  try {
    await ready(program, `http://${host}:8080`);
    const world = new World(data);
    await world.insert(CARDS.valid);
    await walk(world);
  } finally {
    program.kill("SIGINT");
    const late = setTimeout(() => program.kill("SIGKILL"), 5_000);
    await ended;
    clearTimeout(late);
  }
}

/** What a journey can do to a running demo from outside the browser. */
class World {
  constructor(place) {
    this.place = place;
  }

  /** Readers, cards with their tries left and PINs, and the time. */
  async state() {
    return (await fetch(`${START}/state`)).json();
  }

  /** The PIN of a card, as the start page gives it to whoever tries the demo. */
  async pin(card) {
    return (await this.state()).cards.find((one) => one.id === card)?.pin;
  }

  /** Puts a card into a reader. */
  async insert(card, reader = 1) {
    await post("/drawer", { reader, card });
  }

  /** Takes the card out of a reader. */
  async remove(reader = 1) {
    await post("/drawer", { reader, card: null });
  }

  /** Moves the clock forward. */
  async advance(seconds) {
    await post("/clock", { advance_seconds: seconds });
  }

  /** Sets the clock to an instant in RFC 3339. */
  async goTo(instant) {
    await post("/clock", { to: instant });
  }

  /** The mails to a person that have arrived, waited for until there are as many; the officers have theirs from the start. */
  async mails(atLeast, to = APPLICATION.mail) {
    return until(async () => {
      const mails = await (await fetch(`${MAILBOX}/api/mails`)).json();
      const theirs = mails.filter((mail) => mail.to.includes(to));
      return theirs.length >= atLeast && theirs;
    }, `${atLeast} mails to ${to}`);
  }
}

async function post(path, body) {
  const answer = await fetch(START + path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`POST ${path}: ${answer.status} ${await answer.text()}`);
}

async function ready(program, portal) {
  await until(async () => {
    if (program.exitCode !== null) throw new Error(`the demo ended with status ${program.exitCode}`);
    const all = [`${portal}/healthz`, `${START}/state`, `${AGENT}/`, `${MAILBOX}/api/mails`].map((url) => fetch(url).then((answer) => answer.ok, () => false));
    return (await Promise.all(all)).every(Boolean);
  }, "the demo is ready");
}

/** A port that another program holds would make a journey judge that program: said at once instead. */
function isFree(port) {
  return new Promise((resolve, reject) => {
    const probe = connect({ port, host: "127.0.0.1" });
    probe.once("connect", () => {
      probe.destroy();
      reject(new Error(`port ${port} is taken by another program`));
    });
    probe.once("error", resolve);
  });
}
