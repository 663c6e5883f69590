// デジタル証明書の取得 at the agent, with the real agent, a token by SoftHSM and OpenSSL as authority, server and judge: every page
// of it in both languages before the judges of pages, onto a token and into a file, what was mistyped, what broke off and
// what the test finds. The portal is a few lines that speak the exchange: what is judged here is the agent's alone.

import { execFileSync, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, openSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { browser, person, screenshot } from "./browser.mjs";
import { judge, judgeBoth } from "./page-judge.mjs";
import { check, holds, journeys, same } from "./tap.mjs";
import { until } from "./until.mjs";

const { agent: BINARY, place: PLACE, module: MODULE, pin: PIN, conf: CONF } = JSON.parse(process.env.KAGIMORI_TERMINAL);
const AGENT = "http://127.0.0.1:24817";
const PHRASE = "青いやかん";
const PASSWORD = `f1le-${randomBytes(6).toString("hex")}`;
const OTHER = "an0ther-password";
/** C=JP, O=見本通関, CN=NAC11110A */
const SUBJECT = Buffer.concat([
  Buffer.from("3038310b3009060355040613024a5031153013060355040a0c0c", "hex"),
  Buffer.from("見本通関"),
  Buffer.from("3112301006035504030c09", "hex"),
  Buffer.from("NAC11110A"),
]);

mkdirSync(PLACE, { recursive: true });
const centre = foundCentre();
const portal = await opened();
const server = await served();
let agent = await started();
const chromium = await browser();

await journeys([
  ["onto a token", () => both("token", ontoToken)],
  ["into a file", () => both("file", intoFile)],
  ["what the test finds", () => both("test", whatTheTestFinds)],
  ["secrets", secrets],
]);

await chromium.close();
await stopped(agent);
server.kill();
portal.close();

/** Walks it in both languages; what a page says in the one does not stand in the other. */
async function both(name, walk) {
  const said = {};
  for (const language of ["ja", "en"]) {
    const pages = new Map();
    const context = await person(chromium, { language });
    const page = await context.newPage();
    const look = async (what) => {
      pages.set(what, await judge(page, `agent-${name}-${what}`, language));
      await screenshot(page, `agent-${name}-${what}-${language}`);
    };
    await walk(page, look, language);
    said[language] = pages;
    await context.close();
  }
  for (const [what, texts] of said.ja) await judgeBoth(`agent-${name}-${what}`, texts, said.en.get(what) ?? []);
}

async function ontoToken(page, look, language) {
  await arrive(page, ask(`token-${language}`, language));
  await look("places");
  await choose(page, /^(トークン|Token)/);
  await look("pin");
  await page.locator("#pin").fill("wrong-PIN.99");
  await press(page, "#go");
  await check(`a wrong PIN is told at its field (${language})`, async () => {
    holds(await page.locator("#error-pin").innerText(), "E-PIN-WRONG");
    same(await page.locator("#pin").inputValue(), "");
  });
  await look("pin-wrong");
  await page.locator("#pin").fill(PIN);
  await installed(page, look, language);
  await check(`the key is on the token, and never came out of it (${language})`, () => {
    const keys = execFileSync("pkcs11-tool", ["--module", MODULE, "--login", "--pin", PIN, "-O", "--type", "privkey"], { env: { ...process.env, SOFTHSM2_CONF: CONF } }).toString();
    holds(keys, "never extractable");
  });
}

async function intoFile(page, look, language) {
  const grant = `file-${language}`;
  await arrive(page, ask(grant, language));
  await choose(page, /PKCS ?#12/);
  await look("password");
  await page.locator("#password").fill(PASSWORD);
  await page.locator("#repeat").fill(OTHER);
  await press(page, "#go");
  await check(`two passwords that differ are told at the field (${language})`, async () => {
    holds(await page.locator("#error-password").innerText(), "E-PASSWORD-DIFF");
    same(await page.locator("#password").inputValue(), "");
    same(await page.evaluate(() => document.activeElement?.id), "password");
  });
  await look("password-differs");
  // The answer with the certificate is lost, and the agent is killed.
  portal.hangsUp = true;
  await page.locator("#password").fill(PASSWORD);
  await page.locator("#repeat").fill(PASSWORD);
  await press(page, "#go");
  await check(`a lost answer is told, and can be sent again (${language})`, async () => holds(await page.locator("main").innerText(), "E-NET-UNKNOWN"));
  await look("unsent");
  await stopped(agent, "SIGKILL");
  agent = await started();
  await arrive(page, ask(grant, language));
  await look("go-on");
  await page.locator("#password").fill(OTHER);
  await press(page, "#go");
  await check(`another password opens nothing (${language})`, async () => holds(await page.locator("#error-password").innerText(), "E-KEY-PASSWORD"));
  await look("password-wrong");
  await page.locator("#password").fill(PASSWORD);
  await installed(page, look, language);
  const file = await page.locator("dd", { hasText: ".p12" }).innerText();
  await check(`the key was made once: both requests are the same (${language})`, () => {
    const asked = portal.heard.filter((heard) => heard.grant === grant && heard.csr);
    same(asked.length, 2);
    same(asked[0].csr, asked[1].csr);
  });
  await check(`openssl opens the file by its password, and by no other (${language})`, () => {
    holds(pkcs12(file, PASSWORD).toString(), "friendlyName: NAC11110A");
    let refused = false;
    try {
      pkcs12(file, OTHER);
    } catch {
      refused = true;
    }
    same(refused, true);
  });
  await check(`openssl logs in with it at a server that wants a certificate (${language})`, () => {
    const identity = join(PLACE, `identity-${language}.pem`);
    writeFileSync(identity, pkcs12(file, PASSWORD), { mode: 0o600 });
    const said = execFileSync("openssl", ["s_client", "-quiet", "-connect", `127.0.0.1:${server.port}`, "-cert", identity, "-key", identity], { input: "GET / HTTP/1.0\r\n\r\n", stdio: ["pipe", "pipe", "ignore"] });
    holds(said.toString(), "HTTP/1.0 200");
    writeFileSync(identity, "");
  });
}

async function whatTheTestFinds(page, look, language) {
  portal.port = await freePort();
  await arrive(page, ask(`test-${language}`, language));
  await choose(page, /PKCS ?#12/);
  await page.locator("#password").fill(PASSWORD);
  await page.locator("#repeat").fill(PASSWORD);
  await press(page, "#go");
  await settled(page);
  await check(`a server that is not there is told as that (${language})`, async () => holds(await page.locator("main").innerText(), "E-TEST-CONNECT"));
  await look("failed");
  portal.port = server.port;
  await check(`without the test there is a way back, and the portal is told (${language})`, async () => {
    await press(page, "#leave");
    holds(page.url(), `${portal.origin}/back`);
    same(portal.heard.at(-1).tested, "no_connection");
  });
}

async function secrets() {
  const told = JSON.stringify(portal.heard);
  const log = readFileSync(join(PLACE, "agent.log"), "utf8");
  const kept = files(join(PLACE, "agent")).map((file) => readFileSync(file, "latin1")).join("\n");
  await check("a09: PIN and password stand in no log of the agent at any level, in no file and in no message", () => {
    for (const secret of [PIN, PASSWORD]) for (const text of [log, kept, told]) same(text.includes(secret), false);
  });
  await check("control: the agent logged what it did, and kept what it must", () => {
    holds(log, "/request/key");
    holds(kept, "ENCRYPTED PRIVATE KEY");
  });
}

/** From the button to the page that says it is done. */
async function installed(page, look, language) {
  await press(page, "#go");
  await settled(page);
  await check(`the certificate is installed and was tested (${language})`, async () => {
    holds(await page.locator("h1").innerText(), language === "ja" ? "証明書を登録しました" : "The certificate is installed");
    same(portal.heard.at(-1).tested, "passed");
  });
  await look("installed");
  const back = await page.locator("#go").getAttribute("href");
  await check(`it leads back to the portal (${language})`, () => holds(back, `${portal.origin}/back?code=`));
}

async function arrive(page, id) {
  await page.goto(`${AGENT}/request?portal=${encodeURIComponent(portal.origin)}&id=${id}`);
  await page.locator("h1").waitFor();
}

async function choose(page, named) {
  await page.locator("fieldset.choice label").filter({ hasText: named }).locator("input").check();
  await press(page, "#go");
}

async function press(page, at) {
  await Promise.all([page.waitForNavigation(), page.locator(at).click()]);
}

/** The page that only waits renews itself. */
async function settled(page) {
  await until(async () => (await page.locator(".busy").count().catch(() => 1)) === 0, "the end of the work");
  await page.waitForLoadState("load");
}

/** Asks for an acquisition under a grant; the request's id. */
function ask(grant, language) {
  const id = randomBytes(16).toString("base64url");
  const says = { ja: "端末 11110A の証明書です。", en: "It is for terminal 11110A." };
  const wanted = { mark: `grant-of-${grant}`, label: "NAC11110A", subject: SUBJECT.toString("base64url"), keys: ["p256"], places: ["token", "file"] };
  portal.asked.set(id, {
    grant,
    key: undefined,
    request: {
      protocol: 3,
      id,
      session_mark: grant,
      office: { id: "mihon-center", name: { ja: "見本センター", en: "Mihon Center" } },
      procedure: "acquisition",
      title: { ja: "デジタル証明書の取得", en: "Acquisition of a digital certificate" },
      language,
      nonce: randomBytes(32).toString("base64url"),
      pin: { min: 4, max: 16, digits: false, tries: 10 },
      pin_after: "wiped",
      same_pin: "off",
      steps: [{ kind: "acquire", says, wanted }, { kind: "install", says }],
      answered: 0,
      return_to: "/back",
      expires_at: Math.floor(Date.now() / 1000) + 900,
    },
  });
  return id;
}

/** A portal as far as the agent sees one. */
async function opened() {
  const asked = new Map();
  const self = { asked, heard: [], hangsUp: false, port: 0 };
  const http = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const body = parts.length ? JSON.parse(Buffer.concat(parts)) : undefined;
    const [, id, act, step] = request.url.match(/^\/api\/v1\/card-requests\/([^/]+)\/(\w+)(?:\/(\d+))?$/) ?? [];
    const one = asked.get(id);
    if (!one) return void response.setHeader("content-type", "text/html").end('<!doctype html><html lang="en"><title>portal</title><h1>portal</h1>');
    const answer = act === "claim" ? one.request : act === "cancel" ? { code: "cancelled" } : verdict(self, one, Number(step), body);
    if (act === "steps" && self.hangsUp) {
      self.hangsUp = false;
      return void request.socket.destroy();
    }
    response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
  });
  await new Promise((ready) => http.listen(0, "127.0.0.1", ready));
  return Object.assign(self, { origin: `http://127.0.0.1:${http.address().port}`, close: () => http.close() });
}

function verdict(self, one, step, answer) {
  self.heard.push({ grant: one.grant, ...answer });
  if (answer.kind === "requested") {
    const [, install] = one.request.steps;
    install.issued = { chain: [certified(answer.csr).toString("base64url")], test: { address: `https://127.0.0.1:${self.port}/acquired`, anchors: [centre.anchor.toString("base64url")] } };
    one.request.answered = 1;
    return { verdict: "go", next: install };
  }
  if (answer.kind === "installed") return { verdict: "done", code: `code-${step}` };
  return { verdict: "noted" };
}

/** An authority by OpenSSL, and its server's certificate. */
function foundCentre() {
  const dir = join(PLACE, "centre");
  mkdirSync(dir, { recursive: true });
  const openssl = (...words) => execFileSync("openssl", words, { cwd: dir, stdio: ["ignore", "pipe", "pipe"] });
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl("req", "-x509", ...curve, "-days", "30", "-subj", "/O=Mihon Center/CN=authority", "-keyout", "authority.key", "-out", "authority.pem");
  writeFileSync(join(dir, "server.ext"), "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n");
  writeFileSync(join(dir, "client.ext"), "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n");
  openssl("req", "-new", ...curve, "-subj", "/CN=server", "-keyout", "server.key", "-out", "server.csr");
  openssl("x509", "-req", "-in", "server.csr", "-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial", "-days", "10", "-extfile", "server.ext", "-out", "server.pem");
  return { dir, openssl, anchor: openssl("x509", "-in", "authority.pem", "-outform", "DER") };
}

/** The same request is answered with the same certificate. */
function certified(csr) {
  const name = createHash("sha256").update(csr).digest("hex");
  const made = join(centre.dir, `${name}.der`);
  if (!existsSync(made)) {
    writeFileSync(join(centre.dir, `${name}.csr`), Buffer.from(csr, "base64url"));
    centre.openssl("x509", "-req", "-inform", "DER", "-in", `${name}.csr`, "-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial", "-days", "10", "-extfile", "client.ext", "-outform", "DER", "-out", made);
  }
  return readFileSync(made);
}

/** A server that wants a certificate of the authority. */
async function served() {
  const port = await freePort();
  const words = ["s_server", "-accept", `127.0.0.1:${port}`, "-cert", "server.pem", "-key", "server.key", "-www", "-Verify", "3", "-verify_return_error", "-CAfile", "authority.pem"];
  const program = spawn("openssl", words, { cwd: centre.dir, stdio: "ignore" });
  portal.port = port;
  return Object.assign(program, { port });
}

/** The real agent, with its phrase chosen, the portal allowed and the token's module named. */
async function started() {
  const dir = join(PLACE, "agent");
  const env = { ...process.env, SOFTHSM2_CONF: CONF, KAGIMORI_AGENT_DIR: dir, KAGIMORI_LOG: "trace" };
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  writeFileSync(join(dir, "phrase"), PHRASE);
  execFileSync(BINARY, ["allow", portal.origin], { env });
  execFileSync(BINARY, ["keys", "use-module", MODULE], { env });
  const log = openSync(join(PLACE, "agent.log"), "a");
  const program = spawn(BINARY, ["serve"], { env, stdio: ["ignore", log, log] });
  await until(() => fetch(`${AGENT}/static/icon.svg`).then((answer) => answer.ok, () => false), "the agent");
  return program;
}

async function stopped(program, signal = "SIGINT") {
  const ended = new Promise((resolve) => program.once("exit", resolve));
  program.kill(signal);
  await ended;
}

function pkcs12(file, password) {
  return execFileSync("openssl", ["pkcs12", "-in", file, "-nodes", "-passin", "env:PASSWORD"], { env: { ...process.env, PASSWORD: password }, stdio: ["ignore", "pipe", "ignore"] });
}

async function freePort() {
  const probe = createServer();
  await new Promise((ready) => probe.listen(0, "127.0.0.1", ready));
  const { port } = probe.address();
  await new Promise((closed) => probe.close(closed));
  return port;
}

function files(dir) {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? files(join(dir, entry.name)) : [join(dir, entry.name)]));
}
