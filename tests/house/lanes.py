"""Steps that need nothing of each other, two at a time, each with a network of its own: both may have the ports that the
product's programs have, and neither sees the other's.

A step in a lane runs in a process of its own, which ends whatever it started and hands its tally over.
"""

import ctypes
import fcntl
import os
import pickle
import signal
import socket
import struct
import sys

from house.processes import adopt_orphans, end_everything
from house.step import attempt, begun, ended
from house.tally import Tally

# The machine that the tests are measured on has two cores; a browser's journey waits as long as it works.
LANES = 2
CLONE_NEWNET, SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x40000000, 0x8913, 0x8914, 0x1


def side_by_side(steps):
    """Does the steps, each as soon as a lane is free; where namespaces are refused, one after the other in this network."""
    lanes = LANES if separable() else 1
    total, waiting, running = Tally(), list(steps), {}
    try:
        while waiting or running:
            while waiting and len(running) < lanes:
                lane = Lane(waiting.pop(0))
                running[lane.child] = lane
            lane = first_of(running)
            del running[lane.child]
            total += lane.ends()
    finally:
        for child in running:
            os.kill(child, signal.SIGTERM)
    return total


def first_of(running):
    """The lane that ends next. What else comes back to the house by then is an orphan, and is only counted out."""
    while True:
        child, _ = os.wait()
        if child in running:
            return running[child]


class Lane:
    """One step in a process of its own."""

    def __init__(self, step):
        self.step, self.began = step, begun(step)
        self.answer, told = os.pipe()
        sys.stdout.flush()
        self.child = os.fork()
        if self.child == 0:
            os.close(self.answer)
            self.walks(told)
        os.close(told)

    def walks(self, told):
        """The child's whole life."""
        status = 1
        try:
            os.setsid()
            adopt_orphans()
            signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
            if separable():
                network_of_its_own()
            tally = attempt(self.step)
            with open(told, "wb") as out:
                pickle.dump(tally, out)
            status = 0
        finally:
            end_everything()
            os._exit(status)

    def ends(self):
        """Its tally, after its line is printed."""
        with open(self.answer, "rb") as answer:
            octets = answer.read()
        tally = pickle.loads(octets) if octets else Tally(failed=1, faults=["not ok - the step's process ended without a word"])
        ended(self.step, tally, self.began)
        return tally


def separable():
    """Whether a process of ours may have a network of its own."""
    child = os.fork()
    if child == 0:
        os._exit(0 if libc().unshare(CLONE_NEWNET) == 0 else 1)
    return os.waitpid(child, 0)[1] == 0


def network_of_its_own():
    """A network with a loopback and nothing else."""
    if libc().unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        flags = struct.unpack("16sh", fcntl.ioctl(probe, SIOCGIFFLAGS, struct.pack("16sh", b"lo", 0)))[1]
        fcntl.ioctl(probe, SIOCSIFFLAGS, struct.pack("16sh", b"lo", flags | IFF_UP))


def libc():
    """The C library, which has what Python of this version has not."""
    return ctypes.CDLL(None, use_errno=True)
