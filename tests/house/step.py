"""A step: a name, what it shows, a bound on its time, and the function that does it and returns a tally."""

import dataclasses
import time
import traceback
from typing import Callable

from house.needs import Missing
from house.processes import LOGS, Ended
from house.tally import Tally


@dataclasses.dataclass(frozen=True)
class Step:
    """`does` gets the step's log file and returns its tally. `beside`: it needs nothing that another step is doing, and no
    network but its own loopback, so that it may be done while others are."""

    name: str
    shows: str
    does: Callable
    beside: bool = False

    @property
    def log(self):
        """Where everything that the step's programs print is kept."""
        return LOGS / f"{self.name}.log"


def begun(step):
    """Empties the step's log; when that was."""
    step.log.parent.mkdir(parents=True, exist_ok=True)
    step.log.write_text("")
    return time.monotonic()


def alone(step):
    """Does one step in this process; its tally, after its line is printed."""
    began = begun(step)
    tally = attempt(step)
    ended(step, tally, began)
    return tally


def ended(step, tally, began):
    """The step's line, and what failed in it. A step that could not be done counts as one failure: what was not checked has not passed."""
    word = "ok" if tally.failed == 0 else "FAILED"
    print(f"{step.name:<18} {word:<7} {tally.passed:>5} passed {tally.failed:>4} failed {time.monotonic() - began:>7.1f} s   {step.shows}", flush=True)
    if tally.failed:
        tell(step, tally)


def attempt(step):
    """One step, whatever happens in it turned into a tally."""
    try:
        tally = step.does(step.log)
    except (Missing, Ended) as lack:
        tally = Tally(failed=1, faults=[f"not ok - {lack}"])
    except Exception:
        with open(step.log, "a") as log:
            traceback.print_exc(file=log)
        tally = Tally(failed=1, faults=[f"not ok - the step itself broke: {traceback.format_exc().splitlines()[-1]}"])
    return tally


def tell(step, tally):
    """What failed in a step, with the end of its log where no failed check has a name."""
    for fault in tally.faults[:40]:
        print(f"    {fault}")
    if len(tally.faults) > 40:
        print(f"    … and {len(tally.faults) - 40} more")
    if len(tally.faults) < 3:
        for line in step.log.read_text(errors="replace").splitlines()[-30:]:
            print(f"    | {line}")
    print(f"    log: {step.log}")
