// Every page on which a service centre's customers log in and look around, and those on which its officers keep their
// contracts, in both languages: what page-judge.mjs asks of each.

import { browser, person, screenshot } from "./browser.mjs";
import { PORTAL, inDemo } from "./demo.mjs";
import { lay, through } from "./drawer.mjs";
import { judge, judgeBoth } from "./page-judge.mjs";
import { check, holds, journeys, same } from "./tap.mjs";
import { press } from "./walk.mjs";

const CENTRE = `${PORTAL}/mihon-center`;
const DESK = `${PORTAL}/console/mihon-center`;
const HANAKO = { login: "hanako", password: "nami-7-wo-koete-kaze", mail: "hanako@tsukan.example" };
const NEW = "asa-no-4-ji-ni-deru-fune";

const chromium = await browser();
const seen = { ja: new Map(), en: new Map() };

await journeys([
  ["every page in Japanese", () => inDemo("centre-ja", (world) => everyPage(world, "ja"))],
  ["every page in English", () => inDemo("centre-en", (world) => everyPage(world, "en"))],
  ["no text is left in the other language", bothLanguages],
]);
await chromium.close();

async function everyPage(world, language) {
  const look = async (page, name) => {
    seen[language].set(name, await judge(page, name, language));
    await screenshot(page, `${language}-centre-${name}`);
  };
  await as(language, (page) => customer(page, look));
  await as(language, (page) => forgets(world, page, look));
  await as(language, (page) => officer(world, page, look));
}

async function as(language, works) {
  const context = await person(chromium, { language });
  try {
    await works(await context.newPage());
  } finally {
    await context.close();
  }
}

async function logsIn(page, password) {
  await page.goto(`${CENTRE}/sign-in`);
  await page.locator("#login").fill(HANAKO.login);
  await page.locator("#password").fill(password);
  await press(page, "#log-in");
}

/** N0, and what can be reached from it. */
async function customer(page, look) {
  await page.goto(CENTRE);
  await look(page, "login");
  await logsIn(page, "not this one at all");
  await look(page, "login-wrong");
  await logsIn(page, HANAKO.password);
  same(page.url(), CENTRE);
  await look(page, "menu");
  await check("the header tells since when", async () => holds(await page.locator("#since").innerText(), /2026\/11\/24 \d\d:\d\d/));
  for (const name of ["contract", "password", "passkeys"]) {
    await page.goto(`${CENTRE}/${name}`);
    await look(page, name);
  }
  await page.goto(`${CENTRE}/password`);
  await page.locator("#present").fill("not this one at all");
  await page.locator("#password").fill(NEW);
  await page.locator("#again").fill(NEW);
  await press(page, "main form button");
  await look(page, "password-wrong");
  await page.locator("#present").fill(HANAKO.password);
  await page.locator("#password").fill("P@ssw0rdP@ssw0rd");
  await page.locator("#again").fill("P@ssw0rdP@ssw0rd");
  await press(page, "main form button");
  await look(page, "password-common");
  await press(page, "#logout");
  await look(page, "signed-out");
}

/** パスワードの再設定, by the link of the mail. */
async function forgets(world, page, look) {
  const before = (await world.mails(2, HANAKO.mail)).length;
  await page.goto(`${CENTRE}/forgotten`);
  await look(page, "forgotten");
  await page.locator("#login").fill(HANAKO.login);
  await press(page, "main form button");
  await look(page, "forgotten-sent");
  const [mail] = (await world.mails(before + 1, HANAKO.mail)).slice(-1);
  const link = mail.text.split("\n").find((line) => line.startsWith(`${CENTRE}/link?token=`));
  await page.goto(link);
  await look(page, "link");
  await page.locator("#password").fill(NEW);
  await page.locator("#again").fill(NEW);
  await press(page, "main form button");
  await look(page, "login-chosen");
  await page.goto(link);
  await look(page, "link-spent");
  await logsIn(page, NEW);
  await check("the new password logs in", () => same(page.url(), CENTRE));
}

/** 契約者 */
async function officer(world, page, look) {
  const pins = await lay(world, "examiner");
  await page.goto(`${DESK}/organisations`);
  await through(page, pins);
  await page.locator(".who").waitFor();
  await page.goto(`${DESK}/organisations`);
  await look(page, "organisations");
  await press(page, "main table a");
  await look(page, "organisation");
  await press(page, page.locator('main table a[href$="/edit"]').first());
  await look(page, "user-correct");
  await page.locator("#mail").fill("nobody");
  await press(page, "#go");
  await look(page, "user-correct-wrong");
  await page.locator("#mail").fill("hanako.tsukan@tsukan.example");
  await press(page, "#go");
  await check("the corrected address is kept", async () => holds(await page.locator("main").innerText(), "hanako.tsukan@tsukan.example"));
  await page.goto(`${DESK}/organisations/new`);
  await look(page, "contract-new");
}

async function bothLanguages() {
  await check("both languages have the same pages", () => {
    const [japanese, english] = [seen.ja, seen.en].map((pages) => [...pages.keys()].join(" "));
    if (japanese !== english || seen.ja.size < 18) throw new Error(`${seen.ja.size} pages: ${japanese} – ${english}`);
  });
  for (const [name, texts] of seen.ja) await judgeBoth(name, texts, seen.en.get(name) ?? []);
}
