"""schemathesis against a stand of the API: every operation, all checks, tokens that hold.

The stand is the server's own test of that name: it writes what is there to the file that it is told, and serves until the file is gone.
"""

import json
import os
import re
import time

from house.processes import LOGS, ROOT, TARGET, end, output, start, until
from house.tally import Tally

BOUND = 170
PLACE = TARGET / "schemathesis"
HOOKS = ROOT / "tests" / "judges" / "schemathesis_hooks.py"

CONFIGURATION = """\
hooks = "{hooks}"
headers = {{ Authorization = "Bearer {token}" }}

# A form that is understood and wrong is 422, a card that will not do 409, a version that has moved on 412: each is an answer
# that is described, not a fault.
[checks]
positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "409", "412", "413", "422", "400"]
negative_data_rejection.expected-statuses = ["400", "401", "403", "404", "406", "409", "411", "412", "413", "415", "422", "428"]
missing_required_header.expected-statuses = ["400", "401", "403", "404", "406", "415", "422", "428"]

[parameters]
"path.office" = "mihon-ca"

# What an ordering body has is asked of one, with a token of its own.
[[operations]]
include-path-regex = "/(registrations|renewals|held|bids)"
headers = {{ Authorization = "Bearer {bidder_token}" }}
parameters = {{ "path.office" = "mihon-ken" }}

# What an issuer of citizens' cards has is asked of one: what stands before any card, a reservation that waits for a picture, one
# that is given up, and one whose card lies at the kiosk, which signs by a hook.
[[operations]]
include-path-regex = "/pin-resets/(conditions|reservations|visits)$"
parameters = {{ "path.office" = "mihon-city" }}

[[operations]]
include-path-regex = "/pin-resets/reservations/.case.(/proof|/capture)?$"
headers = {{ Authorization = "Bearer {city[proved][key]}" }}
parameters = {{ "path.office" = "mihon-city", "path.case" = "{city[proved][id]}" }}

[[operations]]
include-path-regex = "/pin-resets/reservations/.case./cancel$"
headers = {{ Authorization = "Bearer {city[cancelled][key]}" }}
parameters = {{ "path.office" = "mihon-city", "path.case" = "{city[cancelled][id]}" }}

[[operations]]
include-path-regex = "/pin-resets/visits/.case./"
parameters = {{ "path.office" = "mihon-city", "path.case" = "{city[visited][id]}" }}
"""


def judge(log, interpreter):
    """Runs it, and reads its own closing lines."""
    tally = Tally()
    PLACE.mkdir(parents=True, exist_ok=True)
    told = PLACE / "stand.json"
    told.unlink(missing_ok=True)
    stand = start(
        ["cargo", "test", "--workspace", "--test", "it", "--", "--exact", "api::stand::a_stand_serves_what_is_described"],
        log,
        env={"KAGIMORI_STAND": str(told)},
    )
    try:
        until(told.exists, "the stand of the API", program=stand, bound=900, pause=0.5)
        there = json.loads(told.read_text())
        configuration = CONFIGURATION.format(hooks=HOOKS, **there)
        (PLACE / "schemathesis.toml").write_text(configuration)
        begun = time.monotonic()
        status, printed = output(command(interpreter, there), bound=BOUND + 60, env={"KAGIMORI_KIOSK": there["city"]["kiosk"]})
        took = time.monotonic() - begun
        (LOGS / "schemathesis.txt").write_text(printed)
        tally.check(status == 0, f"schemathesis finds no failure (status {status}; see {LOGS / 'schemathesis.txt'})")
        tested = re.search(r"Tested: (\d+)", printed)
        tested = int(tested[1]) if tested else 0
        paths = json.loads((ROOT / "docs" / "openapi.json").read_text())["paths"]
        # The description itself is what it reads first, and does not count among what it asks.
        described = sum(len(methods) for path, methods in paths.items() if path != "/openapi.json")
        tally.check(tested == described, f"it asked all {described} operations ({tested})")
        tally.check(took <= BOUND + 10, f"within three minutes ({took:.0f} s)")
    finally:
        told.unlink(missing_ok=True)
        end(stand)
    return tally


def command(interpreter, there):
    """The call."""
    return [
        interpreter.parent / "schemathesis",
        "--config-file",
        PLACE / "schemathesis.toml",
        "run",
        f"{there['origin']}/api/v1/openapi.json",
        "--checks",
        "all",
        "--max-examples",
        "6",
        "--workers",
        "2",
        "--seed",
        os.environ.get("KAGIMORI_SEED", "1"),
        "--no-color",
    ]
