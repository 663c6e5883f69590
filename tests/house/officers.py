"""The officers of a stand: who they are, for whom they work, and what each needs to begin: a card of the own and an invitation."""

import dataclasses
import json

from house.stand import OFFICE

HOLDER = """
term = "2年+30日"
[holder]
name = "{name}"
name_romaji = "{romaji}"
[organisation]
name = "{body}"
name_romaji = "{body_romaji}"
address = "東京都千代田区霞が関二丁目2番2号"
corporate_number = "{company}"
"""


@dataclasses.dataclass(frozen=True)
class Body:
    """The organisation whose office it is, as the cards of its officers name it."""

    office: str
    name: str
    romaji: str
    company: str


AUTHORITY = Body(OFFICE, "見本認証局", "Mihon Certification Authority", "8000000000001")


@dataclasses.dataclass(frozen=True)
class Officer:
    """An account; a person may have more than one."""

    key: str
    person: str
    name: str
    romaji: str
    roles: tuple

    @property
    def on_card(self):
        """The name as certificates write it."""
        return self.name.replace(" ", "　")


OFFICERS = (
    Officer("entry", "1001", "青山 恵", "AOYAMA Megumi", ("entry", "approval", "administration")),
    # The same person once more, with another card.
    Officer("again", "1001", "青山 恵", "AOYAMA Megumi", ("approval",)),
    Officer("second", "1002", "石井 誠", "ISHII Makoto", ("approval",)),
    Officer("third", "1003", "上田 薫", "UEDA Kaoru", ("approval",)),
)


def joins(stand, officer, body=AUTHORITY):
    """Issues the card and invites the person; tells the journey what both need in the officer's hands."""
    card, papers, pin = stand.place / f"card-{officer.key}.json", stand.place / "officers" / officer.key, stand.draws_pin()
    holder = HOLDER.format(name=officer.on_card, romaji=officer.romaji, body=body.name, body_romaji=body.romaji, company=body.company)
    stand.issues_card(card, papers, holder, pin)
    account = ["--person", officer.person, "--name", officer.name, "--company", body.company, "--mail", f"{officer.key}@office.example"]
    roles = [word for role in officer.roles for word in ("--role", role)]
    invited = json.loads(stand.kagimori("officer", "invite", "--office", body.office, *account, *roles, "--json"))
    inserts = [[str(word) for word in stand.into_reader(card, slot=slot)] for slot in (0, 1)]
    return {
        "name": officer.name,
        "office": body.office,
        "pin": pin,
        "code": invited["code"],
        "serial": str(stand.serial("signature", papers)),
        "inserts": inserts,
    }
