"""Counting: every runner has its own way to say how many of its tests passed; here they become one number."""

import dataclasses
import re


@dataclasses.dataclass
class Tally:
    """How many checks passed and failed, and the lines that tell which failed."""

    passed: int = 0
    failed: int = 0
    faults: list = dataclasses.field(default_factory=list)

    def __add__(self, other):
        return Tally(self.passed + other.passed, self.failed + other.failed, self.faults + other.faults)

    def check(self, holds, sentence):
        """Counts one check; the sentence says what is true when it passes."""
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            self.faults.append(f"not ok - {sentence}")
        return bool(holds)


def from_status(status, what):
    """One check that is a program's exit status."""
    tally = Tally()
    tally.check(status == 0, f"{what} (exit status {status})")
    return tally


def from_cargo(text, status):
    """The counts of `cargo nextest run` or `cargo test`. An ignored test is a skipped one, and a skipped one has failed."""
    tally = Tally()
    for line in re.findall(r"^\s*Summary \[.*$", text, re.M):
        tally.passed += number(r"(\d+) passed", line)
        for kind in ("failed", "timed out", "skipped", "exec failed"):
            tally.failed += number(rf"(\d+) {kind}", line)
        if number(r"(\d+) skipped", line):
            tally.faults.append(line.strip())
    for line in re.findall(r"^test result: .*$", text, re.M):
        tally.passed += number(r"(\d+) passed", line)
        for kind in ("failed", "ignored", "filtered out"):
            tally.failed += number(rf"(\d+) {kind}", line)
    tally.faults += unique(
        re.findall(r"^\s*(?:FAIL|TIMEOUT|SIGSEGV|SIGABRT) \[.*$", text, re.M)
        + re.findall(r"^test .* \.\.\. (?:FAILED|ignored).*$", text, re.M)
        + re.findall(r"^error(?:\[E\d+\])?: .*$", text, re.M)
    )
    tally.faults = [fault for fault in tally.faults if fault != "error: test run failed"]
    return settled(tally, status)


def from_tap(text, status):
    """The counts of our own journeys and judges, which speak the Test Anything Protocol with a plan at the end."""
    tally = Tally()
    tally.passed = len(re.findall(r"^ok \d+", text, re.M))
    bad = re.findall(r"^not ok \d+.*$", text, re.M)
    skipped = re.findall(r"^ok \d+.*# (?:SKIP|TODO).*$", text, re.M | re.I)
    tally.passed -= len(skipped)
    tally.failed = len(bad) + len(skipped)
    tally.faults = bad + skipped
    plan = re.findall(r"^1\.\.(\d+)$", text, re.M)
    if not plan or int(plan[-1]) != tally.passed + tally.failed:
        tally.check(False, "the run reached its plan" if plan else "the run ended with its plan")
    return settled(tally, status)


def settled(tally, status):
    """A run that failed without a failed test, or that held no test, is a failure of its own."""
    if status != 0 and tally.failed == 0:
        tally.check(False, f"the runner ended with status {status}")
    if tally.passed + tally.failed == 0:
        tally.check(False, "the run held a test")
    return tally


def number(pattern, line):
    """The number that a pattern finds in a line, or none of it."""
    found = re.search(pattern, line)
    return int(found.group(1)) if found else 0


def unique(lines):
    """The lines without those that came before, trimmed."""
    return list(dict.fromkeys(line.strip() for line in lines))
