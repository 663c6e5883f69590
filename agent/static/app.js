// The reservation app: fits the button to what is typed, follows the reader, and takes the picture. Only the camera needs
// script; everything else works without.
const body = document.body;
const go = document.querySelector("#go");
const leaving = new AbortController();
addEventListener("submit", () => leaving.abort());
addEventListener("beforeunload", () => leaving.abort());
addEventListener("pageshow", (event) => event.persisted && location.reload());

// --- what is typed

function ready() {
  if (!go) return;
  const form = go.form;
  const reader = document.querySelector("#reader");
  go.disabled = go.dataset.closed === "true" || !form.checkValidity() || reader?.dataset.ready === "false" ||
    [...form.querySelectorAll("input[type=checkbox]")].some((box) => !box.checked);
}
if (go) {
  go.dataset.closed = String(go.disabled);
  addEventListener("input", ready);
  ready();
}

const pad = document.querySelector("#pad");
if (pad) {
  const pin = document.querySelector("#pin");
  const key = (label, press) => {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: label });
    button.addEventListener("click", () => {
      press();
      ready();
    });
    pad.append(button);
  };
  for (const digit of "1234567890") key(digit, () => { if (pin.value.length < 4) pin.value += digit; });
  key(pad.dataset.erase, () => { pin.value = pin.value.slice(0, -1); });
  pad.hidden = false;
}

// --- what happens elsewhere: a card comes or goes, or the work is done

async function follow() {
  while (!leaving.signal.aborted) {
    const answer = await fetch(`/changes?after=${encodeURIComponent(body.dataset.seen)}`, { signal: leaving.signal });
    if (answer.status === 204) continue;
    if (answer.status !== 200) return;
    const text = await (await fetch("/", { signal: leaving.signal })).text();
    const fresh = new DOMParser().parseFromString(text, "text/html");
    const reader = document.querySelector("#reader");
    const now = fresh.querySelector("#reader");
    // What is typed stays where it is while a card comes or goes.
    if (fresh.body.dataset.stage !== body.dataset.stage || !reader || !now) {
      if (fresh.body.dataset.stage === body.dataset.stage && body.dataset.stage !== "working") {
        body.dataset.seen = fresh.body.dataset.seen;
        continue;
      }
      leaving.abort();
      location.replace("/");
      return;
    }
    reader.replaceChildren(...now.childNodes);
    reader.dataset.ready = now.dataset.ready;
    body.dataset.seen = fresh.body.dataset.seen;
    ready();
  }
}
follow().catch(() => {}); // The agent has gone, or the browser has: the page stays as it is.

// --- the camera

const camera = document.querySelector("#camera");
if (camera) film();

async function film() {
  const video = camera.querySelector("#video");
  const view = () => camera.querySelector("#video");
  const guide = document.querySelector("#guide");
  const shoot = document.querySelector("#shoot");
  try {
    if (video.tagName === "IMG") await seen(video);
    else video.srcObject = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 960 } }, audio: false,
    });
    await video.play?.();
  } catch {
    camera.hidden = true;
    document.querySelector("#no-camera").hidden = false;
    return;
  }
  addEventListener("pagehide", stop);
  function stop() {
    for (const track of video.srcObject?.getTracks() ?? []) track.stop();
  }
  shoot.disabled = false;
  const watch = setInterval(() => {
    const light = brightness(view());
    guide.textContent = light < 60 ? camera.dataset.dark : light > 215 ? camera.dataset.bright : camera.dataset.good;
  }, 700);
  shoot.addEventListener("click", async () => {
    shoot.disabled = true;
    clearInterval(watch);
    guide.textContent = camera.dataset.sending;
    const now = view();
    const frame = drawn(now, now.videoWidth ?? now.naturalWidth, now.videoHeight ?? now.naturalHeight);
    stop();
    const picture = await new Promise((done) => frame.toBlob(done, "image/jpeg", 0.92));
    frame.width = 0;
    leaving.abort();
    await fetch("/capture", {
      method: "POST", redirect: "manual", body: picture,
      headers: { "content-type": "image/jpeg", "kagimori-form": camera.dataset.token },
    }).catch(() => {}); // What became of it is seen from the page.
    location.replace("/");
  });
}

/** A camera that is a program shows one picture after another; each is whole before it takes the place of the one before. */
async function seen(image) {
  await image.decode();
  const next = async () => {
    const fresh = image.cloneNode();
    fresh.src = `/camera?${performance.now()}`;
    await fresh.decode();
    image.replaceWith(fresh);
    image = fresh;
  };
  const again = setInterval(() => next().catch(() => {}), 500); // One that does not come is left out.
  addEventListener("pagehide", () => clearInterval(again));
}

function drawn(video, width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d").drawImage(video, 0, 0, width, height);
  return canvas;
}

/** The mean of a small copy of what the camera sees, 0 to 255. */
function brightness(video) {
  const pixels = drawn(video, 32, 24).getContext("2d").getImageData(0, 0, 32, 24).data;
  let sum = 0;
  for (let at = 0; at < pixels.length; at += 4) sum += 0.299 * pixels[at] + 0.587 * pixels[at + 1] + 0.114 * pixels[at + 2];
  return sum / (pixels.length / 4);
}
