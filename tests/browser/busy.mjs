// The busy overlay (G-S5): while another page is on its way nothing can be pressed, it is said aloud, and it lets go.

import { browser } from "./browser.mjs";
import { OFFICE, PORTAL, START_OF_REVOCATION } from "./demo.mjs";
import { check, holds, journeys, same } from "./tap.mjs";
import { until } from "./until.mjs";
import { walkedIn } from "./walked.mjs";

const chromium = await browser();
const walked = walkedIn(chromium);

await journeys([walked("the busy overlay", "busy", overlay)]);
await chromium.close();

async function overlay(page) {
  await page.clock.install();
  await page.goto(START_OF_REVOCATION);
  // The next page never comes: this is what a person sees who has lost the connection.
  await page.evaluate(() => navigation.addEventListener("navigate", (event) => event.intercept({ handler: () => new Promise(() => {}) })));
  // A locator would wait for the page that never comes; a question to the page that is there does not.
  const ask = (question, value) => page.evaluate(question, value);
  const shown = () => ask(() => document.querySelector("#busy").classList.contains("shown"));
  const says = () => ask(() => document.querySelector("#busy [role=status]").textContent);
  const busy = () => ask(() => document.querySelector("main").getAttribute("aria-busy"));
  const press = async () => {
    await ask((office) => {
      const link = document.querySelector(`header nav a[href="/${office}"]`);
      link.focus();
      link.click();
    }, OFFICE);
    await until(shown, "the overlay is there");
  };
  await check("control: a page that waits for nothing can be pressed", async () => same(await shown(), false));
  await press();
  await check("a link to another page is announced in words, and the page is marked busy", async () => {
    holds(await says(), "処理しています");
    same(await busy(), "true");
  });
  await check("nothing behind it takes the focus or a click", async () => {
    same(await ask(() => [...document.querySelectorAll("a, button, input")].filter((one) => !one.closest("#busy, dialog, [inert]")).length), 0);
    await page.keyboard.press("Tab");
    same(await ask(() => document.activeElement.closest("main, header, footer")), null);
  });
  await page.clock.fastForward(16_000);
  await check("after a while it says that it takes long, and offers the way back, with the focus on it", async () => {
    holds(await says(), "時間がかかっています");
    same(await ask(() => document.activeElement.textContent), "画面に戻る");
  });
  await page.keyboard.press("Enter");
  await check("the way back gives the page back, with the focus where it was", async () => {
    same(await shown(), false);
    same(await busy(), null);
    same(await ask(() => document.activeElement.getAttribute("href")), `/${OFFICE}`);
  });
  await press();
  await page.keyboard.press("Escape");
  await check("Escape, which stops the browser, ends it too", async () => same(await shown(), false));
  await page.goto(START_OF_REVOCATION);
  await Promise.all([page.waitForURL(`${PORTAL}/${OFFICE}`), page.locator(`header nav a[href="/${OFFICE}"]`).click()]);
  await page.goBack();
  await check("Back finds the page as it was, without it", async () => same(await shown(), false));
}
