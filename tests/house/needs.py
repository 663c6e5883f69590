"""What the tests need on the machine, installed by name where it is missing: Debian packages, a Python venv, npm packages."""

import dataclasses
import hashlib
import os
import pathlib
import shutil

from house.processes import LOGS, ROOT, TARGET, output, run

BROWSER = ROOT / "tests" / "browser"
VENV = TARGET / "venv"
CHROMIUM = "/usr/bin/chromium"
LIBCLANG = "/usr/lib/llvm-14/lib"
SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"
OPENSC_MODULE = "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so"


@dataclasses.dataclass(frozen=True)
class Need:
    """A Debian package, and the commands or files that show that it, or another source of the same, is there."""

    package: str
    shown_by: tuple


# What `./test quick` needs: a Rust toolchain is presupposed, a C compiler is not, nor the git that tidy asks for the files.
COMPILER = (Need("build-essential", ("cc", "ar", "make")), Need("git", ("git",)))

# What everything else needs. A path shows a file, a bare word a command.
MACHINE = COMPILER + (
    Need("openssl", ("openssl",)),
    Need("age", ("age",)),
    Need("gnutls-bin", ("certtool", "ocsptool")),
    Need("systemd", ("systemd-analyze",)),
    Need("curl", ("curl",)),
    Need("procps", ("ps",)),
    Need("pcscd", ("/usr/sbin/pcscd",)),
    Need("libpcsclite1", ("/usr/lib/x86_64-linux-gnu/libpcsclite.so.1",)),
    Need("vsmartcard-vpcd", ("/usr/lib/pcsc/drivers/serial/libifdvpcd.so",)),
    Need("opensc", ("opensc-tool", "piv-tool", "pkcs15-tool", "pkcs11-tool")),
    Need("opensc-pkcs11", (OPENSC_MODULE,)),
    # A PKCS#11 token in software, for the keys of terminals.
    Need("softhsm2", ("softhsm2-util", SOFTHSM)),
    Need("postgresql-15", ("/usr/lib/postgresql/15/bin/initdb", "/usr/lib/postgresql/15/bin/pg_ctl")),
    Need("chromium", (CHROMIUM,)),
    Need("libnss3-tools", ("certutil",)),
    Need("fonts-noto-cjk", ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",)),
    Need("nginx-light", ("/usr/sbin/nginx",)),
    Need("caddy", ("caddy",)),
    Need("poppler-utils", ("pdftotext", "pdftoppm")),
    Need("nodejs", ("node",)),
    Need("npm", ("npm",)),
    Need("util-linux", ("unshare", "runuser", "setsid")),
    Need("python3-venv", ("python3:ensurepip",)),
    # Some dependencies of tests/independent-card read C headers when they are built.
    Need("libclang-14-dev", (f"{LIBCLANG}/libclang.so", "/usr/lib/llvm-14/include/clang-c/Index.h")),
)

PKILINT = "pkilint==0.13.3"
SCHEMATHESIS = "schemathesis==4.32.5"
# NIST's PKITS, among other vectors.
VECTORS = "cryptography_vectors==50.0.2"
# The judge that knows ML-DSA.
CRYPTOGRAPHY = "cryptography==50.0.2"


class Missing(Exception):
    """Something the tests need is not there and could not be installed."""


def debian(needs):
    """Installs the packages of the needs that are not shown to be there; returns their names."""
    missing = [need.package for need in needs if not all(there(sign) for sign in need.shown_by)]
    if not missing:
        return []
    log = LOGS / "apt.log"
    as_root = [] if os.getuid() == 0 else ["sudo", "-n"]
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run([*as_root, "apt-get", "update", "-q"], log, bound=300, env=quiet)
    install = ["apt-get", "install", "-q", "-y", "--no-install-recommends", *missing]
    status = run([*as_root, "env", "DEBIAN_FRONTEND=noninteractive", *install], log, bound=900)
    if status != 0:
        raise Missing(f"apt-get install {' '.join(missing)} ended with status {status}; see {log}")
    return missing


def there(sign):
    """Whether a sign of a package is there: a path, a command, or a module of Python."""
    if sign.startswith("/"):
        return pathlib.Path(sign).exists()
    if ":" in sign:
        command, module = sign.split(":")
        return output([command, "-c", f"import {module}"])[0] == 0
    return shutil.which(sign, path=os.environ["PATH"] + ":/usr/sbin:/sbin") is not None


def python():
    """The Python of the tests' own venv, with pkilint, schemathesis, cryptography and the vectors in it."""
    wanted = (PKILINT, SCHEMATHESIS, CRYPTOGRAPHY, VECTORS)
    interpreter = VENV / "bin" / "python"
    mark = VENV / ".installed"
    if mark.exists() and mark.read_text() == " ".join(wanted):
        return interpreter
    shutil.rmtree(VENV, ignore_errors=True)
    log = LOGS / "pip.log"
    if run(["python3", "-m", "venv", VENV], log, bound=120) != 0:
        raise Missing(f"python3 -m venv {VENV} failed; see {log}")
    if run([interpreter, "-m", "pip", "install", "--quiet", *wanted], log, bound=600) != 0:
        raise Missing(f"pip install {' '.join(wanted)} failed; see {log}")
    mark.write_text(" ".join(wanted))
    return interpreter


def npm():
    """The browser journeys' packages, exactly as their lock file has them."""
    lock = hashlib.sha256((BROWSER / "package-lock.json").read_bytes()).hexdigest()
    mark = BROWSER / "node_modules" / ".installed"
    if mark.exists() and mark.read_text() == lock:
        return
    log = LOGS / "npm.log"
    # The journeys drive Debian's Chromium; nothing else may be downloaded.
    env = {"PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1"}
    if run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], log, bound=600, env=env, cwd=BROWSER) != 0:
        raise Missing(f"npm ci in {BROWSER} failed; see {log}")
    mark.write_text(lock)


