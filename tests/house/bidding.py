"""The stand of the ordering bodies: an office that renews at once and one that reviews, a register of companies,
and for each company the card it uses and the one that is to follow it.
"""

import csv
import dataclasses
import json
import shutil
import sys

from house import daemons, independent, journeys
from house.cards import INDEPENDENT, VIRTUAL, Kind
from house.processes import ROOT
from house.stand import Stand
from house.tally import Tally, from_tap

TEMPLATES = ROOT / "server" / "templates" / "office"
# Policy and office of each.
OFFICES = {"core": "mihon-ken", "review": "mihon-shi"}
MODES = {"two": "with two readers", "swap": "with one reader and a swap"}
# What a card that is not registered, and one that was renewed, is told at the login.
REFUSALS = {"unknown": "E-CARD-NOTREG", "renewed": "E-CARD-RENEWED"}
HOLDER = """
term = "2年+30日"
[holder]
name = "{name}"
name_romaji = "{romaji}"
[organisation]
name = "{company}"
name_romaji = "{company_romaji}"
address = "{address}"
corporate_number = "{corporate_number}"
"""


@dataclasses.dataclass(frozen=True)
class Person:
    """As a card names its holder."""

    name: str
    romaji: str


SATO = Person("佐藤　健", "SATO Takeshi")
SUZUKI = Person("鈴木　花子", "SUZUKI Hanako")


@dataclasses.dataclass(frozen=True)
class Bidder:
    """A company, its two cards, and what becomes of its renewal."""

    key: str
    told: str
    policy: str
    mode: str
    ends: str = ""
    # Whose name the new card bears; the register and the old card name SATO.
    new: Person = SATO
    # Whether the new card has the PIN of the old one.
    same_pin: bool = False
    # The kind of both cards.
    kind: Kind = VIRTUAL


# Each end with two readers and with a swap; cards of ours and cards that others wrote take turns.
BIDDERS = (
    Bidder("core-two", "001 whole", "core", "two", "renewed", same_pin=True),
    Bidder("core-swap", "001 whole, with cards that others wrote", "core", "swap", "renewed", kind=INDEPENDENT),
    Bidder("match-two", "002, the names match, with cards that others wrote", "review", "two", "renewed", kind=INDEPENDENT),
    Bidder("match-swap", "002, the names match", "review", "swap", "renewed"),
    Bidder("held-two", "002, the representative differs", "review", "two", "held", SUZUKI),
    Bidder("held-swap", "002, the representative differs", "review", "swap", "held", SUZUKI),
)

# Who comes for 登録 and login alone.
VISITORS = (
    Bidder("visitor-core", "an office that renews at once, and a card that others wrote", "core", "swap", kind=INDEPENDENT),
    Bidder("visitor-review", "an office that reviews, and a card of ours", "review", "swap"),
)


def bidders(log):
    """利用者登録メニュー, 登録 and login by card at both offices."""
    return walked(log, "bidders", VISITORS, 300)


def renewal(log):
    """ICカード更新 of the source documents 001 and 002, with two readers and with one and a swap."""
    return walked(log, "renewal", BIDDERS, 1500)


def walked(log, name, bidders, bound):
    """A file of journeys, on a stand with these companies."""
    tally = independent.built(log) if any(bidder.kind is INDEPENDENT for bidder in bidders) else Tally()
    if tally.failed:
        return tally
    place = journeys.PLACE / name
    shutil.rmtree(place, ignore_errors=True)
    readers = daemons.pcscd(f"pcscd-{name}")
    stand = BiddingStand(place, readers)
    try:
        told = stand.opens(bidders)
        part = log.with_name(f"{name}-walk.log")
        part.write_text("")
        status = journeys.node(part, name, bound, {"KAGIMORI_STAND": str(told)})
        return tally + from_tap(part.read_text(errors="replace"), status)
    finally:
        stand.close()
        readers.end()


