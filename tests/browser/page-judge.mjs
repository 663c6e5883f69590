// What holds for every page, in both languages: axe-core has nothing to say, it fits 360 px, it prints, and no text is
// left in the other language.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { check } from "./tap.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const NARROW = 360;
const KANA = /[\u3041-\u3096\u30a1-\u30fa]/;
/** What the demo's holder chose to see on the agent's pages: data, in whichever language they read. */
const PHRASE = "青いやかん";

/** What holds for any page, in whichever language it is. */
export async function judgeShape(page, name) {
  await check(`${name}: axe-core finds no violation`, async () => {
    const violations = await violationsOf(page);
    if (violations.length) throw new Error(violations.join("; "));
  });
  await check(`${name}: fits ${NARROW} px without scrolling sideways`, () => fitsNarrow(page));
}

/** Judges a page as it stands; `name` is how reports call it. Returns its texts, to be compared with the other language's. */
export async function judge(page, name, language) {
  await judgeShape(page, `${name} (${language})`);
  await check(`${name} (${language}): prints, without its navigation`, () => prints(page));
  await check(`${name} (${language}): says its language and has one heading and a title`, () => isNamed(page, language));
  if (language === "en") {
    await check(`${name} (en): holds no kana outside quoted labels and data`, async () => {
      const kana = (await texts(page)).filter((text) => KANA.test(text.replace(/[「『"“][^」』"”]*[」』"”]/g, "").replaceAll(PHRASE, "")));
      if (kana.length) throw new Error(kana.slice(0, 5).join(" | "));
    });
  }
  return texts(page);
}

/** No text that holds Japanese characters is the same on the English page, unless it is marked as Japanese data. */
export async function judgeBoth(name, japanese, english) {
  await check(`${name}: no English text equals the Japanese one`, () => {
    const before = new Set(japanese.filter((text) => /[\u3041-\u30ff\u3400-\u9fff]/.test(text) && text !== PHRASE));
    const left = english.filter((text) => before.has(text));
    if (left.length) throw new Error(left.slice(0, 5).join(" | "));
    if (!japanese.length || !english.length) throw new Error("a page without text");
  });
}

/** axe-core's violations, each as one line. */
export async function violationsOf(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((rules) => globalThis.axe.run(document, { runOnly: rules }), RULES);
  return violations.map((found) => `${found.id} at ${found.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", ")}`);
}

/** Texts of a page that are not marked as data of the other language: not in `lang="ja"` on an English page, not typed values. */
export async function texts(page) {
  return page.evaluate(() => {
    const own = document.documentElement.lang.slice(0, 2);
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const text = node.textContent.trim();
      const parent = node.parentElement;
      const spoken = parent.closest("[lang]")?.lang.slice(0, 2);
      if (text && spoken === own && !parent.closest("script, style, pre.text, [translate=no]")) found.push(text);
    }
    for (const named of document.querySelectorAll("[aria-label], [title], [alt], [placeholder]")) {
      if (named.closest("[lang]")?.lang.slice(0, 2) !== own || named.closest("[translate=no]")) continue;
      for (const name of ["aria-label", "title", "alt", "placeholder"]) if (named.getAttribute(name)) found.push(named.getAttribute(name));
    }
    return found;
  });
}

async function fitsNarrow(page) {
  const before = page.viewportSize();
  await page.setViewportSize({ width: NARROW, height: 740 });
  try {
    const wide = await page.evaluate((narrow) => {
      const widest = document.scrollingElement.scrollWidth;
      if (widest <= narrow) return "";
      const culprit = [...document.querySelectorAll("body *")].find((element) => element.getBoundingClientRect().right > narrow + 1);
      return `${widest} px wide, first at <${culprit?.tagName.toLowerCase()} class="${culprit?.className ?? ""}">`;
    }, NARROW);
    if (wide) throw new Error(wide);
  } finally {
    await page.setViewportSize(before);
  }
}

async function prints(page) {
  await page.emulateMedia({ media: "print" });
  try {
    const shown = await page.evaluate(() =>
      [...document.querySelectorAll("nav, ol.steps, button, :not(li) > a.button")]
        .filter((element) => element.checkVisibility({ visibilityProperty: true }) && element.getBoundingClientRect().width > 1)
        .map((element) => `<${element.tagName.toLowerCase()} class="${element.className}">`),
    );
    if (shown.length) throw new Error(`on paper stand ${shown.slice(0, 4).join(", ")}`);
    const paper = await page.pdf({ format: "A4" });
    if (paper.length < 1500) throw new Error(`a PDF of ${paper.length} bytes`);
  } finally {
    await page.emulateMedia({ media: null });
  }
}

async function isNamed(page, language) {
  const { lang, headings, title } = await page.evaluate(() => ({
    lang: document.documentElement.lang,
    headings: document.querySelectorAll("h1").length,
    title: document.title,
  }));
  if (!lang.startsWith(language) || headings !== 1 || !title) throw new Error(`lang=${lang}, ${headings} h1, title "${title}"`);
}
