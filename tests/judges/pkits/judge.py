"""NIST's test suite of path validation (PKITS, 247 runs) against `kagimori verify`, by the runner beside this file.

A wrong acceptance and a crash fail whatever the list of exceptions says; so does an exception that is none any more.
"""

import json
import pathlib
import re
import sys

from house.processes import output
from house.tally import Tally

HERE = pathlib.Path(__file__).resolve().parent
CASES = HERE / "cases.json"
RUNS = 247
BOUND = 300


def judge(program, vectors, log):
    """All cases, and that the judge would have seen a bad program."""
    tally = Tally()
    cases = json.loads(CASES.read_text())
    tally.check(len(cases) == RUNS, f"the list has {RUNS} cases ({len(cases)})")
    status, printed = ran(CASES, vectors, f"{sys.executable} {HERE / 'ask.py'} {program}")
    log.write_text(printed)
    asked = summary(printed)
    if not tally.check(status == 0 and asked is not None, f"the runner came to its end without a crash (status {status})"):
        return tally
    good, total, undetermined, crashes = asked
    tally.check(total == RUNS and crashes == 0, f"{total} cases were asked, {crashes} crashed")
    missed = misses(printed)
    allowed = exceptions()
    tally.check(good + len(missed) == total, f"each case was answered as wanted or is named ({good} and {len(missed)} of {total})")
    for case, want in sorted(missed.items()):
        if want == "fail":
            tally.check(False, f"{case} is refused")
        else:
            tally.check(case in allowed, f"{case} is accepted, or is a known exception")
    for case in sorted(allowed - missed.keys()):
        tally.check(False, f"{case} is still an exception; it is answered as wanted now: take it out of {HERE / 'exceptions.txt'}")
    tally.passed += good
    tally.check(good >= RUNS - len(allowed), f"{good} of {RUNS} as wanted, {undetermined} of them undetermined")
    tally += controls(vectors, cases, log.parent)
    return tally


def controls(vectors, cases, place):
    """A program that accepts all, one that refuses all and one that crashes are seen."""
    tally = Tally()
    few = place / "pkits-few.json"
    few.write_text(json.dumps([case for case in cases if case["id"].startswith("402")]))
    wanted = [case for case in json.loads(few.read_text()) if "error" not in case]
    refused = len(json.loads(few.read_text())) - len(wanted)
    _, printed = ran(few, vectors, "true")
    tally.check(list(misses(printed).values()) == ["fail"] * refused, "control: a program that accepts everything is caught")
    _, printed = ran(few, vectors, "false")
    tally.check(list(misses(printed).values()) == ["ok"] * len(wanted), "control: a program that refuses everything is caught")
    status, printed = ran(few, vectors, "env --no-such-option")
    tally.check(status != 0, "control: a program that crashes is caught")
    return tally


def ran(cases, vectors, command):
    """What the runner says of a command."""
    return output([sys.executable, HERE / "run.py", "--cases", cases, "--vectors", vectors, "--cmd", command], bound=BOUND)


def summary(printed):
    """As wanted, asked, undetermined, crashed; or nothing."""
    found = re.search(r"^PKITS (\d+)/(\d+) undetermined (\d+) crashes (\d+)", printed, re.M)
    return tuple(int(number) for number in found.groups()) if found else None


def misses(printed):
    """The cases that were answered otherwise than wanted, and what was wanted."""
    return dict(re.findall(r"^(\d{5} \S+) want (ok|fail)", printed, re.M))


def exceptions():
    """The cases of the checked-in list."""
    lines = (HERE / "exceptions.txt").read_text().splitlines()
    return {line.split(":")[0] for line in lines if line and not line.startswith("#")}
