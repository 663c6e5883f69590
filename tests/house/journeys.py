"""The browser journeys: one on a stand of two processes, the others on the demo."""

import json
import secrets
import shutil

from house import daemons
from house.cards import AGENT
from house.needs import BROWSER, CHROMIUM, SOFTHSM
from house.processes import ROOT, TARGET, Ended, output, run
from house.officers import OFFICERS, joins
from house.stand import APPLICANT, Stand
from house.step import Step
from house.tally import from_tap

PLACE = TARGET / "journeys"
SCREENS = TARGET / "screens"
STAND = PLACE / "stand"
DERS = TARGET / "ders"


def steps():
    """One step for each file of journeys, the whole of procedure 000 first."""
    return [
        Step("journey", "two processes, HTTPS, real pcscd: the sixteen steps, then openssl says revoked", two_processes, beside=True),
        Step("unprintable", "two processes, HTTPS, real pcscd: a name that no font has is refused by name before 確定", unprintable, beside=True),
        Step("console", "two processes, HTTPS, real pcscd: an officer's first day, with card, passkey and keyboard alone", console, beside=True),
        Step("office", "two processes, HTTPS, real pcscd: a paper entered by one officer's card, approved by another's, then openssl says revoked", office, beside=True),
        Step("tour", "on the demo: the tour of its start page, from the queue to the second person's signature", demo("tour", 240), beside=True),
        Step("back", "on the demo: Back, Reload, answers that come twice, and what was typed", demo("back", 300), beside=True),
        Step("busy", "on the demo: while another page is on its way nothing can be pressed, it is said, and it lets go", demo("busy", 90), beside=True),
        Step("refusals", "on the demo: what can go wrong, and what people are told", demo("refusals", 900), beside=True),
        Step("strangers", "on the demo: foreign sites, forged forms, names that point at loopback", demo("strangers", 300), beside=True),
        Step("hands", "on the demo: in English, by keyboard alone, without script; an examination by keyboard alone", demo("hands", 420), beside=True),
        Step("office-pages", "on the demo: the same judges over the pages on which officers work on applications", demo("office-pages", 600), beside=True),
        Step("bidder-hands", "on the demo: ICカード更新 as its start page tells it: 001 without script, 002 by keyboard alone", demo("bidder-hands", 240), beside=True),
        Step("bidder-pages", "on the demo: the same judges over the pages of 登録, login and ICカード更新 at both ordering bodies", demo("bidder-pages", 900), beside=True),
        Step("clerk-pages", "on the demo: the same judges over the pages on which a city's clerk decides what is held", demo("clerk-pages", 600), beside=True),
        Step("terminal-keys", "the real agent, SoftHSM and OpenSSL: a terminal's key on a token and in a file, what was mistyped, what broke off and what the test finds; the same judges over its pages", terminal_keys, beside=True),
        Step("terminals", "on the demo, with SoftHSM, OpenSSL and curl: procedure 003 from the application to certificates that log in; only the clock is moved", terminals, beside=True),
        Step("passkeys", "on the demo, reached under a name: a customer's person adds a passkey, logs in with it and removes it", demo("passkeys", 120), beside=True),
        Step("terminal-pages", "on the demo: the same judges over the pages of procedure 003, the customer's and the examiner's", demo("terminal-pages", 600), beside=True),
        Step("citizen-pages", "on the demo: the same judges over the pages of procedure 004: the city's, the reservation app's and the kiosk's", demo("citizen-pages", 420), beside=True),
        Step("centre-pages", "on the demo: the same judges over the pages of a service centre's customers, and of its contracts", demo("centre-pages", 600), beside=True),
        Step("pages", "on the demo: axe-core, 360 px, paper and words of every page in both languages", demo("pages", 600), beside=True),
    ]


def cleared():
    """Removes what earlier journeys have left; a file of PINs that are searched for afterwards is there, and empty."""
    for folder in (PLACE, SCREENS):
        shutil.rmtree(folder, ignore_errors=True)
    PLACE.mkdir(parents=True)
    (PLACE / "pins").touch()


def two_processes(log):
    """The journey of Done-when 2, and what openssl says of the card before and after it."""
    shutil.rmtree(STAND, ignore_errors=True)
    readers = daemons.pcscd("pcscd-journey")
    stand = Stand(STAND, readers)
    try:
        stand.set_up()
        tally = stand.status_is("good")
        status = node(log, "two-processes", 420, {"KAGIMORI_STAND": str(stand.described())})
        tally += from_tap(log.read_text(errors="replace"), status)
        tally += stand.status_is("revoked")
        tally += stand.mails_tell("失効申込受付のお知らせ", "電子証明書失効完了のお知らせ")
        mails = len(stand.mailbox.mails())
        tally.check(mails == len(stand.mails_to(APPLICANT)), f"none of {mails} mails went to anybody else")
        stand.collect(DERS)
        return tally
    finally:
        stand.close()
        readers.end()


