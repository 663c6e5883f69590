// 書面による失効申込 from the paper to OCSP, before officers whose own cards sign: entered by one person, refused to the
// same person under either account, wanted by two others at once, approved by one of them, by keyboard alone.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { screenshot } from "./browser.mjs";
import { DESK, atCounter, status } from "./counter.mjs";
import { Hands } from "./keyboard.mjs";
import { stand } from "./stand.mjs";
import { check, holds, journeys, same, stepwise } from "./tap.mjs";
import { AT, consent, press, toPin } from "./walk.mjs";

/** What the paper says: its holder has lost the card today, which is the first day of its validity, too. */
const PAPER = {
  applicant: "holder",
  reason: "lost",
  reason_detail: "通勤の途中で紛失",
  event_date: daysAgo(0),
  name: "髙橋　一郎",
  kana: "タカハシ　イチロウ",
  postal_code: "100-0013",
  address: "東京都千代田区霞が関一丁目1番1号",
  phone: "0312345678",
  mail: "ichiro@example.jp",
};
const SCAN = new URL("../../demo/static/notice.png", import.meta.url).pathname;

await journeys([["a paper before officers", () => atCounter(beforeOfficers)]]);

async function beforeOfficers(sitsDown) {
  const step = stepwise();
  const [entry, again, second, third] = await Promise.all(["entry", "again", "second", "third"].map(sitsDown));
  const hands = new Hands(entry.page);
  let path = "";

  await step("four accounts of three persons are enrolled, each with a card of its own", async () => {
    for (const officer of [again, second, third, entry]) {
      await officer.enrols();
      same(await officer.page.locator(".who b").innerText(), officer.name);
    }
  });
  await step("by keyboard alone an officer logs in with the card and finds the certificate that the paper names", async () => {
    await hands.pressOn("#logout");
    await entry.page.goto(`${DESK}/paper`);
    await hands.pressOn(AT.openAgent);
    await hands.atAgent(entry.pin);
    await hands.pressOn("#new");
    await hands.reach("#search");
    await entry.page.keyboard.type("髙橋");
    await hands.pressOn("#find");
    await hands.pressOn("main ul.lines button");
    holds(await entry.page.locator("main").innerText(), stand.serial);
  });
  await step("… copies the paper, ticks what was enclosed, and adds the scan", async () => {
    const { event_date, ...typed } = PAPER;
    const { applicant, reason, reason_detail, ...applicants } = typed;
    await hands.type({ applicant, reason, reason_detail });
    await hands.typeDate("#event_date", event_date);
    await hands.type(applicants);
    for (const [document, issued] of [["notice"], ["seal_certificate", daysAgo(20)]]) {
      await hands.reach(`input[name=enclosure][value=${document}]`);
      await entry.page.keyboard.press("Space");
      if (issued) await hands.typeDate(`#issued_${document}`, issued);
    }
    await hands.chooseFile("#add", SCAN);
    await screenshot(entry.page, "office-entry");
    await hands.pressOn("#next");
    const text = await entry.page.locator("main").innerText();
    for (const part of ["髙橋　一郎", "タカハシ　イチロウ", "100-0013", "ICカードまたはPINの紛失・盗難"]) holds(text, part);
  });
  await step("… and signs it with the card: it has a number and waits for another person", async () => {
    await hands.pressOn("#sign");
    await hands.pressOn(AT.openAgent);
    await hands.atAgent(entry.pin);
    path = new URL(entry.page.url()).pathname;
    holds(path, /\/cases\/[0-9a-z]+$/);
    holds(await entry.page.locator("#state").innerText(), "承認待ち");
    writeFileSync(join(stand.place, "receipt-number"), await number(entry.page));
    await screenshot(entry.page, "office-entered");
  });
  await step("control: to another person the application is offered", async () => {
    await second.page.goto(stand.portal + path);
    same(await second.page.locator("#take").count(), 1);
    same(await second.page.locator("#not").count(), 0);
  });
  for (const [officer, account] of [[entry, "who entered it"], [again, "under a second account, with another card"]]) {
    await step(`the same person is told why it is not for them: ${account}`, async () => {
      await officer.page.goto(stand.portal + path);
      holds(await officer.page.locator("#not").innerText(), "E-SAME-PERSON");
      same(await officer.page.locator("#take").count(), 0);
      await screenshot(officer.page, officer === entry ? "office-not-you" : "office-not-you-again");
    });
    await step("… and is refused by the server, asked by a form that no page offers", async () => {
      const version = await second.page.locator("input[name=version]").first().inputValue();
      await forge(officer.page, `${path}/claim`, version);
      holds(await officer.page.locator("#message").innerText(), "E-SAME-PERSON");
      await second.page.reload();
      same(await second.page.locator("#take").count(), 1);
    });
  }
  let [winner, loser] = [second, third];
  await step("of two who take it at once, one has it", async () => {
    await Promise.all([second, third].map(({ page }) => page.goto(stand.portal + path)));
    await Promise.all([second, third].map(({ page }) => press(page, "#take")));
    const have = await Promise.all([second, third].map(({ page }) => page.locator("#decide").count()));
    same(have.join(" + ").replace("0 + 1", "1 + 0"), "1 + 0");
    if (have[1]) [winner, loser] = [third, second];
  });
  await step("… and the other is told who", async () => {
    await loser.page.locator("#message").waitFor();
    holds(await loser.page.locator("main").innerText(), `担当：${winner.name}`);
    same(await loser.page.locator("#take").count(), 0);
    await screenshot(loser.page, "office-too-late");
  });
  await step("handed to the other by an administrator while the first is at the PIN, it is not decided by the first", async () => {
    await winner.insertsCard();
    await press(winner.page, "#decide");
    await winner.page.locator("#verdict input[value=approve]").check();
    await press(winner.page, "#look");
    await press(winner.page, "#sign");
    await press(winner.page, AT.openAgent);
    await toPin(winner.page);
    await entry.page.goto(stand.portal + path);
    await entry.page.locator("#to").selectOption({ label: loser.name });
    await press(entry.page, "#reassign");
    holds(await entry.page.locator("#claim").innerText(), loser.name);
    await consent(winner.page, winner.pin);
    await winner.page.locator("#message").waitFor();
    holds(await winner.page.locator("main").innerText(), `担当：${loser.name}`);
    await screenshot(winner.page, "office-handed-over");
  });
  await check("control: until the second person has signed, OCSP says good", () => same(status(), "good"));
  await step("by keyboard alone the second person finds it, looks at what the applicant will get, and signs", async () => {
    const fingers = new Hands(loser.page);
    await loser.insertsCard();
    await fingers.pressOn("#logout");
    await loser.page.goto(`${DESK}/queue?show=mine`);
    await fingers.pressOn(AT.openAgent);
    await fingers.atAgent(loser.pin);
    await fingers.pressOn("table.queue tbody th a");
    await fingers.pressOn("#decide");
    await fingers.reach("#verdict input");
    await fingers.choose("verdict", "approve");
    await fingers.pressOn("#look");
    holds(await loser.page.locator("#preview").innerText(), "電子証明書失効完了のお知らせ");
    await fingers.pressOn("#sign");
    await fingers.pressOn(AT.openAgent);
    await fingers.atAgent(loser.pin);
    holds(await loser.page.locator("#state").innerText(), "失効完了");
    await screenshot(loser.page, "office-approved");
    hands.unseen.push(...fingers.unseen);
    hands.stops += fingers.stops;
  });
  await check("at the same moment OCSP says revoked", () => same(status(), "revoked"));
  await step("every element that had the focus showed it", () => {
    if (hands.unseen.length) throw new Error(hands.unseen.slice(0, 5).join("; "));
    if (hands.stops < 80) throw new Error(`only ${hands.stops} stops`);
  });
}

/** Sends the form of a button that the page does not have. */
async function forge(page, action, version) {
  await Promise.all([
    page.waitForNavigation(),
    page.evaluate(
      ([action, version]) => {
        const csrf = document.querySelector("input[name=csrf]").value;
        const form = Object.assign(document.createElement("form"), { method: "post", action });
        for (const [name, value] of Object.entries({ csrf, version })) form.append(Object.assign(document.createElement("input"), { name, value }));
        document.body.append(form);
        form.submit();
      },
      [action, version],
    ),
  ]);
}

/** The receipt number in the heading, eleven digits. */
async function number(page) {
  return /\d{11}/.exec((await page.locator("h1").innerText()).replaceAll("-", ""))[0];
}

/** That many days ago in Japan, `YYYY-MM-DD`. */
function daysAgo(days) {
  return new Date(Date.now() + 9 * 3600e3 - days * 86400e3).toISOString().slice(0, 10);
}
