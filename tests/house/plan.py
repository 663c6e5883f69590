"""The steps of each run, in the order in which a failure is cheapest."""

import functools
import os
import re
import shutil
import tempfile

from house import bidding, citizen, counter, daemons, faces, independent, journeys, judges, needs, proxy, set_up, tally_test
from house.processes import ROOT, TARGET, output, run
from house.step import Step
from house.tally import Tally, from_cargo, from_status

DERS = TARGET / "ders"
# Seconds: everything is built for the first time, on two cores, and where nextest is missing one test program waits for the other.
BOUND_OF_A_BUILD = 3600


def chosen(what, words):
    """The steps of a run, or those of them whose name holds one of the words, after the preparation they need."""
    steps = {"all": everything, "quick": quick, "fuzz": fuzz, "long": long}[what]()
    if not words:
        return steps
    return [step for step in steps if step.name == "prepare" or any(word in step.name for word in words)]


def quick():
    """What needs no service."""
    return [Step("prepare", "a C compiler and the toolchain's components are there", prepare_compiler), *shape(), Step("tests", "unit, property and documentation tests", plain_tests)]


def everything():
    """What continuous integration runs."""
    return [
        Step("prepare", "what the tests need is installed", prepare_machine),
        *shape(),
        Step("tests", "unit, property and documentation tests; both stores; real pcscd", tests_with_daemons),
        Step("pcsc", "the card's suite over the real pcscd, OpenSC and OpenSSL its judges", tests_of_pcscd),
        Step("build", "the binaries that people run", build),
        Step("schemathesis", "schemathesis finds no failure on any operation of the API", judges.api, beside=True),
        Step("pkits", "NIST's 247 cases of path validation, answered by kagimori verify", judges.pkits, beside=True),
        Step("opensc", "OpenSC accepts the virtual card through the real pcscd", judges.opensc, beside=True),
        *journeys.steps(),
        Step("independent-card", "a card that others wrote, through the real pcscd: shown, its PIN counted, its signatures taken by openssl", independent.card, beside=True),
        Step("independent-portal", "two processes, HTTPS, real pcscd, that card: the sixteen steps, then openssl says revoked", independent.portal, beside=True),
        Step("bidders", "two processes, HTTPS, real pcscd: 利用者登録メニュー, 登録, login and logout before two ordering bodies", bidding.bidders, beside=True),
        Step("renewal", "two processes, HTTPS, real pcscd: ICカード更新 of 001 and 002, at once, and held until it is withdrawn, denied or approved; who may log in, by logging in", bidding.renewal, beside=True),
        Step("renewal-refused", "two processes, HTTPS, real pcscd: what can go wrong at ICカード更新, with one reader and with two, and what people are told", bidding.renewal_refused, beside=True),
        Step("citizen", "server, app and kiosk as processes, real pcscd, Chromium's camera: a signature password from the sofa to the kiosk, with which OpenSC signs; its secrets are nowhere else", citizen.citizen, beside=True),
        Step("citizen-counter", "server, agent and kiosk as processes, real pcscd, Chromium: a clerk opens a reservation with an officer's card, and the kiosk takes the citizen's; the same judges over the counter's pages", counter.citizen_counter, beside=True),
        Step("citizen-kills", "the same without a browser: kiosk, server and card are killed at each exchange; one password works, and there is no second use", citizen.citizen_kills, beside=True),
        Step("citizen-faces", "the same app while the service that compares faces is down, silent, garbled or somebody else's by TLS, and with pictures that are none: the counter is named in time, no try is lost, and then it works", faces.citizen_faces, beside=True),
        Step("set-up", "a newcomer's walk by the commands of docs/set-up.md: to the first officer and the first status", set_up.set_up, beside=True),
        Step("proxy", "nginx and Caddy before the server, as docs/operations.md configures them", proxy.proxies, beside=True),
        Step("cms", "openssl cms accepts what the card signed, and not a changed text", judges.cms),
        Step("pkilint", "pkilint has no finding of WARNING or worse in any DER made", judges.pkilint),
        Step("gnutls", "GnuTLS accepts every certificate, CRL and OCSP response of ours that it knows the algorithm of", judges.gnutls),
        Step("cryptography", "Python's cryptography verifies every signature of ours, ML-DSA among them", judges.cryptography),
        Step("pins", "no PIN of the journeys stands in any file they left", judges.pins),
    ]


def fuzz():
    """Throws random bytes at every parser for a while."""
    return [Step("prepare", "a C compiler and the toolchain's components are there", prepare_compiler), Step("fuzz", "property tests with two hundred times the cases", many_cases)]


