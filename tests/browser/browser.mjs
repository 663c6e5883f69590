// Debian's Chromium, headless, with nothing of its own going out, and persons who sit before it.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

export const SCREENS = process.env.KAGIMORI_SCREENS ?? "target/screens";
mkdirSync(SCREENS, { recursive: true });

const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** How a browser is started: `names` maps host names to loopback, `env` is the browser's environment. */
function settings({ names = {}, env = {}, flags = [] }) {
  const rules = Object.entries(names).map(([name, address]) => `MAP ${name} ${address}`).join(", ");
  return {
    executablePath: process.env.KAGIMORI_CHROMIUM ?? "/usr/bin/chromium",
    args: [...FLAGS, ...(rules ? [`--host-resolver-rules=${rules}`] : []), ...flags],
    env: { ...process.env, ...env },
    timeout: 60_000,
  };
}

/** What a person brings: a language, a zone, a window, and whether the browser runs scripts. */
function habits({ language = "ja", script = "with", width = 1280, height = 900 }) {
  return {
    locale: language === "ja" ? "ja-JP" : "en-GB",
    timezoneId: "Asia/Tokyo",
    viewport: { width, height },
    javaScriptEnabled: script === "with",
    acceptDownloads: true,
  };
}

/** A browser whose persons leave no profile behind. */
export async function browser(asked = {}) {
  return chromium.launch(settings(asked));
}

/** A person with a session of their own in that browser. */
export async function person(shared, habit = {}) {
  const context = await shared.newContext(habits(habit));
  patient(context);
  return context;
}

/** A person whose browser keeps its profile on disk, so that what it keeps can be searched afterwards. */
export async function personWithProfile(profile, asked = {}, habit = {}) {
  const context = await chromium.launchPersistentContext(profile, { ...settings(asked), ...habits(habit) });
  patient(context);
  return context;
}

/** A screenshot of the whole page, in target/screens. */
export async function screenshot(page, name) {
  await page.screenshot({ path: join(SCREENS, `${name}.png`), fullPage: true });
}

function patient(context) {
  context.setDefaultTimeout(30_000);
  context.setDefaultNavigationTimeout(30_000);
}
