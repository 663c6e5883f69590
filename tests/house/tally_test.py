"""Whether the counting counts: a runner that miscounts would call a failure a success."""

from house.tally import Tally, from_cargo, from_status, from_tap

NEXTEST = """
        FAIL [   0.004s] pki::it serial::a_serial_is_positive
     Summary [   1.204s] 42 tests run: 40 passed (1 slow), 1 failed, 1 timed out, 3 skipped
"""
CARGO = """
test serial::a_serial_is_positive ... ok
test serial::a_long_one ... ignored
test result: ok. 1 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 4 filtered out; finished in 0.00s
"""

CASES = [
    ("nextest: failed, timed out and skipped are failures", from_cargo, NEXTEST, 100, (40, 5)),
    ("cargo test: ignored and filtered out are failures", from_cargo, CARGO, 101, (3, 6)),
    ("a build that fails is a failure", from_cargo, "error: could not compile `pki`", 101, (0, 1)),
    ("a run without a test is a failure", from_cargo, "", 0, (0, 1)),
    ("a run that was killed after its last test is a failure", from_cargo, "     Summary [ 1s] 2 tests run: 2 passed, 0 skipped", 124, (2, 1)),
    ("TAP: what is skipped is a failure", from_tap, "ok 1 - a\nnot ok 2 - b\nok 3 - c # SKIP no reader\n1..3\n", 1, (1, 2)),
    ("TAP: a run without its plan broke off", from_tap, "ok 1 - a\n", 0, (1, 1)),
    ("TAP: a plan that is not reached is a failure", from_tap, "ok 1 - a\n1..2\n", 0, (1, 1)),
    ("TAP: all is well", from_tap, "ok 1 - a\nok 2 - b\n1..2\n", 0, (2, 0)),
    ("an exit status other than 0 is a failure", lambda _, status: from_status(status, "x"), "", 3, (0, 1)),
]


def judge():
    """One check for each case."""
    tally = Tally()
    for sentence, count, text, status, expected in CASES:
        counted = count(text, status)
        tally.check((counted.passed, counted.failed) == expected, f"{sentence}: {counted.passed} passed, {counted.failed} failed")
    return tally