def long():
    """What is too long for each run."""
    return [
        Step("prepare", "what the tests need is installed", prepare_machine),
        Step("build", "the binaries that people run", build),
        Step("renewal-both", "two processes, HTTPS, real pcscd: every journey of ICカード更新 with two readers, and again with one reader and a swap", bidding.renewal_both),
        Step("races", "two nodes decide the same case at once, and two kiosks one reset, ten thousand times each", races),
        Step("kills", "a reset on PostgreSQL, and what ends a reservation there, killed at every point", kills),
        Step("bench", "the figures of cargo xtask bench", bench),
    ]


def shape():
    """Whether the source is as the house wants it."""
    return [
        Step("counting", "the test house counts what it should", lambda log: tally_test.judge()),
        Step("format", "every file is as rustfmt has it", lambda log: cargo(log, "fmt", "--all", "--", "--check", "-l")),
        Step("clippy", "no lint has anything to say", lambda log: cargo(log, "clippy", "--workspace", "--all-targets", "--", "-D", "warnings")),
        Step("documentation", "every public item's page builds, every link leads somewhere", documentation),
        Step("bare-metal", "casework builds and compares names without the standard library; with it, the same program does not build", bare_metal),
        Step("tidy", "crate edges, file names and lengths, paths named in the documents", lambda log: cargo(log, "xtask", "tidy")),
    ]


def prepare_compiler(log):
    """The least that any run needs."""
    needs.debian(needs.COMPILER)
    needs.rust()
    return from_status(0, "the compiler is there")


def prepare_machine(log):
    """All that the tests need."""
    installed = needs.debian(needs.MACHINE)
    needs.rust()
    needs.python()
    needs.npm()
    log.write_text(f"installed: {' '.join(installed) or 'nothing was missing'}\n")
    tally = Tally()
    for name, version in needs.versions().items():
        with open(log, "a") as out:
            out.write(f"{name} {version}\n")
        # cargo test does where nextest is not installed.
        if name != "cargo-nextest":
            tally.check(version != "not installed", f"{name} is there")
    return tally


def cargo(log, *words, env=None):
    """One check that is a cargo command's exit status."""
    return from_status(run(["cargo", *words], log, BOUND_OF_A_BUILD, env=env), "cargo " + " ".join(words))


def documentation(log):
    """rustdoc, its warnings being errors."""
    return cargo(log, "doc", "--workspace", "--no-deps", "--quiet", env={"RUSTDOCFLAGS": "-D warnings"})


def bare_metal(log):
    """casework linked into a program with its own panic handler; std would bring a second one (tests/bare-metal)."""
    manifest = ["--manifest-path", ROOT / "tests" / "bare-metal" / "Cargo.toml", "--target-dir", TARGET / "bare-metal"]
    tally = from_status(run(["cargo", "build", "--quiet", *manifest], log, 300), "casework builds without std")
    vectors = (ROOT / "casework" / "tests" / "data" / "name_vectors.csv").read_text(encoding="utf-8").splitlines()[1:]
    right = run([TARGET / "bare-metal" / "debug" / "bare-metal"], log, 60)
    tally.check(right == len(vectors) > 20, f"{right} of {len(vectors)} vectors of names come out as they say, without std")
    control, printed = output(["cargo", "build", "--quiet", *manifest, "--features", "with-std"], bound=300)
    tally.check(control != 0 and "panic_impl" in printed, "control: the same program with std does not build")
    return tally


def plain_tests(log):
    """The tests of the workspace that need no service: all but those of PostgreSQL, of the real pcscd and of durability."""
    return cargo_tests(log, {}, ["--lib", "--bins", "--test", "it"], without="on_postgres")


def tests_with_daemons(log):
    """The tests of the workspace, with PostgreSQL and pcscd there, and the proof that both were used."""
    database, readers = postgres(), pcscd()
    shutil.rmtree(DERS, ignore_errors=True)
    before = database.commits()
    tally = cargo_tests(
        log,
        {
            **readers.env,
            "KAGIMORI_TEST_POSTGRES": database.url,
            "KAGIMORI_TEST_VPCD": f"127.0.0.1:{readers.slots[0]}",
            "KAGIMORI_DER_DIR": str(DERS),
        },
    )
    tally.check(database.commits() - before > 50, "the store's tests ran on PostgreSQL too")
    return tally


def tests_of_pcscd(log):
    """The card's own suite over the real pcscd, which waits for a reader to itself and is therefore not among the rest."""
    readers = pcscd()
    env = {**readers.env, "KAGIMORI_TEST_VPCD": f"127.0.0.1:{readers.slots[0]}"}
    status = run(["cargo", "test", "--workspace", "--test", "pcsc"], log, 600, env=env)
    return from_cargo(log.read_text(errors="replace"), status)


