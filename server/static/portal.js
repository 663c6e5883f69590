// Enhancements only: every page works without this file, and the server decides everything again.

const gates = "BroadcastChannel" in window ? new BroadcastChannel("kagimori-gates") : null;

// S1: the button waits until both texts have been opened; the server knows, so the page asks it again.
const agree = document.querySelector("[data-gate=closed]");
if (agree) {
  agree.disabled = true;
  let left = false;
  gates?.addEventListener("message", () => location.reload());
  addEventListener("blur", () => (left = true));
  addEventListener("focus", () => left && location.reload());
}

// W1 and W2 tell the page behind them that they were opened.
const opened = document.body.dataset.opened;
if (opened) gates?.postMessage(opened);

// S5: 「失効申込をする(確定)」 waits for the checkbox.
const checked = document.querySelector("form[data-checked]");
if (checked) {
  const box = checked.querySelector("input[type=checkbox]");
  const button = checked.querySelector("button");
  const follow = () => (button.disabled = !box.checked);
  box.addEventListener("change", follow);
  addEventListener("pageshow", follow);
  follow();
}

// N3: a day of the calendar is entered where it would be typed, without another page.
for (const picker of document.querySelectorAll("details.picker")) {
  const day = document.getElementById("day");
  picker.addEventListener("click", (event) => {
    const pick = event.target.closest("button.pick");
    if (!pick) return;
    event.preventDefault();
    day.value = pick.value;
    picker.open = false;
    day.dispatchEvent(new Event("input", { bubbles: true }));
    day.focus();
  });
}

// Windows of their own: print and close.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
for (const button of document.querySelectorAll("[data-close]")) {
  button.hidden = false;
  button.addEventListener("click", () => close());
}
if ("printNow" in document.body.dataset) addEventListener("load", () => print());

// While another page is on its way nothing can be pressed, and it is said aloud (G-S5). It never traps: Escape, which
// stops the browser too, ends it, and after a while it offers the way back itself.
const busy = document.getElementById("busy");
if (busy) {
  const PATIENCE = 15_000;
  const [says, out] = [busy.querySelector("[role=status]"), busy.querySelector(".row")];
  const main = document.getElementById("main");
  const others = [...document.body.children].filter((part) => part !== busy && part.tagName !== "DIALOG" && !part.inert);
  let [patience, from] = [0, null];
  const wait = () => {
    from = document.activeElement;
    for (const part of others) part.inert = true;
    main.setAttribute("aria-busy", "true");
    busy.classList.add("shown");
    says.textContent = says.dataset.text;
    patience = setTimeout(() => {
      says.textContent = says.dataset.long;
      out.hidden = false;
      out.querySelector("button").focus();
    }, PATIENCE);
  };
  const go = () => {
    clearTimeout(patience);
    if (!busy.classList.contains("shown")) return;
    for (const part of others) part.inert = false;
    main.removeAttribute("aria-busy");
    busy.classList.remove("shown");
    says.textContent = "";
    out.hidden = true;
    from?.focus?.();
  };
  addEventListener("submit", (event) => {
    // What opens a window of its own, and what is saved as a file, leaves this page as it is.
    if (event.defaultPrevented || event.target.target === "_blank" || event.submitter?.hasAttribute("data-download")) return;
    setTimeout(wait);
  });
  addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || link.target || link.hasAttribute("download")) return;
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const [to, here] = [new URL(link.href), location];
    if (to.origin !== here.origin || (to.hash && to.pathname === here.pathname && to.search === here.search)) return;
    setTimeout(() => event.defaultPrevented || wait());
  });
  addEventListener("keydown", (event) => event.key === "Escape" && go());
  out.querySelector("button").addEventListener("click", go);
  // Back from the page after: the overlay must not be part of what the browser kept.
  addEventListener("pageshow", go);
}

// S4: what was typed is kept a moment after the last key, and when the page is left, so that neither a reload nor a link
// of the header loses it.
const application = document.getElementById("application");
if (application) {
  let pause = 0;
  const keep = () => {
    clearTimeout(pause);
    pause = 0;
    const body = new URLSearchParams(new FormData(application));
    body.append("go", "keep");
    fetch(application.action, { method: "POST", body, keepalive: true }).catch(() => {});
  };
  application.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(keep, 500);
  });
  // A form on its way says all of it itself; what is kept must not come after it.
  application.addEventListener("submit", () => {
    clearTimeout(pause);
    pause = 0;
  });
  addEventListener("beforeunload", () => pause && keep());
}

// 失効届: what is needed follows the applicant and the reason; without this file a button does it.
const paper = document.getElementById("paper");
if (paper) {
  const follow = () => {
    const chosen = new FormData(paper);
    const key = `${chosen.get("applicant")}/${chosen.get("reason")}`;
    for (const line of paper.querySelectorAll("[data-must]")) {
      for (const mark of line.querySelectorAll("[data-is]")) {
        mark.hidden = !line.dataset[mark.dataset.is].split(" ").includes(key);
      }
    }
  };
  paper.addEventListener("change", follow);
  addEventListener("pageshow", follow);
}

// The errors are read out first.
document.getElementById("errors")?.focus();

// Two minutes before the session ends for want of requests, it says so (G-S1).
const idle = Number(document.body.dataset.idle);
const dialog = document.getElementById("idle");
if (idle && dialog) {
  let warning = 0;
  const wait = () => {
    clearTimeout(warning);
    warning = setTimeout(() => dialog.showModal(), Math.max(idle - 120, idle / 2) * 1000);
  };
  dialog.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (answer.status === 204) {
      dialog.close();
      wait();
    } else {
      location.reload();
    }
  });
  wait();
}

// A login that ends when its card leaves the reader: a page in sight asks each second, and says so when it has ended.
const there = document.body.dataset.there;
if (there) {
  const look = async () => {
    if (!document.hidden) {
      const answer = await fetch(there, { cache: "no-store" }).catch(() => null);
      if (answer?.status === 410) {
        location.replace(`${there.replace(/there$/, "ended")}?why=${await answer.text()}`);
        return;
      }
    }
    setTimeout(look, 1000);
  };
  look();
}

// The header clock goes on from the server's time, not from this computer's.
const clock = document.getElementById("clock");
if (clock) {
  const start = Date.parse(clock.dateTime) - performance.now();
  const digits = /\d+/g;
  const shown = clock.textContent.match(digits);
  if (shown?.length === 5) {
    setInterval(() => {
      // Japan has no summer time: nine hours, always.
      const now = new Date(start + performance.now() + 9 * 3600e3).toISOString().match(digits);
      let place = 0;
      clock.textContent = clock.textContent.replace(digits, () => now[place++]);
    }, 5000);
  }
}
