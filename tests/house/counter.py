"""The counter of a card issuer: a clerk with an officer's card and the agent, who opens a reservation in place of the face match;
the kiosk then takes the citizen's card. One reader, one card in it at a time, as at a real counter.
"""

import json

from house import citizen, journeys
from house.cards import AGENT
from house.officers import Body, Officer, joins
from house.processes import answers, until
from house.stand import AGENT_PORT, AUTHORITY
from house.tally import from_tap

CITY = Body(citizen.OFFICE, "見本市", "City of Mihon", "4000020000001")
CLERK = Officer("clerk", "2001", "岡田 緑", "OKADA Midori", ("entry",))


class CounterStand(citizen.CitizenStand):
    """A city whose office opens its counter, with one clerk; no app."""

    def set_up(self):
        """The citizen's card is issued and in no reader; the clerk is invited."""
        self.kagimori("init")
        (self.server / "kagimori.toml").write_text(self.configuration())
        self.makes_office()
        self.makes_card()
        self.clerk = joins(self, CLERK, CITY)
        self.relay = citizen.Relay(self.relay_port, self.portal_port, self.capture)
        self.serves_portal()
        self.agent("allow", self.portal)
        self.starts("kagimori-agent", AGENT, "serve", "--port", AGENT_PORT)
        until(lambda: answers(AGENT_PORT), "the agent", program=self.running[-1])
        self.enrols_kiosk()
        self.serves_kiosk()

    def loads_office(self, signer):
        """The authority that the office names is there before the office is."""
        if AUTHORITY not in self.kagimori("ca", "list"):
            self.kagimori("ca", "create", "--name", AUTHORITY, "--profile", "issuing", "--parent", "root", "--algorithm", "p256")
        super().loads_office(signer)

    def accepted(self):
        """The citizens' authorities, and that of the officers."""
        return [*super().accepted(), AUTHORITY]

    def wants(self, text):
        """The counter is open."""
        return text.replace("counter = false", "counter = true")

    def number(self):
        """The number that is printed on the citizen's card."""
        return json.loads((self.place / "papers" / "card.json").read_text())["number"]

    def insertion(self):
        """The command that puts the citizen's card into the reader, and stays with it."""
        return [AGENT, "virtual-card", "--kind", "jpki", "--state", self.card, "--vpcd", f"127.0.0.1:{self.readers.slots[0]}"]


def citizen_counter(log):
    """A clerk opens a reservation in a browser, the kiosk sets the password, OpenSC signs with it."""
    stand = citizen.made("citizen-counter", CounterStand)
    try:
        new = citizen.draws_password()
        told = {
            "office": citizen.OFFICE,
            "officers": {"clerk": stand.clerk},
            "env": stand.readers.env,
            "kiosk_port": stand.kiosk_port,
            "digits": stand.digits,
            "new": new,
            "number": stand.number(),
            "citizen": [str(word) for word in stand.insertion()],
        }
        status = journeys.node(log, "citizen-counter", 300, {"KAGIMORI_STAND": str(stand.tells(**told))})
        tally = from_tap(log.read_text(errors="replace"), status)
        stand.inserts()
        tally.check(stand.signs_with(new), "OpenSC signs with the password that was set at the kiosk")
        tally.check(not stand.signs_with(stand.password), "OpenSC does not sign with the old one")
        # Asked twice, since the first signature was given up.
        states = citizen.query(stand, "select state from office_case where procedure = 'pin_reset' order by state")
        tally.check(states == [("identifying",), ("used",)], f"what was signed was used, and what was given up opened nothing: {states}")
        told = citizen.query(stand, "select document from event where document like '%residence_card%'")
        tally.check(len(told) == 2, f"the audit names the kind of document each time: {len(told)}")
        return tally
    finally:
        stand.close()
        stand.readers.end()
