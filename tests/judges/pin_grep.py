"""Searches files for PINs in every form in which a program might have written them.

Forms: plain, padded with FF to eight bytes as it goes to a card, UTF-16 in both byte orders,
hexadecimal of all these in both cases, with and without separators, and base64 of all these at each of its three alignments.
"""

import base64
import concurrent.futures
import dataclasses
import functools
import mmap
import pathlib


@dataclasses.dataclass(frozen=True)
class Hit:
    """Where a PIN was found, and in which form. It does not say which PIN."""

    path: pathlib.Path
    form: str
    offset: int

    def __str__(self):
        return f"{self.path} at byte {self.offset}, as {self.form}"


def hits(pins, folders):
    """Every place under the folders where one of the PINs stands, and the number of files that were read."""
    wanted = {}
    for pin in pins:
        for form, written in forms(pin):
            wanted.setdefault(written, form)
    left = [path for path in files(folders) if path.stat().st_size > 0]
    with concurrent.futures.ProcessPoolExecutor() as readers:
        found = readers.map(functools.partial(hits_in, wanted), left, chunksize=16)
        return [hit for of_file in found for hit in of_file], len(left)


def hits_in(wanted, path):
    """Every place in one file where any of the forms stands."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return [Hit(path, wanted[written], at) for at, written in places(content, wanted)]


def places(content, wanted):
    """Where any of the forms stands, each place once and by its longest form, which tells most."""
    taken = []
    for written in sorted(wanted, key=len, reverse=True):
        at = content.find(written)
        while at >= 0:
            end = at + len(written)
            if stands(content, written, at, end) and not any(begin <= at and end <= stop for begin, stop in taken):
                taken.append((at, end))
                yield at, written
            at = content.find(written, at + 1)


def stands(content, written, at, end):
    """Bare digits count only where they stand alone: a serial number of 48 digits holds any six."""
    if not (written.isdigit() and len(written) <= 8):
        return True
    return not (content[max(at - 1, 0) : at].isdigit() or content[end : end + 1].isdigit())


def files(folders):
    """Every ordinary file under the folders, and each folder that is itself a file."""
    for folder in map(pathlib.Path, folders):
        candidates = [folder] if folder.is_file() else sorted(folder.rglob("*"))
        yield from (path for path in candidates if path.is_file() and not path.is_symlink())


def forms(pin):
    """The PIN as bytes, by the name of each form."""
    plain = pin.encode("ascii")
    raw = {
        "plain text": plain,
        "UTF-16LE": pin.encode("utf-16-le"),
        "UTF-16BE": pin.encode("utf-16-be"),
    }
    if len(plain) < 8:
        raw["padded with FF"] = plain.ljust(8, b"\xff")
    for name, written in raw.items():
        yield name, written
        for separator in ("", " ", ":", "-", ", ", ",", "\\x", ", 0x"):
            lower = separator.join(f"{byte:02x}" for byte in written).encode()
            yield f"hexadecimal of {name}", lower
            yield f"hexadecimal of {name}", separator.join(f"{byte:02X}" for byte in written).encode()
        # As a list of numbers, which is how a program's own debug print shows bytes.
        for separator in (", ", ","):
            yield f"decimal bytes of {name}", separator.join(str(byte) for byte in written).encode()
        for shift in range(3):
            yield f"base64 of {name}", within_base64(written, shift)
            yield f"base64url of {name}", within_base64(written, shift).translate(bytes.maketrans(b"+/", b"-_"))


def within_base64(written, shift):
    """The characters of base64 that these bytes alone decide when they begin `shift` bytes into a group of three."""
    encoded = base64.b64encode(b"\0" * shift + written)
    first = -(-shift * 8 // 6)
    last = (shift + len(written)) * 8 // 6
    return encoded[first:last]


def planted(pin, place):
    """The control: writes the PIN in each form into a file of its own, amid other bytes; returns how many forms there are."""
    place.mkdir(parents=True, exist_ok=True)
    names = set()
    for number, (form, written) in enumerate(forms(pin)):
        names.add(form)
        (place / f"{number:03}").write_bytes(b"\x00before\xfe" + written + b"\xfeafter\x00")
    # And as a program would have done it: inside a longer base64 text at each alignment.
    for shift in range(3):
        text = base64.b64encode(b"x" * shift + b"PIN=" + pin.encode() + b"; more text")
        (place / f"text-{shift}").write_bytes(text)
    return len(list(place.iterdir()))
