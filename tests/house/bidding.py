"""The stand of the ordering bodies: an office that renews at once and one that reviews, a register of companies,
and for each company the card it uses and the one that is to follow it.
"""

import csv
import dataclasses
import json
import shutil
import sys

from house import daemons, independent, journeys, readers_test
from house.cards import INDEPENDENT, VIRTUAL, Kind
from house.issuer import Issuer
from house.officers import Body, Officer, joins
from house.processes import ROOT
from house.stand import AUTHORITY, Stand, waited
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
    """A company, its two cards, and what becomes of its renewals, one after the other: renewed at once, or held and then withdrawn,
    denied or approved.
    """

    key: str
    told: str
    policy: str
    mode: str
    ends: tuple = ()
    # Whose name the new card bears; the register and the old card name SATO.
    new: Person = SATO
    # Whether the new card has the PIN of the old one.
    same_pin: bool = False
    # The kind of both cards.
    kind: Kind = VIRTUAL


# What becomes of renewals of a card that bears another name, until one is approved.
HELD = ("withdrawn", "denied", "approved")
# Each end with two readers and with a swap; cards of ours and cards that others wrote take turns.
BIDDERS = (
    Bidder("core-two", "001 whole", "core", "two", ("renewed",), same_pin=True),
    Bidder("core-swap", "001 whole, with cards that others wrote", "core", "swap", ("renewed",), kind=INDEPENDENT),
    Bidder("match-two", "002, the names match, with cards that others wrote", "review", "two", ("renewed",), kind=INDEPENDENT),
    Bidder("match-swap", "002, the names match", "review", "swap", ("renewed",)),
    Bidder("held-two", "002, the representative differs, with cards that others wrote", "review", "two", HELD, SUZUKI, kind=INDEPENDENT),
    Bidder("held-swap", "002, the representative differs", "review", "swap", HELD, SUZUKI),
)
# Those that show every end, and both kinds of readers and of cards.
ESSENTIAL = ("core-swap", "match-two", "held-swap")
RECEIVED = "ICカード更新申請受付（審査中）のお知らせ"
# The letters of each end.
LETTERS = {
    ("core", "renewed"): ("ICカード更新完了のお知らせ",),
    ("review", "renewed"): ("ICカード更新完了通知",),
    ("review", "approved"): (RECEIVED, "ICカード更新申請承認", "ICカード更新完了通知"),
    ("review", "denied"): (RECEIVED, "ICカード更新申請否認"),
    ("review", "withdrawn"): (RECEIVED, "ICカード更新申請の取下げのお知らせ"),
}
# Who decides at the office that reviews.
CITY = Body(OFFICES["review"], "見本市", "City of Mihon", "7000000000002")
REVIEWER = Officer("reviewer", "2001", "小林 悠", "KOBAYASHI Yu", ("approval",))

# What goes wrong with one reader, and with two; the third company is there to be another one.
REFUSED = (
    Bidder("refused-swap", "what goes wrong with one reader and a swap, at an office that reviews", "review", "swap"),
    Bidder("refused-two", "what goes wrong with two readers, at an office that renews at once", "core", "two"),
    Bidder("refused-other", "another company", "review", "swap"),
)
# Days from now from and until which the cards are valid that another authority has issued.
VALIDITIES = {"expired": (-400, -2), "early": (30, 800), "unknown": (-2, 800)}
# An authority of this house whose cards no ordering body here accepts.
STRANGER = "mihon-stranger"

# Who comes for 登録 and login alone.
VISITORS = (
    Bidder("visitor-core", "an office that renews at once, and a card that others wrote", "core", "swap", kind=INDEPENDENT),
    Bidder("visitor-review", "an office that reviews, and a card of ours", "review", "swap"),
)


def bidders(log):
    """利用者登録メニュー, 登録 and login by card at both offices."""
    return walked(log, "bidders", VISITORS, 300)


def renewal(log):
    """ICカード更新 of the source documents 001 and 002 to each of its ends."""
    return walked(log, "renewal", tuple(bidder for bidder in BIDDERS if bidder.key in ESSENTIAL), 600, after=letters)


def renewal_both(log):
    """The same, each of them with two readers and with one and a swap."""
    return walked(log, "renewal", BIDDERS, 1500, after=letters)


def renewal_refused(log):
    """What can go wrong at ICカード更新, and what people are told."""
    return walked(log, "renewal-refused", REFUSED, 600, stands=RefusedStand)


def walked(log, name, bidders, bound, after=None, stands=None):
    """A file of journeys, on a stand with these companies; then what else is to be seen there."""
    tally = independent.built(log) if any(bidder.kind is INDEPENDENT for bidder in bidders) else Tally()
    if tally.failed:
        return tally
    place = journeys.PLACE / name
    shutil.rmtree(place, ignore_errors=True)
    readers = daemons.pcscd(f"pcscd-{name}")
    stand = (stands or BiddingStand)(place, readers)
    try:
        told = stand.opens(bidders)
        tally += readers_test.judge(readers, stand.into_reader(stand.card_file(bidders[0], "old"), bidders[0].kind))
        part = log.with_name(f"{name}-walk.log")
        part.write_text("")
        status = journeys.node(part, name, bound, {"KAGIMORI_STAND": str(told)})
        tally += from_tap(part.read_text(errors="replace"), status)
        return tally + after(stand, bidders) if after else tally
    finally:
        stand.close()
        readers.end()


