"""The memory of a running process as a file, by the kernel's own view of it: what a thief of the machine would take away."""

import pathlib

PART = 1 << 20
# Pages of the kernel's own, which cannot be read.
KERNELS = ("[vvar]", "[vsyscall]", "[vvar_vclock]")


def dumped(pid, to):
    """Writes every region that this process can read, one after the other; says how many octets they were."""
    written = 0
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory, open(to, "wb") as out:
        for begin, end in regions(pid):
            at = begin
            while at < end:
                try:
                    memory.seek(at)
                    part = memory.read(min(PART, end - at))
                except (OSError, ValueError):
                    break
                if not part:
                    break
                out.write(part)
                written, at = written + len(part), at + len(part)
    return written


def regions(pid):
    """Where this process has memory that it can read."""
    for line in pathlib.Path(f"/proc/{pid}/maps").read_text(encoding="utf-8", errors="replace").splitlines():
        span, rights, *rest = line.split()
        if rights.startswith("r") and not (rest and rest[-1] in KERNELS):
            begin, end = (int(edge, 16) for edge in span.split("-"))
            yield begin, end
