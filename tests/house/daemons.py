"""The daemons the tests run against, each an instance of its own: pcscd with vpcd readers, PostgreSQL, an SMTP receiver."""

import dataclasses
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import tempfile

from house.processes import LOGS, ROOT, Ended, answers, end, free_pair, free_port, output, start, until

POSTGRES = pathlib.Path("/usr/lib/postgresql/15/bin")
VPCD_DRIVER = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"


@dataclasses.dataclass
class Pcscd:
    """A pcscd of our own with one virtual reader of two slots, each a TCP port that a virtual card connects to."""

    program: subprocess.Popen
    slots: tuple
    socket: pathlib.Path
    readers: pathlib.Path

    @property
    def env(self):
        """What a PC/SC client needs to find this pcscd instead of the machine's."""
        return {"PCSCLITE_CSOCK_NAME": str(self.socket)}

    def end(self):
        """Ends the daemon and removes its configuration."""
        end(self.program)
        shutil.rmtree(self.readers, ignore_errors=True)


def pcscd(name="pcscd", slots=None):
    """Starts pcscd in a mount namespace of its own, so that a running one of the machine is left alone."""
    slots = slots or free_pair()
    readers = pathlib.Path(tempfile.mkdtemp(prefix="kagimori-readers-"))
    (readers / "vpcd").write_text(
        f'FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:{slots[0]:#x}\nLIBPATH {VPCD_DRIVER}\nCHANNELID {slots[0]:#x}\n'
    )
    log = LOGS / f"{name}.log"
    log.write_text("")
    as_root = [] if os.getuid() == 0 else ["sudo", "-n"]
    script = f"mkdir -p /run/pcscd && mount -t tmpfs none /run/pcscd && exec /usr/sbin/pcscd --foreground --config {readers}"
    program = start([*as_root, "unshare", "--mount", "sh", "-c", script], log)
    socket = pathlib.Path(f"/proc/{program.pid}/root/run/pcscd/pcscd.comm")
    try:
        until(lambda: socket.is_socket() and answers(slots[1]), f"pcscd (see {log})", bound=10, program=program)
    except Ended:
        end(program)
        program, socket = machine_pcscd(readers, slots, log, as_root)
    return Pcscd(program, slots, socket, readers)


def machine_pcscd(readers, slots, log, as_root):
    """Where namespaces are refused: pcscd at the machine's own place, which must then be free."""
    socket = pathlib.Path("/run/pcscd/pcscd.comm")
    if socket.is_socket() and output(["opensc-tool", "-l"], bound=5)[0] == 0:
        raise Ended(f"pcscd: no namespace of its own, and the machine's place {socket} is taken")
    socket.parent.mkdir(parents=True, exist_ok=True)
    program = start([*as_root, "/usr/sbin/pcscd", "--foreground", "--config", readers], log)
    until(lambda: socket.is_socket() and answers(slots[1]), f"pcscd (see {log})", bound=10, program=program)
    return program, socket


def memory():
    """A directory in memory for what a test writes and removes, where there is room; else where such files usually are.

    The tests sync many thousand times, and each waits for a disk that proves nothing here: what a power cut would take is
    decided by `server/tests/durability/disk.c`, and a killed program leaves the same files on either.
    """
    place = pathlib.Path("/dev/shm")
    if not os.access(place, os.W_OK):
        return pathlib.Path(tempfile.gettempdir())
    # In kB; what the files of a build occupy in the page cache is free too.
    available = re.search(r"MemAvailable: +(\d+)", pathlib.Path("/proc/meminfo").read_text())
    room = min(shutil.disk_usage(place).free, int(available[1]) << 10)
    return place if room > 4 << 30 else pathlib.Path(tempfile.gettempdir())


@dataclasses.dataclass
class Postgres:
    """A PostgreSQL 15 cluster in a temporary directory, trusting 127.0.0.1."""

    program: subprocess.Popen
    port: int
    place: pathlib.Path

    @property
    def url(self):
        """The address of its database."""
        return f"postgres://kagimori@127.0.0.1:{self.port}/postgres"

    def commits(self):
        """How many transactions it has committed: shows that tests really came here."""
        query = "select sum(xact_commit) from pg_stat_database"
        status, printed = output([POSTGRES / "psql", "-XAtc", query, self.url])
        if status != 0:
            raise Ended(f"PostgreSQL does not answer: {printed}")
        return int(printed)

    def end(self):
        """Stops it and removes its files."""
        end(self.program)
        shutil.rmtree(self.place, ignore_errors=True)


def postgres():
    """Makes a cluster and starts it. It refuses to run as root, so root lends it the user `postgres`."""
    place = pathlib.Path(tempfile.mkdtemp(prefix="kagimori-postgres-", dir=memory()))
    log = LOGS / "postgres.log"
    log.write_text("")
    as_user = []
    if os.getuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(place, user.pw_uid, user.pw_gid)
        as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    port = free_port()
    cluster = place / "cluster"
    made = start([*as_user, POSTGRES / "initdb", "-U", "kagimori", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-D", cluster], log, cwd=place)
    if made.wait(timeout=120) != 0:
        raise Ended(f"initdb failed; see {log}")
    settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": place, "max_connections": 200}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    program = start([*as_user, POSTGRES / "postgres", "-D", cluster, *options], log, cwd=place)
    server = Postgres(program, port, place)
    until(lambda: output([POSTGRES / "pg_isready", "-q", "-d", server.url])[0] == 0, f"PostgreSQL (see {log})", program=program, pause=0.1)
    return server


@dataclasses.dataclass
class Mailbox:
    """A receiver of mail on loopback; each mail is a file of its own, as it came."""

    program: subprocess.Popen
    port: int
    place: pathlib.Path

    def mails(self):
        """The mails that have arrived, oldest first."""
        return sorted(self.place.glob("*.eml"))

    def end(self):
        """Stops it; the mails stay."""
        end(self.program)


def mailbox(place, port=None):
    """Starts a mailbox that writes to `place`."""
    place.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    program = start(["python3", "-m", "house.mailbox", port, place], LOGS / "mailbox.log", env={"PYTHONPATH": str(ROOT / "tests")})
    until(lambda: answers(port), "the mailbox", program=program)
    return Mailbox(program, port, place)
