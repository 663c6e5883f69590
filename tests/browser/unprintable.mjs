// A holder whose name has a character that is in neither font of the receipt: told by name before anything is filled in,
// and the way to 確定 is closed, since after it would be too late.

import { screenshot } from "./browser.mjs";
import { START, stand, visitor } from "./stand.mjs";
import { check, holds, journeys, same } from "./tap.mjs";
import { APPLICATION, AT, consent, expectPath, fill, openAgent, press, readBoth } from "./walk.mjs";

const CHARACTER = "한";

await journeys([["a name that cannot be printed", unprintable]]);

async function unprintable() {
  const context = await visitor("profile");
  try {
    const page = await context.newPage();
    await page.goto(START);
    await readBoth(page);
    await press(page, AT.agree);
    await openAgent(page);
    await consent(page, stand.pin);
    await expectPath(page, /\/revocation\/certificate$/);
    await check("control: the card itself is taken, and its name is shown as it is", async () => {
      holds(stand.holder, CHARACTER);
      holds(await page.locator("main").innerText(), stand.holder);
    });
    await press(page, AT.toForm);
    const refused = async () => {
      await expectPath(page, /\/revocation\/application$/);
      const error = await page.locator("#error-applicant_name").innerText();
      for (const part of ["E-CHAR", `「${CHARACTER}」`, "U+D55C", "書面による失効申込手続き"]) holds(error, part);
      same((await page.locator("#applicant_name").getAttribute("aria-describedby")).split(" ")[0], "error-applicant_name");
      holds(await page.locator("#errors").innerText(), CHARACTER);
    };
    await check("a39: the form names the character before it is filled in, and the way on paper", refused);
    await screenshot(page, "unprintable-name");
    await check("a39: filled in and sent all the same, it does not come to 確定", async () => {
      await fill(page, APPLICATION);
      await press(page, AT.toConfirm);
      await refused();
      await page.goto(`${START}/confirm`);
      await expectPath(page, /\/revocation\/application$/);
      same(await page.locator(AT.submit).count(), 0);
    });
    await check("the way on paper is one click away", async () => {
      await press(page, 'main a[href$="/paper"]');
      await expectPath(page, /\/paper$/);
    });
  } finally {
    await context.close();
  }
}
