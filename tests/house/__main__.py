"""The command line of `./test`."""

import argparse
import itertools
import os
import signal
import sys

from house import needs, plan
from house.lanes import side_by_side
from house.processes import LOGS, adopt_orphans, end_everything
from house.step import alone
from house.tally import Tally

EXAMPLES = """\
examples:
  ./test                 everything that continuous integration runs
  ./test quick           what needs no service: format, lints, documentation, unit and property tests
  ./test --only journey  the steps whose name holds that word, and what they need
  ./test --list          every judge and real part, with its version

Logs are in target/test-logs, screenshots in target/screens. The closing line is `N passed, N failed`;
a check that was skipped counts as failed.
"""


def main():
    """Chooses the steps, does them, ends all that was started, prints the closing line."""
    asked = arguments()
    adopt_orphans()
    for sign in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(sign, lambda number, _: sys.exit(128 + number))
    # Neither the hour's zone nor the person's language may decide a test.
    os.environ.update({"TZ": "UTC", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "CARGO_TERM_COLOR": "never", "TERM": "dumb"})
    LOGS.mkdir(parents=True, exist_ok=True)
    try:
        if asked.list:
            for name, version in needs.versions().items():
                print(f"{name:<18} {version}")
            return 0
        total = walk(plan.chosen(asked.what, asked.only))
    finally:
        plan.end_daemons()
        end_everything()
    print(f"\n{total.passed} passed, {total.failed} failed", flush=True)
    return 1 if total.failed else 0


def walk(steps):
    """Does the steps in their order, a line each, those that may be done beside each other side by side; the tally of all."""
    total = Tally()
    for beside, some in itertools.groupby(steps, key=lambda step: step.beside):
        total += side_by_side(some) if beside else sum(map(alone, some), Tally())
    return total


def arguments():
    """What was asked for."""
    parser = argparse.ArgumentParser(
        prog="./test", description="Runs the tests of Kagimori.", epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="?", choices=("all", "quick", "fuzz", "long"), default="all", help="which tests (default: all)")
    parser.add_argument("--only", metavar="WORD", action="append", default=[], help="only the steps whose name holds WORD (repeatable)")
    parser.add_argument("--list", action="store_true", help="print every judge that the tests ask, with its version, and end")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
