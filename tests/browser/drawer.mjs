// Hands at the demo's two readers: the card in use lies in reader 1, the one that is to follow it in reader 2.

import { PORTAL } from "./demo.mjs";
import { AT, atAgent, press, settled } from "./walk.mjs";

/** The ordering bodies of the demo: one renews at once, one reviews. */
export const CORE = `${PORTAL}/mihon-ken`;
export const REVIEW = `${PORTAL}/mihon-shi`;
export const CITY_DESK = `${PORTAL}/console/mihon-shi`;

/** Puts one or two cards into the readers, and nothing else is in them. Returns their PINs. */
export async function lay(world, ...cards) {
  await world.remove(1);
  await world.remove(2);
  const pins = [];
  for (const [place, card] of cards.entries()) {
    await world.insert(card, place + 1);
    pins.push(await world.pin(card));
  }
  return pins;
}

/** From the portal's page that leads there, through the agent: the phrase, the cards, the PINs, the consent. `look` sees each page as it is met. */
export async function through(page, pins, look = async () => {}) {
  if (!atAgent(page)) await press(page, AT.openAgent);
  const met = new Map();
  let stuck = "";
  for (let turn = 0; turn < 24; turn += 1) {
    await settled(page);
    if (!atAgent(page)) return;
    const kind = await pageOf(page);
    const here = `${kind} ${await page.locator("main").innerText()}`;
    if (here === stuck) return;
    stuck = here;
    met.set(kind, (met.get(kind) ?? 0) + 1);
    await look(kind);
    const number = kind === "swap" || met.has("swap") ? 2 : 1;
    if (kind === "phrase") await page.locator("#phrase").fill("青いやかん");
    else if (kind === "swap" || kind === "card") {
      const offered = page.locator("fieldset.choice label").filter({ hasText: `virtual reader ${number}` });
      await offered.waitFor();
      await offered.locator("input").check();
    } else if (await page.locator("#pin").count()) await page.locator("#pin").fill(pins[number - 1]);
    if (!(await page.locator("#go").count())) return;
    await press(page, "#go");
  }
}

/** Which page of the agent this is. */
async function pageOf(page) {
  for (const [kind, at] of [["phrase", "input#phrase"], ["swap", "#now"], ["card", "fieldset.choice"], ["sign", "pre.text"], ["prove", "#pin, #go"]]) {
    if (await page.locator(at).count()) return kind;
  }
  return "refused";
}

/** Logs in at an ordering body with the card in reader 1. */
export async function logsIn(page, office, pins, look) {
  await page.goto(`${office}/login`);
  await through(page, pins, look);
}
