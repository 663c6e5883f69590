"""A stand with the product as an operator and a holder install it: kagimori and kagimori-agent as two processes, set up by
their own commands, the portal by HTTPS under a name of its own, the card in a reader of the real pcscd.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess

from house import services
from house.processes import LOGS, ROOT, TARGET, Ended, answers, end, free_port, output, start, until

KAGIMORI = TARGET / "debug" / "kagimori"
AGENT = TARGET / "debug" / "kagimori-agent"
NAME = "portal.example.test"
# The agent's port is part of the portal's Content-Security-Policy, so it is the product's own.
AGENT_PORT = 24817
HOLDER = "髙橋 一郎"
ORGANISATION = "株式会社見本工務店"


class Stand:
    """Everything of one stand; `close` ends its processes and leaves its files, to be searched."""

    def __init__(self, place, readers):
        self.place, self.readers = place, readers
        self.server, self.agent_dir, self.issued = place / "server", place / "agent", place / "issued"
        for folder in (self.server, self.agent_dir, self.issued):
            folder.mkdir(parents=True)
        self.pin = services.unusual_pin()
        self.portal_port, self.validation_port = free_port(), free_port()
        self.portal = f"https://{NAME}:{self.portal_port}"
        self.validation = f"http://127.0.0.1:{self.validation_port}"
        self.log = LOGS / "stand.log"
        self.log.write_text("")
        self.running = []
        self.mailbox = services.mailbox(place / "mails")
        self.running.append(self.mailbox.program)

    def close(self):
        """Ends what runs, last started first."""
        for program in reversed(self.running):
            end(program)

    def does(self, *words, env=None, cwd=None):
        """Runs one of the product's commands to its end; raises with what it said if it failed."""
        printed = subprocess.run(
            [str(word) for word in words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **self.env, **(env or {})},
            cwd=cwd or self.server,
            timeout=60,
        )
        said = printed.stdout.decode("utf-8", "replace")
        with open(self.log, "a") as log:
            log.write(f"$ {' '.join(map(str, words))}\n{said}\n")
        if printed.returncode != 0:
            raise Ended(f"{' '.join(map(str, words[:6]))} … ended with status {printed.returncode}: {said.strip()[-400:]}")
        return said
