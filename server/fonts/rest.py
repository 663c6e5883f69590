"""Writes the characters that the second font shall hold: what Japanese names use and the first font lacks."""
import sys
from fontTools.ttLib import TTFont, TTCollection

first = TTFont(sys.argv[1])
second = TTCollection(sys.argv[2]).fonts[0]
assert second["name"].getDebugName(4) == "Noto Sans CJK JP"
have, offer = first.getBestCmap(), second.getBestCmap()

def sequences(font):
    return {(base, selector)
            for table in font["cmap"].tables if table.format == 14
            for selector, pairs in table.uvsDict.items()
            for base, _ in pairs}

def decodable(codec, rows):
    out = set()
    for octets in rows:
        try:
            out |= {ord(c) for c in octets.decode(codec)}
        except UnicodeDecodeError:
            pass
    return out

pairs = [(a, b) for a in range(0x81, 0x100) for b in range(0x40, 0x100)]
japanese = decodable("cp932", (bytes(p) for p in pairs)) | decodable("shift_jis_2004", (bytes(p) for p in pairs))
japanese |= decodable("euc_jp", (bytes((0x8F, a, b)) for a in range(0xA1, 0xFF) for b in range(0xA1, 0xFF)))
japanese |= {base for base, _ in sequences(second)}                    # the kanji of Adobe-Japan1
japanese |= {c for c in offer if 0x20000 <= c <= 0x3FFFD}              # 𠮷
japanese |= {c for c in offer if 0x4E00 <= c <= 0x9FFF or 0xF900 <= c <= 0xFAFF}  # resident registers go beyond JIS
japanese |= {c for c in offer if 0xA0 <= c <= 0x17F or 0x1E00 <= c <= 0x1EFF}
lacking = {c for c in japanese if c in offer and c not in have}
missing_sequences = sequences(second) - sequences(first)
lacking |= {base for base, _ in missing_sequences}
lacking |= {selector for _, selector in missing_sequences}
print("\n".join(f"{c:04X}" for c in sorted(lacking)))
print(len(lacking), "characters,", len(missing_sequences), "sequences", file=sys.stderr)