def rust():
    """The components of the toolchain that the lints need, added where rustup can."""
    for command, component in (("fmt", "rustfmt"), ("clippy", "clippy")):
        if output(["cargo", command, "--version"])[0] != 0:
            run(["rustup", "component", "add", component], LOGS / "rustup.log", bound=300)
        if output(["cargo", command, "--version"])[0] != 0:
            raise Missing(f"cargo {command} is missing: rustup component add {component}")


def versions():
    """Every judge and every real part that the tests run against, with its version, in the order of the alphabet."""
    asked = {
        "cargo": ["cargo", "--version"],
        "cargo-nextest": ["cargo", "nextest", "--version"],
        "caddy": ["caddy", "version"],
        "chromium": ["dpkg-query", "-W", "-f=${Version}", "chromium"],
        "clippy": ["cargo", "clippy", "--version"],
        "nginx": ["/usr/sbin/nginx", "-v"],
        "node": ["node", "--version"],
        "openssl": ["openssl", "version"],
        "pcscd": ["/usr/sbin/pcscd", "--version"],
        "pdftotext": ["pdftotext", "-v"],
        "postgresql": ["/usr/lib/postgresql/15/bin/postgres", "--version"],
        "python": ["python3", "--version"],
        "rustc": ["rustc", "--version"],
        "rustfmt": ["cargo", "fmt", "--version"],
        "softhsm2": ["softhsm2-util", "--version"],
        "opensc": ["dpkg-query", "-W", "-f=${Version}", "opensc"],
        "libclang": ["dpkg-query", "-W", "-f=${Version}", "libclang-14-dev"],
        "piv-authenticator": ["sed", "-n", '/^name = "piv-authenticator"$/{n;s/version = //p}', ROOT / "tests" / "independent-card" / "Cargo.lock"],
        "opensc-pkcs11": ["dpkg-query", "-W", "-f=${Version}", "opensc-pkcs11"],
        "vpcd": ["dpkg-query", "-W", "-f=${Version}", "vsmartcard-vpcd"],
        "pkilint": [VENV / "bin" / "python", "-c", "import importlib.metadata as m; print(m.version('pkilint'))"],
        "schemathesis": [VENV / "bin" / "python", "-c", "import importlib.metadata as m; print(m.version('schemathesis'))"],
        "gnutls": ["certtool", "--version"],
        "cryptography": [VENV / "bin" / "python", "-c", "import importlib.metadata as m; print(m.version('cryptography'))"],
        "cryptography_vectors": [VENV / "bin" / "python", "-c", "import importlib.metadata as m; print(m.version('cryptography_vectors'))"],
        "playwright-core": node_package("playwright-core"),
        "axe-core": node_package("axe-core"),
    }
    return {name: version(argv) for name, argv in sorted(asked.items())}


def node_package(name):
    """The command that prints the version of an installed npm package."""
    return ["node", "-p", f"require('{BROWSER}/node_modules/{name}/package.json').version"]


def version(argv):
    """The first line that a program prints of itself, or that it is not there."""
    try:
        status, printed = output(argv)
    except OSError:
        return "not installed"
    return printed.strip().splitlines()[0] if status == 0 and printed.strip() else "not installed"
