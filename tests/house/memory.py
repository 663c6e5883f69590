"""What a running process has in its memory, searched for words: on Linux, by the kernel's own view of it."""

import pathlib


def holds(pid, words):
    """Those of the words that stand anywhere in the memory of this process, as UTF-8 or as UTF-16."""
    wanted = {word: (word.encode(), word.encode("utf-16-le")) for word in words}
    found = set()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for begin, end in regions(pid):
            tail = b""
            at = begin
            while at < end:
                try:
                    memory.seek(at)
                    part = memory.read(min(PART, end - at))
                except (OSError, ValueError):
                    break
                if not part:
                    break
                octets = tail + part
                found |= {word for word, forms in wanted.items() if any(form in octets for form in forms)}
                tail, at = octets[-LONGEST:], at + len(part)
    return found


def regions(pid):
    """Where this process has memory that can be read."""
    for line in pathlib.Path(f"/proc/{pid}/maps").read_text(encoding="utf-8", errors="replace").splitlines():
        span, rights, *rest = line.split()
        if rights.startswith("r") and not (rest and rest[-1] in ("[vvar]", "[vsyscall]", "[vvar_vclock]")):
            begin, end = (int(edge, 16) for edge in span.split("-"))
            yield begin, end


PART = 1 << 20
LONGEST = 64
