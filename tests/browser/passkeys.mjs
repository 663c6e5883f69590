// パスキー of a customer of the centre, on the demo under a name, since no passkey is made at an address: added, logged in with,
// refused without its user's verification, and removed.

import { virtualAuthenticator } from "./authenticator.mjs";
import { browser, person, screenshot } from "./browser.mjs";
import { inDemo } from "./demo.mjs";
import { expectPath, press } from "./walk.mjs";
import { holds, journeys, same, stepwise } from "./tap.mjs";
import { until } from "./until.mjs";

const CENTRE = "http://localhost:8080/mihon-center";
const HANAKO = { login: "hanako", name: "通関 花子", password: "nami-7-wo-koete-kaze", mail: "hanako@tsukan.example" };
const LABEL = "事務所のパソコン";

const chromium = await browser();
await journeys([["a passkey of a customer's person", () => inDemo("passkeys", whole, { host: "localhost" })]]);
await chromium.close();

async function whole(world) {
  const step = stepwise();
  const page = await (await person(chromium)).newPage();
  const authenticator = await virtualAuthenticator(page);
  const letters = (await world.mails(1, HANAKO.mail)).length;
  await step("it is added with the password, and the person has a mail that says so", async () => {
    await page.goto(`${CENTRE}/sign-in`);
    await page.locator("#login").fill(HANAKO.login);
    await page.locator("#password").fill(HANAKO.password);
    await press(page, "#log-in");
    await page.goto(`${CENTRE}/passkeys`);
    await page.locator("#label").fill(LABEL);
    await page.locator("#present").fill(HANAKO.password);
    await Promise.all([page.waitForURL(/notice=saved/), page.locator("#add").click()]);
    holds(await page.locator("table").innerText(), LABEL);
    await screenshot(page, "centre-passkey");
    await world.mails(letters + 1, HANAKO.mail);
  });
  await step("it logs in without the password", async () => {
    await press(page, "#logout");
    await page.goto(`${CENTRE}/sign-in`);
    await page.locator("#passkey").click();
    await page.waitForURL(CENTRE);
    holds(await page.locator("header").innerText(), "ログアウト");
  });
  await step("control: where its user is not verified it logs nobody in", async () => {
    await press(page, "#logout");
    await authenticator.verifies(false);
    await refused(page);
    await authenticator.verifies(true);
  });
  await step("it is removed, and logs nobody in from then on", async () => {
    await page.goto(`${CENTRE}/sign-in`);
    await page.locator("#passkey").click();
    await page.waitForURL(CENTRE);
    await page.goto(`${CENTRE}/passkeys`);
    await press(page, "table button");
    await expectPath(page, /\/passkeys$/);
    same(await page.locator("table").count(), 0);
    await press(page, "#logout");
    await refused(page);
  });
}

/** The login page stays, and says that the passkey was not taken. */
async function refused(page) {
  await page.goto(`${CENTRE}/sign-in`);
  await page.locator("#passkey").click();
  await until(async () => {
    const said = await page.locator("main").innerText().catch(() => "");
    return said.includes("パスキー") && (await page.locator("[data-refused]:not(:empty), .note.error").count()) > 0;
  }, "the refusal");
  await expectPath(page, /\/sign-in(\/passkey)?$/);
}
