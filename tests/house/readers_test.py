"""Whether what is told of the readers is what pcscd says of cards: a watcher that told more would call one swap two."""

import json
import os
import signal
import subprocess
import sys
import time

from house.processes import LOGS, ROOT, end, start, until
from house.readers import SLICE
from house.tally import Tally

PROGRAM = [sys.executable, "-m", "house.readers"]


def judge(pcscd, inserts):
    """A card is inserted, in use before the watcher looks, let go, and removed: an insertion and a removal, and no more."""
    tally = Tally()
    env = {**pcscd.env, "PYTHONPATH": str(ROOT / "tests"), "PYTHONDONTWRITEBYTECODE": "1"}
    told = LOGS / "readers-watched.jsonl"
    told.write_text("")
    watcher = start(PROGRAM, told, env=env)
    user = subprocess.Popen([*PROGRAM, "use"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, **env}, start_new_session=True)
    card = None
    try:
        until(lambda: len(events(told)) == 2, "both slots are named", program=watcher)
        [(_, before)] = events(told, " 00")
        # A watcher that sleeps meanwhile finds the card inserted and in use at once.
        os.kill(watcher.pid, signal.SIGSTOP)
        card = start(inserts, LOGS / "readers-card.log")
        in_use = user.stdout.readline()
        os.kill(watcher.pid, signal.SIGCONT)
        until(lambda: len(events(told, " 00")) == 2, "the insertion is told", program=watcher)
        user.communicate(timeout=10)
        # That it was let go is told by nothing that could be waited for; removed at once, it would be one change with that.
        time.sleep(1.5 * SLICE / 1000)
        end(card)
        until(lambda: (False, before + 2) in events(told, " 00"), "the removal is told", program=watcher)
        expected = [(False, before), (True, before + 1), (False, before + 2)]
        found = events(told, " 00")
        tally.check(in_use == b"in use\n" and found == expected and len(events(told)) == 4, f"a card that is taken into use and let go is neither inserted nor removed by that: {found}")
    finally:
        for program in (watcher, user, card):
            if program is not None:
                end(program)
    return tally


def events(told, reader=""):
    """What was told so far of the readers whose names end so: whether a card is there, and pcscd's count."""
    lines = [json.loads(line) for line in told.read_text().splitlines(keepends=True) if line.endswith("\n")]
    return [(line["card"], line["count"]) for line in lines if line["reader"].endswith(reader)]
