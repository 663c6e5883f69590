// A bidder before an ordering body: 登録, login by card, ICカード更新. Each function is one act of a person.

import { person } from "./browser.mjs";
import { stand } from "./stand.mjs";
import { same } from "./tap.mjs";
import { AT, atAgent, expectPath, press, settled } from "./walk.mjs";

/** Where the controls are on the ordering body's pages. */
export const DESK = {
  register: "#register",
  change: "#change",
  renew: "#renew",
  begin: "#begin",
  next: "#next",
  final: "#final",
  case: "#case a",
  withdraw: "#withdraw",
  logout: "#logout",
};

/** At the agent: whether the PIN of a card is asked for. */
export async function asksPin(page) {
  return (await page.locator("#pin").count()) > 0;
}

/** What everybody types at 登録. */
const CONTACT = {
  department: "営業部",
  name: "田中　花子",
  phone: "0312345678",
  fax: "0312345679",
};

/** The address of an office's page. */
export function at(bidder, path = "") {
  return `${stand.portal}/${bidder.office}${path}`;
}

/** 登録 with the card in the reader; ends at the page that tells the number. */
export async function registers(chromium, bidder) {
  return alone(chromium, async (page) => {
    await page.goto(at(bidder, "/registration"));
    await press(page, DESK.begin);
    if (await page.locator(AT.openAgent).count()) await press(page, AT.openAgent);
    await goesThrough(page, bidder, [bidder.old]);
    await expectPath(page, /\/registration\/prove$/);
    await page.locator("#number").fill(bidder.number);
    await page.locator("input[name=kind][value=code]").check();
    await page.locator("#secret").fill(bidder.secret);
    await press(page, DESK.next);
    await expectPath(page, /\/registration\/form$/);
    for (const [name, value] of Object.entries({ ...CONTACT, mail: bidder.mail, mail_again: bidder.mail })) {
      await page.locator(`main [name="${name}"]`).fill(value);
    }
    await press(page, DESK.next);
    await expectPath(page, /\/registration\/confirm$/);
    await press(page, DESK.final);
    if (await page.locator(AT.openAgent).count()) await press(page, AT.openAgent);
    await goesThrough(page, bidder, [bidder.old]);
    await expectPath(page, /\/registration\/done$/);
    return await page.locator("#number").innerText();
  });
}

/** Tries to log in with the card in the reader, in a browser that knows nobody; `in`, or the code that was shown. */
export async function login(chromium, bidder, card) {
  return alone(chromium, (page) => enters(page, bidder, card));
}

/** The same in a page that stays. */
export async function enters(page, bidder, card) {
  await page.goto(at(bidder, "/login"));
  await press(page, AT.openAgent);
  await goesThrough(page, bidder, [card]);
  if (!atAgent(page) && (await page.locator(DESK.logout).count())) return "in";
  const said = await page.locator("main").innerText();
  return /[EIW]-[A-Z]+(?:-[A-Z]+)*/.exec(said)?.[0] ?? said;
}

/**
 * At the agent, from its first page until the browser is back at the portal or the agent has an objection.
 * `cards` are used in their order; `swaps` is done where another card is wanted; on the first page for which `stops` is true
 * nothing is done any more. Returns what the person met, page by page.
 */
export async function goesThrough(page, bidder, cards, { swaps = async () => {}, stops = async () => false, person: named = "" } = {}) {
  const met = [];
  let used = 0;
  let stuck = "";
  for (let turn = 0; turn < 24; turn += 1) {
    await settled(page);
    if (!atAgent(page) || (await stops(page))) return met;
    const here = await page.locator("main").innerText();
    if (here === stuck) break;
    stuck = here;
    if (await page.locator("input#phrase").count()) {
      await page.locator("#phrase").fill(stand.phrase);
    } else if (await page.locator("#now").count()) {
      met.push({ kind: "swap", text: here });
      if (used + 1 < cards.length) {
        used += 1;
        await swaps(cards[used]);
      }
      await chooses(page, cards[used]);
    } else if (await page.locator("fieldset.choice").count()) {
      met.push({ kind: "card", text: here });
      await chooses(page, cards[used]);
    } else {
      const asked = (await page.locator("#pin").count()) > 0;
      const signs = (await page.locator("pre.text").count()) > 0;
      if (!asked && !signs && !(await page.locator("#go").count())) break;
      met.push({ kind: signs ? "sign" : "prove", pin: asked, text: here });
      if (asked) await page.locator("#pin").fill(cards[used].pin);
      if (named && (await page.locator("#person").count())) await page.locator("#person").fill(named);
    }
    if (!(await page.locator("#go").count())) break;
    await press(page, "#go");
  }
  return met;
}

/** 取下げ of what is held, with the card in use in the reader; ends at the page that says so. */
export async function withdraws(chromium, bidder) {
  await alone(chromium, async (page) => {
    same(await enters(page, bidder, bidder.old), "in");
    await press(page, DESK.case);
    await press(page, DESK.withdraw);
    await expectPath(page, /\/case\/withdraw$/);
    await press(page, DESK.withdraw);
    await expectPath(page, /\/renewal\/done$/);
    same(await page.locator("#withdrawn").count(), 1);
  });
}

/** Waits for the card among those that are offered, and takes it. */
export async function chooses(page, card) {
  const offered = page.locator("fieldset.choice label").filter({ hasText: card.serial });
  await offered.waitFor();
  await offered.locator("input").check();
  same(await page.locator("input[name=card]:checked").count(), 1);
}

/** In a window for one errand: whoever comes to it finds it without a cookie, as if all browsers had been closed before. */
export async function alone(chromium, does) {
  if (!windows.has(chromium)) windows.set(chromium, await (await person(chromium)).newPage());
  const page = windows.get(chromium);
  await page.context().clearCookies();
  try {
    return await does(page);
  } finally {
    await page.goto("about:blank");
  }
}

/** One for each browser: to open another one costs more than most errands. */
const windows = new Map();
