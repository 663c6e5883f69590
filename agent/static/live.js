// Brings the page up to date when a card comes or goes, or when the work is done, and opens the button once a PIN is
// typed. Without script the page reloads itself.
const live = document.querySelector("#live");
let seen = live.dataset.seen;
// 担当者 as it was typed, while a card that left takes its field away with it. A PIN is never kept here: it goes with its card.
let person = "";

// Once the browser is on its way elsewhere nothing here may turn it round: the way back to the portal is walked once.
const leaving = new AbortController();
addEventListener("submit", () => leaving.abort());
addEventListener("beforeunload", () => leaving.abort());
// Back from the browser's own store the page is old and waits no more.
addEventListener("pageshow", (event) => event.persisted && location.reload());

addEventListener("input", ready);
ready();

function ready() {
  const pin = live.querySelector("#pin");
  if (pin) live.querySelector("#go").disabled = pin.value === "";
}

async function renew() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" }, redirect: "manual", signal: leaving.signal });
  const text = answer.ok ? await answer.text() : "";
  if (leaving.signal.aborted) return;
  const page = new DOMParser().parseFromString(text, "text/html");
  const fresh = page.querySelector("#live");
  // A redirect means that the browser itself is to move on, to the portal.
  if (!fresh) {
    location.reload();
    return;
  }
  const focused = document.activeElement?.id;
  person = live.querySelector("#person")?.value ?? person;
  live.replaceChildren(...fresh.childNodes);
  const field = live.querySelector("#person");
  if (field && field.value === "") field.value = person;
  seen = live.dataset.seen = fresh.dataset.seen;
  document.title = page.title;
  (document.getElementById(focused) ?? live.querySelector("[autofocus]"))?.focus();
  ready();
}

while (live.dataset.seen && !leaving.signal.aborted) {
  try {
    const answer = await fetch(`/changes?after=${encodeURIComponent(seen)}&visit=${encodeURIComponent(live.dataset.visit ?? "")}`, { signal: leaving.signal });
    if (answer.status === 200) await renew();
    else if (answer.status !== 204) break;
  } catch {
    break; // The agent has gone, or the browser has: the page stays as it is.
  }
}
