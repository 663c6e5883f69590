"""Starting programs, each in a group of its own with a bound on its time, and ending all of them.

The house is the subreaper of whatever it starts: a daemon whose parent went away comes back to it,
so that at the end nothing is left running, however a step went.
"""

import ctypes
import os
import pathlib
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
LOGS = TARGET / "test-logs"


class Ended(Exception):
    """A program that ended, or did not become ready, when it should have; the message tells where to look."""


def run(argv, log, bound, env=None, cwd=ROOT):
    """Runs a program to its end, its output going to `log`, and returns its exit status.

    After `bound` seconds its whole group is killed and the status is 124, as timeout(1) has it.
    """
    program = start(argv, log, env=env, cwd=cwd)
    try:
        return program.wait(timeout=bound)
    except subprocess.TimeoutExpired:
        with open(log, "a") as out:
            out.write(f"\n[house] ended after its bound of {bound} s\n")
        return 124
    finally:
        end(program)


def output(argv, bound=60, env=None, stdin=b""):
    """What a short program prints on both streams, and its exit status."""
    program = subprocess.Popen(
        [str(part) for part in argv],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **(env or {})},
        start_new_session=True,
    )
    try:
        printed, _ = program.communicate(stdin, timeout=bound)
        return program.returncode, printed.decode("utf-8", "replace")
    except subprocess.TimeoutExpired:
        return 124, f"{argv[0]} did not end within {bound} s"
    finally:
        end(program)


def start(argv, log, env=None, cwd=ROOT):
    """Starts a program in its own group, its output appended to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "ab") as out:
        return subprocess.Popen(
            [str(part) for part in argv],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            start_new_session=True,
        )


def end(program, grace=5):
    """Ends a program and its group: asks first, then kills."""
    for sign, wait in ((signal.SIGTERM, grace), (signal.SIGKILL, 5)):
        try:
            os.killpg(program.pid, sign)
        except (ProcessLookupError, PermissionError):
            pass
        try:
            program.wait(timeout=wait)
        except subprocess.TimeoutExpired:
            continue
        if not group_lives(program.pid):
            return


def until(ready, what, bound=30, program=None, pause=0.02):
    """Waits until `ready()` is true; raises `Ended` after the bound, or when the program it waits for has ended."""
    deadline = time.monotonic() + bound
    while True:
        if ready():
            return
        if program is not None and program.poll() is not None:
            raise Ended(f"{what}: the program ended with status {program.returncode}")
        if time.monotonic() > deadline:
            raise Ended(f"{what}: not ready within {bound} s")
        time.sleep(pause)


def answers(port, host="127.0.0.1"):
    """Whether something listens on that port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def free_port():
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def free_pair():
    """Two free ports in a row: a vpcd reader has two slots, on its port and the next one."""
    while True:
        first = free_port()
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", first + 1))
            except OSError:
                continue
            return first, first + 1


def adopt_orphans():
    """Makes this process the parent of every orphan among its descendants (prctl(2), PR_SET_CHILD_SUBREAPER)."""
    ctypes.CDLL(None, use_errno=True).prctl(36, 1, 0, 0, 0)


def end_everything():
    """Kills what is still there of all that was started, round by round, since a killed parent may leave children to us."""
    for _ in range(20):
        children = direct_children()
        if not children:
            return
        for pid in children:
            for kill in (os.killpg, os.kill):
                try:
                    kill(pid, signal.SIGKILL)
                except (ProcessLookupError, PermissionError):
                    pass
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline:
            try:
                pid, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                time.sleep(0.02)


def direct_children():
    """The ids of the processes whose parent is this one."""
    mine = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            stat = pathlib.Path("/proc", entry, "stat").read_text()
        except OSError:
            continue
        # The name in parentheses may itself hold spaces and parentheses; the parent comes two fields after its end.
        if int(stat.rpartition(")")[2].split()[1]) == os.getpid():
            mine.append(int(entry))
    return mine


def group_lives(group):
    """Whether any process of that group is left."""
    try:
        os.killpg(group, 0)
        return True
    except (ProcessLookupError, PermissionError):
        return False
