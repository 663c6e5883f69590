// Brings the page up to date when a card comes or goes, or when the work is done. Without script the page reloads itself.
const live = document.querySelector("#live");
let seen = live.dataset.seen;

async function renew() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" }, redirect: "manual" });
  // A redirect means that the browser itself is to move on, to the portal.
  if (answer.type === "opaqueredirect" || !answer.ok) {
    location.reload();
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("#live");
  if (!fresh) {
    location.reload();
    return;
  }
  const focused = document.activeElement?.id;
  live.replaceChildren(...fresh.childNodes);
  seen = live.dataset.seen = fresh.dataset.seen;
  document.title = page.title;
  if (focused) document.getElementById(focused)?.focus();
}

while (live.dataset.seen) {
  try {
    const answer = await fetch(`/changes?after=${encodeURIComponent(seen)}&visit=${encodeURIComponent(live.dataset.visit ?? "")}`);
    if (answer.status === 200) await renew();
    else if (answer.status !== 204) break;
  } catch {
    break; // The agent has gone: the page stays as it is.
  }
}