def console(log):
    """The officers' desk from the first invitation on; the account is blocked at the end, by the operator's command."""
    place = PLACE / "console"
    shutil.rmtree(place, ignore_errors=True)
    readers = daemons.pcscd("pcscd-console")
    stand = Stand(place, readers)
    try:
        stand.set_up()
        told = stand.described(**stand.invites_officer())
        status = node(log, "console", 420, {"KAGIMORI_STAND": str(told)})
        return from_tap(log.read_text(errors="replace"), status) + stand.status_is("good")
    finally:
        stand.close()
        readers.end()


def office(log):
    """The paper route: the holder's card is lost, so no reader has it; each officer puts the own card into the reader."""
    place = PLACE / "office"
    shutil.rmtree(place, ignore_errors=True)
    readers = daemons.pcscd("pcscd-office")
    stand = Stand(place, readers)
    try:
        stand.opens()
        tally = stand.status_is("good")
        officers = {officer.key: joins(stand, officer) for officer in OFFICERS}
        told = stand.described(officers=officers, ocsp=[str(word) for word in stand.question("signature")], env=readers.env)
        status = node(log, "office", 420, {"KAGIMORI_STAND": str(told)})
        tally += from_tap(log.read_text(errors="replace"), status)
        tally += stand.status_is("revoked")
        return tally + stand.mails_tell("失効申込（書面）受付のお知らせ", "電子証明書失効完了のお知らせ")
    finally:
        stand.close()
        readers.end()


def unprintable(log):
    """A card whose holder has a character in the name that is in neither font of the receipt; nothing of it is revoked."""
    place = PLACE / "unprintable"
    shutil.rmtree(place, ignore_errors=True)
    readers = daemons.pcscd("pcscd-unprintable")
    stand = Stand(place, readers, "金　한별")
    try:
        stand.set_up()
        status = node(log, "unprintable", 180, {"KAGIMORI_STAND": str(stand.described())})
        return from_tap(log.read_text(errors="replace"), status) + stand.status_is("good")
    finally:
        stand.close()
        readers.end()


def terminal_keys(log):
    """デジタル証明書の取得 at the agent."""
    told = token("terminal-keys")
    status = node(log, "terminal-keys", 300, {"KAGIMORI_TERMINAL": json.dumps(told)})
    return from_tap(log.read_text(errors="replace"), status)


def terminals(log):
    """Procedure 003 whole, on the demo, whose agent finds a token."""
    told = token("terminals")
    env = {"KAGIMORI_DEMO": str(TARGET / "debug" / "demo"), "KAGIMORI_PLACE": told["place"], "SOFTHSM2_CONF": told["conf"]}
    status = node(log, "terminals", 420, {**env, "KAGIMORI_TERMINAL": json.dumps(told)})
    return from_tap(log.read_text(errors="replace"), status)


def token(name):
    """A fresh token, whose PIN is nobody's, as a journey is told of it."""
    place = PLACE / name
    shutil.rmtree(place, ignore_errors=True)
    tokens, settings = place / "tokens", place / "softhsm2.conf"
    tokens.mkdir(parents=True)
    settings.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    pin = f"tok3n-{secrets.token_hex(5)}"
    issue = ["softhsm2-util", "--init-token", "--free", "--label", "terminal", "--pin", pin, "--so-pin", secrets.token_hex(5)]
    status, said = output(issue, env={"SOFTHSM2_CONF": str(settings)})
    if status != 0:
        raise Ended(f"no token was issued: {said.strip()}")
    return {"agent": str(AGENT), "place": str(place / "run"), "module": SOFTHSM, "pin": pin, "conf": str(settings)}


def demo(name, bound):
    """A step that walks one file of journeys on the demo."""

    def walks(log):
        env = {"KAGIMORI_DEMO": str(TARGET / "debug" / "demo"), "KAGIMORI_PLACE": str(PLACE / "demo" / name)}
        status = node(log, name, bound, env)
        return from_tap(log.read_text(errors="replace"), status)

    return walks


def node(log, name, bound, env):
    """Runs a file of journeys; returns its exit status."""
    where = {"KAGIMORI_SCREENS": str(SCREENS), "KAGIMORI_CHROMIUM": CHROMIUM, "HOME": str(home(name))}
    return run(["node", BROWSER / f"{name}.mjs"], log, bound, env={**where, **env}, cwd=ROOT)


def home(name):
    """A home directory for a browser, so that the tests neither read nor leave anything in the person's own."""
    place = PLACE / "home" / name
    place.mkdir(parents=True, exist_ok=True)
    return place