def letters(stand, bidders):
    """Each company has got the letters of its renewals, each of them once."""
    tally = Tally()
    for bidder in bidders:
        expected = [subject for end in bidder.ends for subject in LETTERS[bidder.policy, end]]
        waited(lambda: len(renewal_letters(stand, bidder)) >= len(expected))
        came = renewal_letters(stand, bidder)
        tally.check(sorted(came) == sorted(expected), f"{bidder.key}: the letters of its renewals have come, each of them once: {came}")
    return tally


def renewal_letters(stand, bidder):
    """The subjects of a company's letters about its renewal."""
    subjects = [str(mail["Subject"]) for mail in stand.mails_to(stand.address(bidder))]
    return [subject.partition("（受付番号")[0].strip() for subject in subjects if "更新" in subject]


class BiddingStand(Stand):
    """A stand whose portal is that of two ordering bodies."""

    def opens(self, bidders=BIDDERS):
        """From nothing to two programs that serve; every card is issued and in no reader. Returns what the journey is told."""
        self.makes_tls()
        self.makes_authority()
        for policy in OFFICES:
            self.kagimori("office", "load", self.office_file(policy))
        told = [self.bidder(bidder, number) for number, bidder in enumerate(bidders, 10)]
        for policy, office in OFFICES.items():
            self.imports(office, [one for one in told if one["policy"] == policy])
        more = self.tells_more(told)
        self.serves()
        watcher = [sys.executable, "-m", "house.readers"]
        env = {**self.readers.env, "PYTHONPATH": str(ROOT / "tests"), "PYTHONDONTWRITEBYTECODE": "1"}
        return self.tells(bidders=told, offices=OFFICES, modes=MODES, refusals=REFUSALS, watcher=watcher, env=env, **more)

    def tells_more(self, told):
        """What else stands ready: an officer of the office that reviews."""
        return {"reviewer": joins(self, REVIEWER, CITY)}

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
            **{"number": f"{number:08}", "mail": self.address(bidder), "representative": SATO.name},
            **company,
            **cards,
        }

    def office_file(self, policy):
        """The file of an office, as the product has it for an example."""
        return TEMPLATES / f"bidding-{policy}.toml"

    @staticmethod
    def address(bidder):
        """Where a company wants its letters."""
        return f"{bidder.key}@bidder.example"

    def card_file(self, bidder, which):
        """The file of one of a company's two cards."""
        return self.place / f"card-{bidder.key}-{which}.json"

    def card_of(self, name, kind, person, company, pin, authority=AUTHORITY):
        """A card, issued and in no reader."""
        card, papers = self.place / f"card-{name}.json", self.place / "bidders" / name
        self.issues_card(card, papers, HOLDER.format(name=person.name, romaji=person.romaji, **company), pin, kind, authority)
        return {**self.told_card(name, card, papers, pin, kind), "holder": person.name, "company": company["company"]}

    def told_card(self, name, card, papers, pin, kind):
        """A card, as the journey is told of it."""
        inserts = [[str(word) for word in self.into_reader(card, kind, slot)] for slot in (0, 1)]
        return {"name": name, "pin": pin, "serial": str(self.serial("signature", papers)), "inserts": inserts}

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


class RefusedStand(BiddingStand):
    """The same, with cards that no renewal takes."""

    def office_file(self, policy):
        """The example, which accepts one more authority where it reviews."""
        if policy != "review":
            return super().office_file(policy)
        self.issuer = Issuer(self)
        path = self.place / "office-review.toml"
        path.write_text(super().office_file(policy).read_text() + self.issuer.pinned())
        return path

    def tells_more(self, told):
        """Cards of the first two companies that are nobody's new card."""
        self.kagimori("ca", "create", "--name", STRANGER, "--profile", "issuing", "--parent", "root", "--algorithm", "p256")
        one, two, _ = ({key: company[key] for key in COMPANY} for company in told)
        spares = {
            "third": self.card_of("third", VIRTUAL, SATO, one, self.draws_pin()),
            "other": self.card_of("third-two", VIRTUAL, SATO, two, self.draws_pin()),
            "revoked": self.card_of("revoked", VIRTUAL, SATO, one, self.draws_pin()),
            "foreign": self.card_of("foreign", VIRTUAL, SATO, one, self.draws_pin(), STRANGER),
        }
        for name, days in VALIDITIES.items():
            spares[name] = self.certified_elsewhere(name, days)
        self.kagimori("ca", "revoke", "--ca", AUTHORITY, "--serial", spares["revoked"]["serial"], "--reason", "keyCompromise")
        return {"spares": spares}

    def certified_elsewhere(self, name, days):
        """A card of the other authority, valid from and until so many days from now."""
        card, papers, pin = self.place / f"card-{name}.json", self.place / "bidders" / name, self.draws_pin()
        papers.mkdir(parents=True)
        self.does(*VIRTUAL.new(card, papers), env={"KAGIMORI_PIN": pin})
        self.issuer.certifies(papers, f"/C=JP/O=Mihon Kensetsu/CN={SATO.romaji}", days)
        self.does(*VIRTUAL.load(card, papers))
        return self.told_card(name, card, papers, pin, VIRTUAL)


def corporate_number(base):
    """法人番号: the check digit before twelve digits (法人番号の指定等に関する省令 第2条)."""
    total = sum(int(digit) * (1 if place % 2 == 0 else 2) for place, digit in enumerate(reversed(base)))
    return f"{9 - total % 9}{base}"


# What a card names of its company.
COMPANY = ("company", "company_romaji", "address", "corporate_number")

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
