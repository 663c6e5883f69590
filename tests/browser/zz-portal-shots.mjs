import { browser, person } from "./browser.mjs";
import { CARDS, START_OF_REVOCATION, PORTAL, inDemo } from "./demo.mjs";
import { AT, readBoth, press, openAgent, consent, fill, toSign, pressForWindow, toPin } from "./walk.mjs";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const chromium = await browser();
const D = "/tmp/portal-shots/";
async function shot(page, name) {
  await page.screenshot({ path: `${D}${name}.png`, fullPage: true });
  const cdp = await page.context().newCDPSession(page);
  const { result } = await cdp.send("Runtime.evaluate", { expression: axe + ";axe.run(document,{runOnly:['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']}).then(r=>JSON.stringify(r.violations.map(v=>[v.id,v.nodes.map(n=>n.target.join(' ')+' '+n.failureSummary).slice(0,3)])))", awaitPromise: true, returnByValue: true });
  console.log(name, page.url(), result.value);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 0) console.log("  OVERFLOW", wide);
}
await inDemo("shots", async (world) => {
  for (const [tag, habit] of [["ja", {}], ["en360", { language: "en", width: 360, height: 740 }]]) {
    await world.insert(CARDS.valid);
    const context = await person(chromium, habit);
    const page = await context.newPage();
    page.on("console", (m) => console.log("CONSOLE", m.text()));
    await page.goto(PORTAL); await shot(page, tag + "-00-offices");
    await page.goto(PORTAL + "/mihon-ca"); await shot(page, tag + "-01-menu");
    await page.goto(PORTAL + "/mihon-ca/paper"); await shot(page, tag + "-01-paper");
    await page.goto(START_OF_REVOCATION); await shot(page, tag + "-02-start");
    const w = await pressForWindow(page, AT.terms); await shot(w, tag + "-03-terms"); await w.close();
    await readBoth(page); await shot(page, tag + "-04-ready");
    await press(page, AT.agree); await shot(page, tag + "-05-card");
    await openAgent(page); 
    const pin = await world.pin(CARDS.valid);
    await toPin(page); await page.screenshot({ path: `${D}${tag}-06-agent.png`, fullPage: true });
    await consent(page, pin); await shot(page, tag + "-07-certificate");
    await press(page, AT.toForm); await shot(page, tag + "-08-form");
    const e = await pressForWindow(page, AT.example); await shot(e, tag + "-09-example"); await e.close();
    await press(page, AT.toConfirm); await shot(page, tag + "-10-errors");
    await fill(page); await press(page, AT.toConfirm); await shot(page, tag + "-11-confirm");
    if (tag === "ja") {
      await page.locator(AT.confirmed).check(); await press(page, AT.submit); await shot(page, tag + "-12-sign");
      await page.goto(START_OF_REVOCATION + "/confirm"); await shot(page, tag + "-13-awaiting");
      await page.goto(START_OF_REVOCATION + "/status"); await shot(page, tag + "-14-status");
      await page.goto(START_OF_REVOCATION + "/card");
      await openAgent(page); await consent(page, pin); await shot(page, tag + "-15-done");
      const p = await pressForWindow(page, AT.print); await shot(p, tag + "-16-print"); await p.pdf({ path: D + "print.pdf", format: "A4", preferCSSPageSize: true }); await p.close();
      await page.reload(); await shot(page, tag + "-17-done2");
      await page.goto(START_OF_REVOCATION + "/status"); await shot(page, tag + "-18-status");
      await page.goto(START_OF_REVOCATION + "/done");
      await press(page, AT.end); await shot(page, tag + "-19-ended");
    }
    await page.goto(PORTAL + "/nowhere"); await shot(page, tag + "-20-nowhere");
    await context.close();
  }
});
await chromium.close();