class BiddingStand(Stand):
    """A stand whose portal is that of two ordering bodies."""

    def opens(self, bidders=BIDDERS):
        """From nothing to two programs that serve; every card is issued and in no reader. Returns what the journey is told."""
        self.makes_tls()
        self.makes_authority()
        for policy in OFFICES:
            self.kagimori("office", "load", TEMPLATES / f"bidding-{policy}.toml")
        told = [self.bidder(bidder, number) for number, bidder in enumerate(bidders, 10)]
        for policy, office in OFFICES.items():
            self.imports(office, [one for one in told if one["policy"] == policy])
        self.serves()
        watcher = [sys.executable, "-m", "house.readers"]
        env = {**self.readers.env, "PYTHONPATH": str(ROOT / "tests"), "PYTHONDONTWRITEBYTECODE": "1"}
        return self.tells(bidders=told, offices=OFFICES, modes=MODES, refusals=REFUSALS, watcher=watcher, env=env)

    def bidder(self, bidder, number):
        """A company with its cards, as the journey is told of it."""
        wide = "".join(chr(ord(digit) - ord("0") + ord("０")) for digit in str(number))
        company = {"company": f"株式会社見本建設{wide}", "company_romaji": f"Mihon Kensetsu {number} Co., Ltd.", "address": f"東京都千代田区霞が関一丁目{wide}番１号"}
        company["corporate_number"] = corporate_number(f"{700001205000 + number}")
        pin = self.draws_pin()
        pins = {"old": pin, "new": pin if bidder.same_pin else self.draws_pin()}
        cards = {which: self.card_of(f"{bidder.key}-{which}", bidder.kind, person, company, pins[which]) for which, person in (("old", SATO), ("new", bidder.new))}
        return {
            **{"key": bidder.key, "told": bidder.told, "policy": bidder.policy, "office": OFFICES[bidder.policy], "mode": bidder.mode, "ends": bidder.ends, "same_pin": bidder.same_pin},
            **{"number": f"{number:08}", "mail": f"{bidder.key}@bidder.example", "representative": SATO.name},
            **company,
            **cards,
        }

    def card_of(self, name, kind, person, company, pin):
        """A card, issued and in no reader."""
        card, papers = self.place / f"card-{name}.json", self.place / "bidders" / name
        self.issues_card(card, papers, HOLDER.format(name=person.name, romaji=person.romaji, **company), pin, kind)
        inserts = [[str(word) for word in self.into_reader(card, kind, slot)] for slot in (0, 1)]
        return {"name": name, "pin": pin, "serial": str(self.serial("signature", papers)), "holder": person.name, "company": company["company"], "inserts": inserts}

    def imports(self, office, companies):
        """入札参加資格者名簿 of an office, by the operator's command."""
        path = self.place / f"register-{office}.csv"
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(REGISTER))
            writer.writeheader()
            writer.writerows({column: row(company) for column, row in REGISTER.items()} for company in companies)
        self.kagimori("import", "register", "--office", office, path)
        for company in companies:
            company["secret"] = json.loads(self.kagimori("register", "letter-code", "--office", office, company["number"], "--json"))["code"]


def corporate_number(base):
    """法人番号: the check digit before twelve digits (法人番号の指定等に関する省令 第2条)."""
    total = sum(int(digit) * (1 if place % 2 == 0 else 2) for place, digit in enumerate(reversed(base)))
    return f"{9 - total % 9}{base}"


# The columns of the register's file, each with what stands in it.
REGISTER = {
    "登録番号": lambda company: company["number"],
    "商号又は名称": lambda company: company["company"],
    "フリガナ": lambda company: "カブシキガイシャミホンケンセツ",
    "所在地": lambda company: company["address"],
    "代表者氏名": lambda company: company["representative"],
    "法人番号": lambda company: company["corporate_number"],
    "有効期間開始日": lambda company: "2026-04-01",
    "有効期間終了日": lambda company: "2029-03-31",
}
