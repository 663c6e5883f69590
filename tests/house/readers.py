"""What pcscd says of its readers, one line of JSON for each change: `python3 -m house.readers`.
`python3 -m house.readers use` takes the card of the first reader into use until its input ends.

A client of its own beside the product's, so that a test's word on insertions and removals does not hang on the program under test.
The count is pcscd's own number of insertions and removals in that reader (PC/SC part 5, the upper half of dwEventState).
pcscd also wakes its clients when a program takes a card into use or lets go of it, with the count as it was: that is no event here.
"""

import ctypes
import json
import sys
import time

LIBRARY = "libpcsclite.so.1"
SUCCESS, TIMEOUT, NO_CARD, REMOVED = 0, 0x8010000A, 0x8010000C, 0x80100069
# SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0 and T1, SCARD_LEAVE_CARD.
SHARED, ANY, LEAVE = 2, 3, 0
# That this reader is one of those which changed, and that a card is in it.
CHANGED, PRESENT = 0x02, 0x20
# Milliseconds; only a bound, since every change ends a wait.
SLICE = 1000


class ReaderState(ctypes.Structure):
    """SCARD_READERSTATE of pcsc-lite."""

    _fields_ = [
        ("reader", ctypes.c_char_p),
        ("user", ctypes.c_void_p),
        ("current", ctypes.c_ulong),
        ("event", ctypes.c_ulong),
        ("atr_length", ctypes.c_ulong),
        ("atr", ctypes.c_ubyte * 33),
    ]


def main(words):
    """Tells what is there, and then every change; or uses a card."""
    library = ctypes.CDLL(LIBRARY)
    context = ctypes.c_long()
    must(library.SCardEstablishContext(2, None, None, ctypes.byref(context)), "SCardEstablishContext")
    {(): watch, ("use",): use}[tuple(words)](library, context)


def watch(library, context):
    """Every change, until nobody listens any more."""
    names = readers(library, context)
    states = (ReaderState * len(names))(*(ReaderState(reader=name) for name in names))
    told = [None] * len(names)
    while True:
        outcome = library.SCardGetStatusChange(context, ctypes.c_ulong(SLICE), states, ctypes.c_ulong(len(names))) & 0xFFFFFFFF
        if outcome == TIMEOUT:
            continue
        must(outcome, "SCardGetStatusChange")
        for place, state in enumerate(states):
            # How a card is shared and powered stands in the same word; what it says of the card itself is these two.
            now = {"reader": state.reader.decode(), "card": bool(state.event & PRESENT), "count": (state.event >> 16) & 0xFFFF}
            if now != told[place]:
                print(json.dumps(now), flush=True)
            told[place] = now
            state.current = state.event & ~CHANGED


def use(library, context):
    """The card is somebody's, as it is while a program speaks with it."""
    card, protocol = ctypes.c_long(), ctypes.c_ulong()
    name = readers(library, context)[0]
    while True:
        outcome = library.SCardConnect(context, name, ctypes.c_ulong(SHARED), ctypes.c_ulong(ANY), ctypes.byref(card), ctypes.byref(protocol)) & 0xFFFFFFFF
        if outcome not in (NO_CARD, REMOVED):
            break
        time.sleep(0.05)
    must(outcome, "SCardConnect")
    print("in use", flush=True)
    sys.stdin.read()
    must(library.SCardDisconnect(card, ctypes.c_ulong(LEAVE)), "SCardDisconnect")


def readers(library, context):
    """The names of all readers."""
    length = ctypes.c_ulong()
    must(library.SCardListReaders(context, None, None, ctypes.byref(length)), "SCardListReaders")
    buffer = ctypes.create_string_buffer(length.value)
    must(library.SCardListReaders(context, None, buffer, ctypes.byref(length)), "SCardListReaders")
    return [name for name in buffer.raw[: length.value].split(b"\0") if name]


def must(outcome, step):
    """Ends the program where PC/SC says no."""
    if outcome & 0xFFFFFFFF != SUCCESS:
        sys.exit(f"{step}: {outcome & 0xFFFFFFFF:#010x}")


if __name__ == "__main__":
    main(sys.argv[1:])