def cargo_tests(log, env, targets=(), without=None):
    """The tests of those targets, or of all, by nextest where it is there; then those in the documentation, which it does not run.
    Tests whose name holds `without` are left out and do not count as skipped."""
    place = tempfile.mkdtemp(prefix="kagimori-tests-", dir=daemons.memory())
    # PostgreSQL, to which some tests lend a directory in it, is another user.
    os.chmod(place, 0o755)
    env = {**env, "PROPTEST_CASES": os.environ.get("PROPTEST_CASES", "64"), "TMPDIR": place}
    if needs.version(["cargo", "nextest", "--version"]) == "not installed":
        runs = [["cargo", "test", "--workspace", "--no-fail-fast", *(targets or ["--lib", "--bins", "--tests"])]]
        if without:
            runs[0] += ["--", "--skip", without]
    else:
        nextest = ["cargo", "nextest", "run", "--workspace", "--no-fail-fast", "--config-file", ROOT / "tests" / "nextest.toml"]
        runs = [[*nextest, *targets]]
        if without:
            runs[0] += ["-E", f"not test({without})"]
    runs.append(["cargo", "test", "--workspace", "--doc", "--no-fail-fast"])
    tally = Tally()
    try:
        for number, argv in enumerate(runs):
            part = log.with_name(f"{log.stem}-{number}.log")
            part.write_text("")
            status = run(argv, part, BOUND_OF_A_BUILD, env=env)
            printed = part.read_text(errors="replace")
            with open(log, "a") as out:
                out.write(printed)
            if without and number == 0:
                # What was left out on purpose is not counted; a run that left out everything still has nothing to show.
                printed = re.sub(r"\d+ (skipped|filtered out)", r"0 \1", printed)
            tally += from_cargo(printed, status)
    finally:
        # Memory that an aborted run would keep.
        shutil.rmtree(place, ignore_errors=True)
    return tally


def build(log):
    """The product's binaries and the card that others wrote, with nothing of earlier journeys left."""
    journeys.cleared()
    # With the tests, as which they were built a moment ago: by themselves they would be built once more.
    return cargo(log, "build", "--workspace", "--bins", "--tests") + independent.built(log)


def many_cases(log):
    """The property tests with many more cases; none is skipped, since they are the same tests."""
    os.environ["PROPTEST_CASES"] = "12800"
    return plain_tests(log)


def races(log):
    """The races of two nodes and of two kiosks, many more than in each run, as the bench is built."""
    database = postgres()
    env = {"KAGIMORI_TEST_POSTGRES": database.url, "KAGIMORI_RACES": "10000"}
    tests = ["race::on_postgres::a21_two_nodes_that_decide_one_case_at_once_decide_it_once", "race::pin_reset::on_postgres::a11_of_two_kiosks_at_once_one_sets_the_password"]
    status = run(["cargo", "test", "--release", "--workspace", "--test", "it", "--", "--exact", "--nocapture", *tests], log, 7200, env=env)
    printed = log.read_text(errors="replace")
    # All but the two are filtered out, and rightly.
    tally = from_cargo(re.sub(r"\d+ filtered out", "0 filtered out", printed), status)
    tally.check(printed.count("10000 races: ") == len(tests), "ten thousand races of each were run")
    return tally


def kills(log):
    """The kill points of which each run takes one of seven."""
    tests = ["a13_kills_along_a_reset_on_postgres", "kills_along_what_ends_a_reservation_on_postgres"]
    status = run(["cargo", "test", "--workspace", "--test", "durability", "--", *tests], log, 3600, env={"KAGIMORI_KILLS_ALL": "1"})
    printed = log.read_text(errors="replace")
    tally = from_cargo(re.sub(r"\d+ filtered out", "0 filtered out", printed), status)
    tally.check(len(re.findall(r"^(\d+) kills on PostgreSQL, .* at \1 points", printed, re.M)) == len(tests), "every point of both was killed at")
    return tally


def bench(log):
    """The table of figures; it fails where a ratio is missed."""
    return from_status(run(["cargo", "xtask", "bench"], log, 3600), "cargo xtask bench")


@functools.cache
def postgres():
    """The one PostgreSQL of a run, started when first asked for."""
    return daemons.postgres()


@functools.cache
def pcscd():
    """The one pcscd of a run, started when first asked for."""
    return daemons.pcscd()


def end_daemons():
    """Ends those that were started."""
    for daemon in (postgres, pcscd):
        if daemon.cache_info().currsize:
            daemon().end()
