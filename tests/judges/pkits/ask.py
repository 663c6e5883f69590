"""ask.py PROGRAM FOLDER: asks `kagimori verify` about one case of PKITS, as tests/judges/pkits/run.py lays it out, and ends as it does."""

import json
import os
import pathlib
import sys

# The vectors are valid from 2010 to 2030; the answers must not depend on the day on which they are asked for.
MOMENT = "2026-01-01T00:00:00Z"

FLAGS = {
    "initial_explicit_policy": "--explicit-policy",
    "initial_policy_mapping_inhibit": "--inhibit-policy-mapping",
    "initial_any_policy_inhibit": "--inhibit-any-policy",
    "revocation": "--require-revocation",
}


def command(program, folder):
    """The command for a case."""
    wanted = json.loads((folder / "params.json").read_text())
    argv = [program, "verify", "--time", MOMENT, "--anchor", folder / "anchor.crt"]
    for flag, place in (("--intermediate", "inter"), ("--crl", "crls")):
        for path in sorted((folder / place).iterdir()):
            argv += [flag, path]
    for policy in wanted.pop("user_initial_policy_set", []):
        argv += ["--policy", policy]
    # A parameter that nobody knows must not be passed over.
    argv += [FLAGS[name] for name, value in wanted.items() if value]
    return [str(part) for part in [*argv, folder / "ee.crt"]]


if __name__ == "__main__":
    asked = command(sys.argv[1], pathlib.Path(sys.argv[2]))
    os.execv(asked[0], asked)
