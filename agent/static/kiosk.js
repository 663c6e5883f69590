// The kiosk's screen: the keyboard on it, the clock beside it, the voice, and the beep for a card that was left.
// What is typed lives in one variable here until it is posted: in no field, no address and no store of the browser.
const body = document.body;
const data = body.dataset;
const leaving = new AbortController();
addEventListener("pageshow", (event) => event.persisted && location.reload());

// --- forms: posted from here, so that no history of the browser keeps one

let typed = "";
const entry = document.querySelector("#entry");

addEventListener("submit", async (event) => {
  event.preventDefault();
  if (leaving.signal.aborted) return;
  const fields = new URLSearchParams(new FormData(event.target, event.submitter));
  if (event.target === entry) fields.set(entry.dataset.name, typed);
  typed = "";
  leaving.abort();
  for (const button of document.querySelectorAll("button")) button.disabled = true;
  await fetch(event.target.action, { method: "POST", body: fields, redirect: "manual" }).catch(() => {});
  location.replace("/");
});

// --- what happens elsewhere: a card comes or goes, the work is done, the time is over

async function follow() {
  while (!leaving.signal.aborted) {
    const answer = await fetch(`/changes?after=${encodeURIComponent(data.seen)}`, { signal: leaving.signal });
    if (answer.status === 204) continue;
    if (answer.status !== 200) throw new Error("unknown");
    const fresh = new DOMParser().parseFromString(await (await fetch("/", { signal: leaving.signal })).text(), "text/html");
    if (entry && fresh.body.dataset.stage === data.stage) {
      // Another reader, perhaps: what is typed stays.
      data.seen = fresh.body.dataset.seen;
      const [old, now] = [entry.querySelector("[name=token]"), fresh.querySelector("#entry [name=token]")];
      if (old && now) old.value = now.value;
      continue;
    }
    leave();
  }
}
function leave() {
  typed = "";
  leaving.abort();
  location.replace("/");
}
follow().catch(() => {
  // The kiosk's program was ended: it is looked for until it is back.
  if (!leaving.signal.aborted) setTimeout(leave, 3000);
});

// --- the keyboard on the screen

if (entry) {
  const { least, most, name, typed: says, count } = entry.dataset;
  const field = document.querySelector("#field");
  const go = document.querySelector("#go");
  const show = document.querySelector("#show");
  const allowed = name === "pin" ? /^[0-9]$/ : /^[0-9A-Z]$/;
  const rules = {
    length: () => typed.length >= Number(least) && typed.length <= Number(most),
    letter: () => /[A-Z]/.test(typed),
    digit: () => /[0-9]/.test(typed),
  };
  const judge = () => {
    const shown = show?.getAttribute("aria-pressed") === "true";
    field.textContent = shown ? typed : "●".repeat(typed.length);
    field.setAttribute("aria-label", says.replace("0", String(typed.length)));
    const counted = document.querySelector("#count");
    if (counted) counted.textContent = count.replace("0", String(typed.length));
    for (const rule of document.querySelectorAll("[data-rule]")) rule.className = rules[rule.dataset.rule]() ? "ok" : "no";
    const wanted = name === "pin" ? ["length"] : Object.keys(rules);
    const boxes = [...entry.querySelectorAll("input[type=checkbox]")];
    go.disabled = !wanted.every((rule) => rules[rule]()) || boxes.some((box) => !box.checked);
  };
  const press = (key) => {
    if (key === "erase") typed = typed.slice(0, -1);
    else if (allowed.test(key) && typed.length < Number(most)) typed += key;
    judge();
  };
  for (const button of document.querySelectorAll("[data-key]")) button.addEventListener("click", () => press(button.dataset.key));
  document.querySelector("#erase").addEventListener("click", () => press("erase"));
  show?.addEventListener("click", () => {
    show.setAttribute("aria-pressed", String(show.getAttribute("aria-pressed") !== "true"));
    judge();
  });
  entry.addEventListener("input", judge);
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Backspace") press("erase");
    else if (event.key.length === 1) press(event.key.toUpperCase());
  });
  judge();
}

// --- the time: nobody there, and the end of the day

let since = performance.now();
let told = since;
for (const sign of ["pointerdown", "keydown"]) addEventListener(sign, awake);
function awake() {
  since = performance.now();
  document.querySelector("#there").close();
  // The kiosk's program counts for itself; it is told now and then.
  if (since - told > 5000) {
    told = since;
    fetch("/awake", { method: "POST", signal: leaving.signal }).catch(() => {});
  }
}
document.querySelector("#stay").addEventListener("click", () => {
  told = -Infinity;
  awake();
});

const begun = performance.now();
let beeped = begun;
setInterval(() => {
  if (leaving.signal.aborted) return;
  const now = performance.now();
  const there = document.querySelector("#there");
  if (data.wait && now - since > Number(data.wait) * 1000 && !there.open) {
    there.showModal();
    speak(there.querySelector("h2").textContent);
  }
  const left = Math.ceil(Number(data.closes ?? Infinity) - (now - begun) / 1000);
  const closing = document.querySelector("#closing");
  closing.hidden = left > Number(data.closing ?? 0);
  if (!closing.hidden) document.querySelector("#closing-left").textContent = `${Math.max(0, Math.floor(left / 60))}:${String(Math.max(0, left) % 60).padStart(2, "0")}`;
  if (data.cardLeft === "true" && now - beeped > 4000) {
    beeped = now;
    beep();
  }
}, 250);

function beep() {
  const sound = new AudioContext();
  const tone = sound.createOscillator();
  tone.frequency.value = 1760;
  tone.connect(sound.destination);
  tone.start();
  tone.stop(sound.currentTime + 0.3);
  tone.onended = () => sound.close();
}

// --- the voice: what the page says, never what is typed

function speak(text) {
  if (data.voice !== "true" || !("speechSynthesis" in window)) return;
  speechSynthesis.cancel();
  speechSynthesis.speak(Object.assign(new SpeechSynthesisUtterance(text), { lang: document.documentElement.lang }));
}
speak(data.says);
addEventListener("pagehide", () => window.speechSynthesis?.cancel());
