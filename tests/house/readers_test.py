"""Whether what is told of the readers is what pcscd says of cards: a watcher that told more would call one swap two."""

import contextlib
import ctypes
import json
import os
import signal
import sys

from house import readers
from house.processes import LOGS, ROOT, end, start, until
from house.tally import Tally

# SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0 and T1, SCARD_LEAVE_CARD.
SHARED, ANY, LEAVE = 2, 3, 0


def judge(pcscd, inserts):
    """A card is inserted, taken into use before the watcher looks, let go, and removed: an insertion and a removal, and no more."""
    tally = Tally()
    told = LOGS / "readers-watched.jsonl"
    told.write_text("")
    with connecting(pcscd) as in_use:
        watcher = start([sys.executable, "-m", "house.readers"], told, env={**pcscd.env, "PYTHONPATH": str(ROOT / "tests"), "PYTHONDONTWRITEBYTECODE": "1"})
        lines = lambda: [json.loads(line) for line in told.read_text().splitlines(keepends=True) if line.endswith("\n")]
        first = lambda: [(line["card"], line["count"]) for line in lines() if line["reader"].endswith(" 00")]
        card = None
        try:
            until(lambda: len(lines()) == 2, "both slots are named", program=watcher)
            [(_, before)] = first()
            # A watcher that sleeps sees the insertion when the card is already in use.
            os.kill(watcher.pid, signal.SIGSTOP)
            card = start(inserts, LOGS / "readers-card.log")
            with in_use():
                os.kill(watcher.pid, signal.SIGCONT)
                until(lambda: len(first()) == 2, "the insertion is told", program=watcher)
            end(card)
            until(lambda: first()[-1] == (False, before + 2), "the removal is told", program=watcher)
            expected = [(False, before), (True, before + 1), (False, before + 2)]
            tally.check(first() == expected and len(lines()) == 4, f"a card that is taken into use and let go is neither inserted nor removed by that: {first()}")
        finally:
            for program in (watcher, card):
                if program is not None:
                    end(program)
    return tally


@contextlib.contextmanager
def connecting(pcscd):
    """A program that can take the card of the first reader into use; pcscd is found by this process's own environment meanwhile."""
    former = dict(os.environ)
    os.environ.update(pcscd.env)
    library, context = ctypes.CDLL(readers.LIBRARY), ctypes.c_long()
    try:
        readers.must(library.SCardEstablishContext(2, None, None, ctypes.byref(context)), "SCardEstablishContext")

        @contextlib.contextmanager
        def in_use():
            card, protocol = ctypes.c_long(), ctypes.c_ulong()
            name = readers.readers(library, context)[0]
            connects = lambda: library.SCardConnect(context, name, ctypes.c_ulong(SHARED), ctypes.c_ulong(ANY), ctypes.byref(card), ctypes.byref(protocol)) & 0xFFFFFFFF
            until(lambda: connects() == readers.SUCCESS, "the card can be used", pause=0.1)
            try:
                yield
            finally:
                readers.must(library.SCardDisconnect(card, ctypes.c_ulong(LEAVE)), "SCardDisconnect")

        yield in_use
    finally:
        library.SCardReleaseContext(context)
        os.environ.clear()
        os.environ.update(former)
